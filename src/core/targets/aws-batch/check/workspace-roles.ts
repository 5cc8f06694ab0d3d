import { randomUUID } from 'node:crypto';
import {
  DescribeSecretCommand,
  paginateListSecrets,
  type SecretListEntry,
} from '@aws-sdk/client-secrets-manager';
import { inParallel } from '../../../aws/in-parallel.ts';
import { keyArn } from '../../../aws/policy/arns.ts';
import type { WorkspaceRole } from '../../../aws/policy/workspace-statements.ts';
import type { Place } from '../../../stores/aws/place.ts';
import { phrase } from '../../../system/phrase.ts';
import { printable } from '../../../system/printable.ts';
import { type Hint, info } from './hints.ts';
import { launcherChecks, launcherOf, type PrincipalAccess } from './launcher.ts';
import { type Needed, neededWithKeys, type PermissionScope, THROW_AWAY } from './permissions.ts';
import type { Check, RoleResult } from './report.ts';
import { TrialLog } from './trial-log.ts';
import type { Tried } from './verdict.ts';
import { ABSENT_PROBES, PRESENT_PROBES } from './workspace-probes.ts';

/** What was seen of a workspace's secrets before anything is checked. */
export interface SeenWorkspace {
  /** ARNs of the keys of KMS that its secrets are encrypted with, besides that of the account. */
  readonly keys: readonly string[];
  readonly hints: readonly Hint[];
  /** Verdicts on the requests of the look, by action and resource. */
  readonly verdicts: Map<string, Tried>;
}

/** Requests under way at the same time. */
const CONCURRENCY = { concurrency: 10 };

/** The key that nobody needs a permission for. */
const ACCOUNT_KEY = /(^|[:/])alias\/aws\/secretsmanager$/;

/** Looks at the list of secrets and at those with names of their own: which keys they are encrypted with. */
export async function lookAtWorkspace(place: Place): Promise<SeenWorkspace> {
  const { session } = place;
  const verdicts = new Map<string, Tried>();
  const listing = new TrialLog();
  const step = { action: 'secretsmanager:ListSecrets', resource: '*' };
  const listed = await listing.send(step, listOf(place));
  copyVerdicts(listing, '*', verdicts);
  const mapped = await describeMapped(place, verdicts);
  const named = [...(listed ?? []), ...mapped].flatMap(({ KmsKeyId }) => KmsKeyId ?? []);
  const customer = [...new Set(named)].filter((key) => !ACCOUNT_KEY.test(key));
  const arns = customer.map((key) => [key, keyArn(key) ?? arnOfId(key, session.aws)] as const);
  return {
    keys: [...new Set(arns.flatMap(([, arn]) => arn ?? []))],
    hints: [
      ...(listed === undefined
        ? [info(phrase`The check could not look with which keys the secrets are encrypted.`)]
        : []),
      ...arns.flatMap(([key, arn]) =>
        arn === undefined
          ? [
              info(
                phrase`The check does not know the ARN of the key ${printable(key)}, so its permissions were not checked.`,
              ),
            ]
          : [],
      ),
    ],
    verdicts,
  };
}

/** @returns the keys of the secrets that have names of their own. */
async function describeMapped(
  { client, file }: Place,
  verdicts: Map<string, Tried>,
): Promise<Pick<SecretListEntry, 'KmsKeyId'>[]> {
  return inParallel(
    new Set([...file.names.values()].map(({ arn }) => arn)),
    async (arn) => {
      const log = new TrialLog();
      const step = { action: 'secretsmanager:DescribeSecret', resource: arn };
      const answer = await log.send(step, client.send(new DescribeSecretCommand({ SecretId: arn })));
      copyVerdicts(log, arn, verdicts);
      return answer?.KmsKeyId === undefined ? {} : { KmsKeyId: answer.KmsKeyId };
    },
    CONCURRENCY,
  );
}

async function listOf({ client, file }: Place): Promise<SecretListEntry[]> {
  const start = `${file.prefix}/`;
  const entries: SecretListEntry[] = [];
  const input = { Filters: [{ Key: 'name' as const, Values: [start] }] };
  for await (const { SecretList = [] } of paginateListSecrets({ client, pageSize: 100 }, input))
    entries.push(...SecretList.filter(({ Name = '' }) => Name.startsWith(start)));
  return entries;
}

/** @returns undefined if it is no id of a key. */
function arnOfId(key: string, aws: Place['session']['aws']): string | undefined {
  if (!/^(mrk-)?[0-9a-f-]{32,36}$/.test(key)) return undefined;
  return keyArn(`arn:${aws.partition}:kms:${aws.region}:${aws.account}:key/${key}`);
}

function copyVerdicts(log: TrialLog, resource: string, into: Map<string, Tried>): void {
  for (const [action, verdict] of log.verdicts) into.set(`${action} ${resource}`, verdict);
}

/** The permissions of each role, without those of a launch on AWS Batch that no workspace has a part in. */
export const neededOfRoles = (
  roles: readonly WorkspaceRole[],
  scope: PermissionScope,
  keys: readonly string[],
): ReadonlyMap<WorkspaceRole, readonly Needed[]> =>
  new Map(roles.map((role) => [role, neededWithKeys(role, ['workspace', 'speed'], scope, keys)]));

const keyOf = ({ action, resource }: Pick<Needed, 'action' | 'resource'>): string => `${action} ${resource}`;

/** Checks the permissions of roles of a workspace: each is tried, if that changes nothing; IAM is asked about the rest. */
export async function workspaceChecks(
  needed: ReadonlyMap<WorkspaceRole, readonly Needed[]>,
  place: Place,
  { verdicts }: SeenWorkspace,
  { iam, caller }: PrincipalAccess,
): Promise<Check[]> {
  const roles = new Map<string, WorkspaceRole>();
  const all = new Map<string, Needed>();
  for (const [role, permissions] of needed) {
    for (const one of permissions) {
      const key = keyOf(one);
      if (all.has(key)) continue;
      all.set(key, one);
      roles.set(key, role);
    }
  }
  const untried = [...all.values()].filter((one) => !verdicts.has(keyOf(one)));
  const absent = `${place.file.prefix}/${THROW_AWAY}_${randomUUID().replaceAll('-', '')}`;
  await inParallel(untried, async (one) => tryOne(one, absent, place, verdicts), CONCURRENCY);
  const launcher = await launcherOf({ iam, caller });
  const roleOf = (one: Needed): WorkspaceRole => roles.get(keyOf(one)) ?? 'list';
  return launcherChecks([...all.values()], verdicts, launcher, { iam, caller, roleOf });
}

async function tryOne(
  { action, resource }: Needed,
  absent: string,
  { client, file }: Place,
  verdicts: Map<string, Tried>,
): Promise<void> {
  const operation = action.replace(/^secretsmanager:/, '');
  const isMapped = [...file.names.values()].some(({ arn }) => arn === resource);
  const probe = (isMapped ? PRESENT_PROBES : ABSENT_PROBES).get(operation);
  if (probe === undefined) {
    if (action.startsWith('kms:')) return;
    const reason = phrase`not tried: that would change something`;
    verdicts.set(keyOf({ action, resource }), { result: 'unknown', reason });
    return;
  }
  const log = new TrialLog();
  await log.send({ action, resource, hasValue: true }, probe(client, isMapped ? resource : absent));
  copyVerdicts(log, resource, verdicts);
}

/**
 * Tells which roles somebody has.
 *
 * @param launching - the checks on a launch on AWS Batch, which the role `launch` needs too.
 */
export function roleResults(
  needed: ReadonlyMap<WorkspaceRole, readonly Needed[]>,
  checks: readonly Check[],
  launching: readonly Check[],
): RoleResult[] {
  const byKey = new Map(checks.map((check) => [keyOf(check), check]));
  return [...needed].map(([role, permissions]) => {
    const own = permissions.map((one) => ({ one, result: byKey.get(keyOf(one))?.result ?? 'unknown' }));
    const actions = (wanted: Check['result'], isOptional: boolean): string[] => [
      ...new Set([
        ...own
          .filter(({ one, result }) => result === wanted && isOptional === (one.neededBy === 'speed'))
          .map(({ one }) => one.action),
        ...(role === 'launch' && !isOptional
          ? launching.filter(({ result }) => result === wanted).map(({ action }) => action)
          : []),
      ]),
    ];
    const denied = actions('denied', false);
    const unknown = actions('unknown', false);
    const result = denied.length > 0 ? 'no' : unknown.length > 0 ? 'unknown' : 'yes';
    return { role, result, denied, unknown, optional: actions('denied', true) };
  });
}
