/** Id of a command, without the prefix `nextflowSecrets.`. */
export type CommandId =
  | 'checkAwsPermissions'
  | 'copySecretName'
  | 'copySecretValue'
  | 'copyToScope'
  | 'createSecret'
  | 'createSecretFromSelection'
  | 'deleteSecret'
  | 'exportNames'
  | 'findReferences'
  | 'importSecrets'
  | 'launchPipeline'
  | 'refresh'
  | 'renameSecret'
  | 'showAwsPolicy'
  | 'showLog'
  | 'showPlan'
  | 'showRun'
  | 'stopRun'
  | 'sweepRuns'
  | 'updateSecret';

/** The full id of a command. */
export const commandId = (id: CommandId): string => `nextflowSecrets.${id}`;
