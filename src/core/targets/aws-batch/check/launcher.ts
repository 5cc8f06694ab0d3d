import type { IAMClient } from '@aws-sdk/client-iam';
import { phrase } from '../../../system/phrase.ts';
import type { PolicyRole } from '../../../aws/policy/roles.ts';
import type { AwsAccess } from '../access.ts';
import { isUnread, type Principal, principalOf, readRole } from './iam.ts';
import { type Needed, permissionsOf, policiesOf, toCheck } from './permissions.ts';
import type { Check } from './report.ts';
import type { Tried } from './verdict.ts';

/** AWS, and IAM of the same account. */
export type CheckAccess = AwsAccess & { readonly iam: IAMClient };

/** IAM, and the ARN of the user or role in question. */
export type PrincipalAccess = Pick<CheckAccess, 'iam' | 'caller'>;

/** Names of roles in a report. */
interface RoleNames {
  /** Tells of a permission which role needs it; the launcher by default. */
  readonly roleOf?: (one: Needed) => PolicyRole;
}

/** Finds the user or role that launches, with the path of a role if IAM may be asked for it. */
export async function launcherOf({ iam, caller }: PrincipalAccess): Promise<Principal | undefined> {
  const principal = principalOf(caller);
  if (principal?.kind !== 'role') return principal;
  const role = await readRole(iam, principal.name);
  return role === undefined || isUnread(role) || role.arn === ''
    ? principal
    : { ...principal, arn: role.arn };
}

/** The launcher's permissions as they were tried; IAM is asked about the others. */
export async function launcherChecks(
  needed: readonly Needed[],
  verdicts: ReadonlyMap<string, Tried>,
  launcher: Principal | undefined,
  { iam, caller, roleOf = () => 'launcher' }: PrincipalAccess & RoleNames,
): Promise<Check[]> {
  const arn = launcher?.arn ?? caller;
  const triedOf = ({ action, resource }: Needed): Tried | undefined =>
    verdicts.get(`${action} ${resource}`) ?? verdicts.get(action);
  const open = needed.filter((one) => (triedOf(one)?.result ?? 'unknown') === 'unknown');
  const requests = open.map(({ request }) => request);
  const answers =
    launcher === undefined || open.length === 0
      ? []
      : await permissionsOf(iam, launcher, requests, async () => policiesOf(iam, launcher));
  const own = needed.map((one) => {
    const tried = triedOf(one);
    const answer = answers[open.indexOf(one)];
    const isAnswered = answer !== undefined && answer.result !== 'unknown';
    const untried = { result: 'unknown', reason: phrase`it can neither be tried nor read` } as const;
    return toCheck(roleOf(one), arn, one, isAnswered ? answer : (tried ?? answer ?? untried));
  });
  return [...own, ...otherRefusals(verdicts, new Set(needed.map(triedOf)), arn)];
}

/** Refusals of permissions that are none of ours by their names: a key that was given by its alias. */
function otherRefusals(
  verdicts: ReadonlyMap<string, Tried>,
  known: ReadonlySet<Tried | undefined>,
  principal: string,
): Check[] {
  const shown = new Set([...known].map((tried) => tried?.refusal));
  return [...verdicts.values()].flatMap(({ result, reason, refusal, statement = null }): Check[] => {
    if (refusal === undefined || shown.has(refusal)) return [];
    const { action, resource } = refusal;
    return [{ role: 'launcher', principal, action, resource, result, reason, statement }];
  });
}
