import { awsErrorCode } from './aws-error.ts';

/**
 * Whether Secrets Manager answers that a secret of this name waits for its deletion: somebody has deleted it with a
 * recovery window. It has no code of its own for that, and several wordings.
 */
export const isScheduledForDeletion = (error: unknown): boolean =>
  awsErrorCode(error) !== undefined &&
  /scheduled for deletion|marked for deletion|marked deleted/i.test((error as Error).message);
