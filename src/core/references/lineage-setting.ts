/** Placeholder for the value of a setting that only the running pipeline knows. */
export const COMPUTED = 'computed';

/**
 * Tells whether a setting makes Nextflow 25.04 and later keep the lineage of a run: all of its config, its parameters
 * and the scripts, inputs and global variables of its tasks. Nothing removes the store of the lineage
 * (`nextflow.lineage.LinObserver`).
 *
 * @param path - without its profile.
 */
export function enablesLineage(path: readonly string[], value: string): boolean {
  return path.length === 2 && path.join('.') === 'lineage.enabled' && !/^(?:false|null|0|)$/.test(value);
}
