import type { IAMClient } from '@aws-sdk/client-iam';
import type { RolePermissions, Statement } from '../policy/role-permissions.ts';
import type { RunId } from '../../../system/run-id.ts';
import { evaluate, type PermissionRequest, type Verdict } from './evaluate.ts';
import { type IdentityPolicies, isUnread, type Principal, type Unread } from './iam.ts';
import { simulate } from './simulate.ts';

/** A permission that a role needs: as a policy has it, and for one thing that it is about. */
export interface Needed {
  readonly action: string;
  /** A pattern of ARNs, an ARN, or `*`. */
  readonly resource: string;
  readonly request: PermissionRequest;
}

/** What the name of a throw-away secret ends with. */
export const THROW_AWAY = 'NF_SECRETS_CHECK';

/**
 * The permissions of a role's statements, one by one.
 *
 * @param runId - whose names the requests are about.
 */
export function neededPermissions(
  { statements }: Pick<RolePermissions, 'statements'>,
  runId: RunId,
  neededBy: readonly Statement['neededBy'][],
): Needed[] {
  return statements
    .filter((statement) => neededBy.includes(statement.neededBy))
    .flatMap(({ actions, resources, condition = {} }) => {
      const context = Object.fromEntries(
        Object.values(condition)
          .flatMap((keys) => Object.entries(keys))
          .map(([key, [value = '']]) => [key.toLowerCase(), value]),
      );
      return actions.flatMap((action) =>
        resources.map((resource) => ({
          ...{ action, resource },
          request: { action, resource: example(resource, runId), context },
        })),
      );
    });
}

/** One of the things that a pattern of our policies is about. */
function example(pattern: string, runId: RunId): string {
  if (!pattern.endsWith('*') || pattern === '*') return pattern;
  const name = pattern.includes(':secretsmanager:')
    ? `${runId}/${THROW_AWAY}-AbCdEf`
    : pattern.includes(':job-definition/')
      ? `check-${runId}`
      : '00000000-0000-4000-8000-000000000000';
  return pattern.slice(0, -1) + name;
}

/**
 * What IAM tells about permissions, without anything being tried: by its own simulation, where it may be asked for that,
 * else by what the policies say.
 *
 * @param read - gets the policies, if they are needed.
 */
export async function permissionsOf(
  iam: IAMClient,
  { arn }: Pick<Principal, 'arn'>,
  requests: readonly PermissionRequest[],
  read: () => Promise<IdentityPolicies | Unread>,
): Promise<Verdict[]> {
  const simulated = await simulate(iam, arn, requests);
  if (!isUnread(simulated) && simulated.every(({ result }) => result !== 'unknown'))
    return requests.map((request, index) => ofKey(simulated[index], request));
  const policies = await read();
  return requests.map((request, index) => {
    const first = isUnread(simulated) ? undefined : simulated[index];
    if (first !== undefined && first.result !== 'unknown') return ofKey(first, request);
    if (!isUnread(policies)) return ofKey(evaluate(policies.policies, policies.boundary, request), request);
    const reasons = [isUnread(simulated) ? simulated.unread : first?.reason, policies.unread];
    return { result: 'unknown', reason: `IAM does not tell: ${reasons.join('; ')}` };
  });
}

/** A key has a policy of its own, which may allow what IAM's do not. */
function ofKey(verdict: Verdict | undefined, { action }: PermissionRequest): Verdict {
  if (verdict === undefined) return { result: 'unknown', reason: 'IAM does not tell' };
  return verdict.result === 'denied' && verdict.final !== true && action.startsWith('kms:')
    ? { result: 'unknown', reason: `${verdict.reason}; the key’s own policy may` }
    : verdict;
}
