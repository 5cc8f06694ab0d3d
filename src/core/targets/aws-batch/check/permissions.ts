import type { IAMClient } from '@aws-sdk/client-iam';
import { joined, phrase } from '../../../system/phrase.ts';
import type { RunId } from '../../../system/run-id.ts';
import { keyArn, type PolicyAccount } from '../../../aws/policy/arns.ts';
import { missingStatement } from '../../../aws/policy/missing-statement.ts';
import {
  DEFAULT_EXECUTION_ROLE,
  rolePermissions,
  type Statement,
} from '../../../aws/policy/role-permissions.ts';
import type { PolicyRole } from '../../../aws/policy/roles.ts';
import type { NeededBy } from '../../../aws/policy/statements.ts';
import type { PolicyWorkspace } from '../../../aws/policy/policy-workspace.ts';
import { evaluate, type PermissionRequest } from './evaluate.ts';
import { isUnread, type Principal, readPolicies, type RolePolicies, type Unread } from './iam.ts';
import type { Check } from './report.ts';
import { simulate } from './simulate.ts';
import type { Tried, Verdict } from './verdict.ts';

/** A permission that a role needs, for one resource. */
export interface Needed {
  readonly action: string;
  /** Resource for policies: a pattern of ARNs, an ARN, or `*`. */
  readonly resource: string;
  readonly neededBy: NeededBy;
  /** Request for one example of the resource. */
  readonly request: PermissionRequest;
}

/** The run that permissions are checked for. Roles are ARNs. */
export interface PermissionScope {
  readonly runId: RunId;
  readonly account: PolicyAccount;
  readonly prefix: string;
  readonly executionRole: string | null;
  readonly jobRole: string | null;
  /** Id, ARN or alias. */
  readonly kmsKey: string | undefined;
  /** The workspace in AWS that the secrets are of; absent if it is none, or of another account. */
  readonly workspace?: PolicyWorkspace;
}

/** The end of the name of a throw-away secret. */
export const THROW_AWAY = 'NF_SECRETS_CHECK';

/** The permissions of the statements that `aws policy` has for a role, one by one. */
export function neededPermissions(
  role: PolicyRole,
  neededBy: readonly NeededBy[],
  { runId, account, prefix, executionRole, jobRole, kmsKey, workspace }: PermissionScope,
): Needed[] {
  return rolePermissions({
    ...account,
    ...{ prefix, headRole: 'custom', kmsKey: keyArn(kmsKey) },
    executionRole: executionRole ?? DEFAULT_EXECUTION_ROLE,
    jobRole: jobRole ?? undefined,
    ...(workspace !== undefined && { workspace }),
  })
    .filter((one) => one.role === role)
    .flatMap(({ statements }) => statements)
    .filter((statement) => neededBy.includes(statement.neededBy))
    .flatMap((statement) => ofStatement(statement, runId, workspace));
}

/** The same, with each of several keys of KMS. */
export function neededWithKeys(
  role: PolicyRole,
  neededBy: readonly NeededBy[],
  scope: PermissionScope,
  keys: readonly string[],
): Needed[] {
  const all = [scope.kmsKey, ...keys].flatMap((kmsKey) =>
    neededPermissions(role, neededBy, { ...scope, kmsKey }),
  );
  return [...new Map(all.map((one) => [`${one.action} ${one.resource}`, one])).values()];
}

function ofStatement(
  { actions, resources, condition = {}, neededBy }: Statement,
  runId: RunId,
  workspace: PolicyWorkspace | undefined,
): Needed[] {
  const context = Object.fromEntries(
    Object.values(condition)
      .flatMap((keys) => Object.entries(keys))
      .map(([key, [value = '']]) => [key.toLowerCase(), value]),
  );
  return actions.flatMap((action) =>
    resources.map((resource) => ({
      ...{ action, resource, neededBy },
      request: { action, resource: example(resource, runId, workspace), context },
    })),
  );
}

/** One of the resources that a pattern of our policies matches. */
function example(pattern: string, runId: RunId, workspace: PolicyWorkspace | undefined): string {
  if (!pattern.endsWith('*') || pattern === '*') return pattern;
  if (workspace !== undefined && pattern.endsWith(`:secret:${workspace.prefix}/*`))
    return `${pattern.slice(0, -1)}${THROW_AWAY}-AbCdEf`;
  const name = pattern.includes(':secretsmanager:')
    ? `${runId}/${THROW_AWAY}-AbCdEf`
    : pattern.includes(':job-definition/')
      ? `check-${runId}`
      : '00000000-0000-4000-8000-000000000000';
  return pattern.slice(0, -1) + name;
}

/** Reads the policies of a role. Policies of users are not read: most users have them by their groups. */
export async function policiesOf(iam: IAMClient, { kind, name }: Principal): Promise<RolePolicies | Unread> {
  return kind === 'role' ? readPolicies(iam, name) : { unread: phrase`policies of users are not read` };
}

/**
 * Asks IAM about permissions, and tries nothing: uses IAM's own simulation if that is allowed, else reads policies.
 *
 * @param read - gets the policies, if they are needed.
 */
export async function permissionsOf(
  iam: IAMClient,
  { arn }: Pick<Principal, 'arn'>,
  requests: readonly PermissionRequest[],
  read: () => Promise<RolePolicies | Unread>,
): Promise<Verdict[]> {
  const simulated = await simulate(iam, arn, requests);
  if (!isUnread(simulated) && simulated.every(({ result }) => result !== 'unknown'))
    return requests.map((request, index) => withKeyPolicy(simulated[index], request));
  const policies = await read();
  return requests.map((request, index) => {
    const first = isUnread(simulated) ? undefined : simulated[index];
    if (first !== undefined && first.result !== 'unknown') return withKeyPolicy(first, request);
    if (!isUnread(policies))
      return withKeyPolicy(evaluate(policies.policies, policies.boundary, request), request);
    const reasons = [isUnread(simulated) ? simulated.unread : first?.reason, policies.unread];
    const all = joined(
      reasons.filter((reason) => reason !== undefined),
      '; ',
    );
    return { result: 'unknown', reason: phrase`IAM does not tell: ${all}` };
  });
}

/** A key has a policy of its own, which may allow what IAM's do not. */
function withKeyPolicy(verdict: Verdict | undefined, { action }: PermissionRequest): Verdict {
  if (verdict === undefined) return { result: 'unknown', reason: phrase`IAM does not tell` };
  return verdict.result === 'denied' && verdict.final !== true && action.startsWith('kms:')
    ? { result: 'unknown', reason: phrase`${verdict.reason}; the key’s own policy may allow it` }
    : verdict;
}

const NOT_READ: Tried = { result: 'unknown', reason: phrase`it cannot be read` };

/** A permission and its verdict as a line of the report. */
export function toCheck(
  role: PolicyRole,
  principal: string,
  { action, resource }: Needed,
  verdict: Tried | undefined,
): Check {
  const { result, reason, final, statement } = verdict ?? NOT_READ;
  const helps = result === 'denied' && statement !== null && final !== true;
  // AWS names this one secret or definition; the policy's pattern holds for all.
  const missing = helps ? missingStatement(action, resource) : null;
  return { role, principal, action, resource, result, reason, statement: missing };
}
