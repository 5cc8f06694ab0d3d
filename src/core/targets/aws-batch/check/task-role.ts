import type { IAMClient } from '@aws-sdk/client-iam';
import { didYouMean } from '../../../system/near-miss.ts';
import { phrase } from '../../../system/phrase.ts';
import { printable } from '../../../system/printable.ts';
import type { AwsAccount } from '../items.ts';
import { TASK_SERVICE } from '../../../aws/policy/services.ts';
import type { PolicyRole } from '../../../aws/policy/roles.ts';
import { trustOf } from './evaluate.ts';
import { type Hint, warning } from './hints.ts';
import { isUnread, principalOf, readRole, type Role, roleNames, type RolePolicies } from './iam.ts';
import type { CheckAccess } from './launcher.ts';
import { type Needed, permissionsOf, policiesOf, toCheck } from './permissions.ts';
import type { Check } from './report.ts';
import type { Verdict } from './verdict.ts';

/** The statement of a trust document that lets a service assume a role. */
export const trustStatement = (service: string): object => ({
  Effect: 'Allow',
  Principal: { Service: service },
  Action: 'sts:AssumeRole',
});

/** A role that tasks have. */
export interface TaskRole {
  /** The role in IAM, if it can be looked at. */
  readonly role: Role | undefined;
  /** The verdict on its existence and trust. */
  readonly trust: Verdict;
}

/** The IAM that is asked about a role, for an account and region. */
export interface RoleLook {
  readonly iam: IAMClient;
  readonly aws: AwsAccount;
  readonly abortSignal?: AbortSignal;
}

/**
 * Looks whether a role is there, and whether one of the services may assume it. One request, and one more if it is not
 * there.
 *
 * @param arn - ARN of the role.
 */
export async function lookAtRole(
  arn: string,
  services: readonly string[],
  { iam, aws, abortSignal }: RoleLook,
): Promise<TaskRole> {
  const { account } = aws;
  const [, , , , owner = '', path = ''] = arn.split(':');
  if (owner !== account) {
    const reason = phrase`the role is of account ${printable(owner)}, and tasks run in account ${account}`;
    return { role: undefined, trust: { result: 'denied', reason, final: true } };
  }
  const name = path.slice(path.lastIndexOf('/') + 1);
  const role = await readRole(iam, name, abortSignal);
  if (isUnread(role)) return { role: undefined, trust: { result: 'unknown', reason: role.unread } };
  if (role === undefined) return { role: undefined, trust: await absent(iam, name, abortSignal) };
  if (role.arn !== arn) {
    const reason = phrase`the role is called ${printable(role.arn)}: its path is missing, or is another one`;
    return { role, trust: { result: 'denied', reason, final: true } };
  }
  return { role, trust: trustInAny(role, services, aws) };
}

/** The best of the verdicts on several services. */
function trustInAny({ trust }: Role, services: readonly string[], aws: AwsAccount): Verdict {
  const { partition, account, region } = aws;
  const context = {
    'aws:sourceaccount': account,
    'aws:sourcearn': `arn:${partition}:ecs:${region}:${account}:*`,
  };
  const verdicts = services.map((service) => trustOf(trust, service, context));
  const best = (['allowed', 'unknown', 'denied'] as const).flatMap((wanted) =>
    verdicts.filter(({ result }) => result === wanted),
  );
  return best[0] ?? { result: 'unknown', reason: phrase`no service is known` };
}

async function absent(iam: IAMClient, name: string, abortSignal?: AbortSignal): Promise<Verdict> {
  const names = await roleNames(iam, abortSignal);
  // AWS Batch has its own role in every account that uses it. An account without roles is a stand-in for AWS.
  if (!isUnread(names) && names.length === 0)
    return { result: 'unknown', reason: phrase`there is no role at all in this account` };
  const near = isUnread(names) ? '' : didYouMean(name, names);
  return { result: 'denied', reason: phrase`there is no role ${printable(name)}.${near}`, final: true };
}

/** A role that AWS assumes for tasks, to be checked. */
export interface TaskRoleRequest {
  readonly role: PolicyRole;
  /** Null if there is none. */
  readonly arn: string | null;
  readonly needed: readonly Needed[];
  /** Services of which one has to be able to assume it; the tasks' own by default. */
  readonly services?: readonly [string, ...string[]];
}

/** Checks trust and permissions of a role that AWS assumes for tasks. */
export async function checkTaskRole(
  { role, arn, needed, services = [TASK_SERVICE] }: TaskRoleRequest,
  access: CheckAccess,
): Promise<{ readonly checks: readonly Check[]; readonly hints: readonly Hint[] }> {
  if (arn === null) return { checks: [], hints: [] };
  const [looked, found] = await Promise.all([
    lookAtRole(arn, services, access),
    needed.length === 0 ? undefined : permissionsOfRole(arn, needed, access.iam),
  ]);
  const { trust } = looked;
  const isTrustMissing = trust.result === 'denied' && trust.final !== true;
  const trustCheck: Check = {
    ...{ role, principal: arn, action: 'sts:AssumeRole', resource: arn, result: trust.result },
    reason: trust.reason,
    statement: isTrustMissing ? trustStatement(services[0]) : null,
  };
  // If a role is not there, there is nothing else to report.
  if (looked.role === undefined && trust.result !== 'unknown') return { checks: [trustCheck], hints: [] };
  return {
    checks: [trustCheck, ...needed.map((one, index) => toCheck(role, arn, one, found?.verdicts[index]))],
    hints: role === 'execution-role' ? agentHints(arn, found?.policies) : [],
  };
}

/** The verdicts on permissions of a role, and its policies if they can be read. */
async function permissionsOfRole(
  arn: string,
  needed: readonly Needed[],
  iam: IAMClient,
): Promise<
  { readonly verdicts: readonly Verdict[]; readonly policies: RolePolicies | undefined } | undefined
> {
  const principal = principalOf(arn);
  if (principal === undefined) return undefined;
  const reading = policiesOf(iam, principal);
  const requests = needed.map(({ request }) => request);
  const verdicts = await permissionsOf(iam, principal, requests, async () => reading);
  const policies = await reading;
  return { verdicts, policies: isUnread(policies) ? undefined : policies };
}

function agentHints(arn: string, policies: RolePolicies | undefined): Hint[] {
  const isAgent = (policy: string): boolean => policy.endsWith('/AmazonECSTaskExecutionRolePolicy');
  if (policies === undefined || policies.attached.some(isAgent)) return [];
  return [
    warning(
      phrase`${printable(arn)} does not have AmazonECSTaskExecutionRolePolicy. Without it, or a policy like it,
        tasks cannot get images from ECR or write logs.`,
    ),
  ];
}
