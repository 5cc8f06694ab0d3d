/** Type of the tasks of this extension. */
export const TASK_TYPE = 'nextflow-secrets';
