import { CONDITION_OPERATOR, conditionValue } from './conditions.ts';
import { ACTIONS_ON_EVERYTHING } from './roles.ts';
import type { ConditionName } from './statements.ts';

/** A statement of a policy that allows one action. */
export interface AllowStatement {
  readonly Effect: 'Allow';
  readonly Action: string;
  readonly Resource: string;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/**
 * The statement that is missing where an action was refused: the one that `aws policy` has for it, so that it holds for
 * every run and not only for the one that met it.
 *
 * @param action - `secretsmanager:CreateSecret`.
 * @param resource - an ARN, or a pattern of ARNs. Anything else is every resource.
 */
export function missingStatement(action: string, resource: string): AllowStatement {
  const isArn = /^arn:[\w:/.*+=?@,-]+$/.test(resource);
  const Resource = isArn && !ACTIONS_ON_EVERYTHING.has(action) ? forEveryRun(resource) : '*';
  const [, partition = 'aws', service, region = ''] = Resource.split(':');
  const condition = conditionOf(action, service, region);
  if (condition === undefined) return { Effect: 'Allow', Action: action, Resource };
  const [key, value] = conditionValue(condition, { partition, region });
  return {
    ...{ Effect: 'Allow', Action: action, Resource },
    Condition: { [CONDITION_OPERATOR]: { [key]: value } },
  };
}

/**
 * The statement that is missing where a request to KMS itself was refused. A policy names no alias as a resource.
 *
 * @param arn - of a key, or of an alias.
 */
export function missingOnKey(action: string, arn: string): AllowStatement {
  const [, account, alias] = /^(arn:[\w:-]+:)(alias\/.+)$/.exec(arn) ?? [];
  if (account === undefined || alias === undefined)
    return { Effect: 'Allow', Action: action, Resource: arn.startsWith('arn:') ? arn : '*' };
  return {
    ...{ Effect: 'Allow', Action: action, Resource: `${account}key/*` },
    Condition: { 'ForAnyValue:StringEquals': { 'kms:ResourceAliases': alias } },
  };
}

/** Names of a run have its id, or its session's; Secrets Manager adds six random characters. */
const forEveryRun = (arn: string): string =>
  arn.replace(/(:job-definition\/|:secret:)([\w-]*?nfs-).*$/, '$1$2*');

function conditionOf(action: string, service: string | undefined, region: string): ConditionName | undefined {
  if (service === 'iam' && action === 'iam:PassRole') return 'passed-to-tasks';
  return service === 'kms' && region !== '' ? 'via-secrets-manager' : undefined;
}

/** A statement in one line, as a person may paste it. */
export const statementLine = (statement: object): string =>
  JSON.stringify(statement, undefined, 1)
    .replace(/([{[])\n\s*/g, '$1')
    .replace(/\n\s*([}\]])/g, '$1')
    .replace(/\n\s*/g, ' ');
