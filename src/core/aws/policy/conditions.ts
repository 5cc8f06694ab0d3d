import type { PolicyAccount } from './arns.ts';
import { serviceDomain, TASK_SERVICE } from './services.ts';
import type { ConditionName } from './statements.ts';

/** The operator of all conditions in policies of ours. */
export const CONDITION_OPERATOR = 'StringEquals';

/** @returns the key of a condition, and the only value that it may have. */
export function conditionValue(
  name: ConditionName,
  { partition, region }: Pick<PolicyAccount, 'partition' | 'region'>,
): readonly [key: string, value: string] {
  switch (name) {
    case 'passed-to-tasks':
      return ['iam:PassedToService', TASK_SERVICE];
    case 'via-secrets-manager':
      return ['kms:ViaService', `secretsmanager.${region}.${serviceDomain(partition)}`];
  }
}
