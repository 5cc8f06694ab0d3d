import type { IAMClient } from '@aws-sdk/client-iam';
import { didYouMean } from '../../../system/near-miss.ts';
import type { AwsPlace } from '../items.ts';
import { TASK_SERVICE } from '../policy/services.ts';
import { trustOf, type Verdict } from './evaluate.ts';
import { isUnread, readRole, type Role, roleNames } from './iam.ts';

/** The statement of a trust document that lets a service take a role on. */
export const trustStatement = (service: string): object => ({
  Effect: 'Allow',
  Principal: { Service: service },
  Action: 'sts:AssumeRole',
});

/** What is known about a role that tasks have. */
export interface TaskRole {
  /** As it is in IAM, if it can be looked at. */
  readonly role: Role | undefined;
  /** Whether it is there and may be taken on. */
  readonly trust: Verdict;
}

/**
 * Looks whether a role is there, and whether one of the services may take it on. One request, and one more if it is not
 * there.
 *
 * @param arn - of the role.
 */
export async function lookAtRole(
  iam: IAMClient,
  arn: string,
  { account, region, partition }: AwsPlace,
  services: readonly string[] = [TASK_SERVICE],
  abortSignal?: AbortSignal,
): Promise<TaskRole> {
  const [, , , , owner = '', path = ''] = arn.split(':');
  if (owner !== account) {
    const reason = `the role is of account ${owner}, and tasks run in account ${account}`;
    return { role: undefined, trust: { result: 'denied', reason, final: true } };
  }
  const name = path.slice(path.lastIndexOf('/') + 1);
  const role = await readRole(iam, name, abortSignal);
  if (isUnread(role)) return { role: undefined, trust: { result: 'unknown', reason: role.unread } };
  if (role === undefined) return { role: undefined, trust: await absent(iam, name, abortSignal) };
  if (role.arn !== arn) {
    const reason = `the role is called ${role.arn}: its path is missing, or is another one`;
    return { role, trust: { result: 'denied', reason, final: true } };
  }
  const context = {
    'aws:sourceaccount': account,
    'aws:sourcearn': `arn:${partition}:ecs:${region}:${account}:*`,
  };
  const verdicts = services.map((service) => trustOf(role.trust, service, context));
  const trust =
    verdicts.find(({ result }) => result === 'allowed') ??
    verdicts.find(({ result }) => result === 'unknown') ??
    verdicts[0];
  return { role, trust: trust ?? { result: 'unknown', reason: 'no service is known' } };
}

async function absent(iam: IAMClient, name: string, abortSignal?: AbortSignal): Promise<Verdict> {
  const names = await roleNames(iam, abortSignal);
  // AWS Batch has a role of its own in every account that uses it; without any, this is a stand-in for AWS.
  if (!isUnread(names) && names.length === 0)
    return { result: 'unknown', reason: 'there is no role at all in this account' };
  const near = isUnread(names) ? '' : didYouMean(name, names);
  return { result: 'denied', reason: `there is no role ${name}.${near}`, final: true };
}
