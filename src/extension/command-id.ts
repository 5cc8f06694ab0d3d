/** Id of a command, without the prefix `nextflowSecrets.`. */
export type CommandId =
  | 'addMember'
  | 'changeMemberRole'
  | 'checkAwsPermissions'
  | 'copyMemberRequest'
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
  | 'openStoreFile'
  | 'refresh'
  | 'removeMember'
  | 'renameSecret'
  | 'resolveConflict'
  | 'setUpMerging'
  | 'showAwsPolicy'
  | 'showLog'
  | 'showPlan'
  | 'showRun'
  | 'signChange'
  | 'stopRun'
  | 'sweepRuns'
  | 'updateSecret';

/** The full id of a command. */
export const commandId = (id: CommandId): string => `nextflowSecrets.${id}`;
