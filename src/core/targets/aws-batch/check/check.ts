import { keyArn, roleArn } from '../policy/arns.ts';
import { missingStatement } from '../policy/missing-statement.ts';
import { DEFAULT_EXECUTION_ROLE, rolePermissions, type RolePermissions } from '../policy/role-permissions.ts';
import { serviceDomain, TASK_SERVICE } from '../policy/services.ts';
import type { PolicyRole } from '../policy/statements.ts';
import type { Leftover } from '../../lease-entry.ts';
import { newRunId } from '../../../system/run-id.ts';
import { type AwsAccess, openAws } from '../access.ts';
import type { World } from '../../../system/world.ts';
import type { Verdict } from './evaluate.ts';
import {
  type IdentityPolicies,
  isUnread,
  openIam,
  type Principal,
  principalOf,
  readPolicies,
  readRole,
  type Unread,
  userBoundary,
} from './iam.ts';
import { networkHints } from './network.ts';
import { type Needed, neededPermissions, permissionsOf } from './permissions.ts';
import { describeQueues, type Queue, type QueueProblem } from './queues.ts';
import { lookAtRole, type TaskRole, trustStatement } from './task-role.ts';
import { type Attempted, type TrialLedger, type Tried, tryPermissions } from './try-permissions.ts';
import type { Hint } from './hint.ts';

/** What a check is about. */
export interface CheckRequest {
  /** As it is shown; null without one. */
  readonly pipeline: string | null;
  readonly region: string | null;
  readonly profile: string | null;
  /** Names or ARNs. */
  readonly queues: readonly string[];
  /** Names or ARNs; null if there is none. */
  readonly executionRole: string | null;
  readonly jobRole: string | null;
  /** The role of a head job that runs Nextflow itself with a licensed plugin. */
  readonly headRole: string | null;
  readonly prefix: string;
  readonly kmsKey: string | undefined;
  readonly fargate: boolean;
  /** Without what only sweeps need. */
  readonly minimal: boolean;
  readonly hints: readonly Hint[];
  readonly ledger: TrialLedger;
}

/** One permission of one role. */
export interface Check {
  readonly role: PolicyRole;
  /** ARN of whoever needs it; null if that is not known. */
  readonly principal: string | null;
  readonly action: string;
  readonly resource: string;
  readonly result: 'allowed' | 'denied' | 'unknown';
  readonly reason: string;
  /** What has to be added, where something is missing that a statement helps against. */
  readonly statement: object | null;
}

/** What a check has found. */
export interface AwsReport {
  /** Whether nothing is denied. */
  readonly ok: boolean;
  readonly account: string;
  readonly region: string;
  readonly partition: string;
  /** ARN of the caller. */
  readonly principal: string;
  readonly pipeline: string | null;
  readonly queues: readonly Queue[];
  /** ARNs. */
  readonly roles: {
    readonly launcher: string;
    readonly executionRole: string | null;
    readonly jobRole: string | null;
    readonly headRole: string | null;
  };
  readonly checks: readonly Check[];
  readonly hints: readonly Hint[];
  readonly leftBehind: readonly Leftover[];
}

/** Tries of one request to IAM. */
const IAM_ATTEMPTS = 2;

/**
 * Checks all that a launch needs in AWS: by trying it where that can be undone, by asking IAM, and by reading policies.
 * What none of these tells is unknown. Leaves nothing behind.
 *
 * @throws HumanError 64 for a request that makes no sense, 69 and 77 if AWS cannot be asked at all.
 */
export async function checkAws(request: CheckRequest, world: World): Promise<AwsReport> {
  const access = await openAws(request, world, 'briefly');
  const iam = openIam(access, IAM_ATTEMPTS);
  try {
    return await checked(request, { ...access, iam }, world);
  } finally {
    iam.destroy();
    access.close();
  }
}

type Access = AwsAccess & { readonly iam: ReturnType<typeof openIam> };

async function checked(request: CheckRequest, access: Access, world: World): Promise<AwsReport> {
  const { place, caller, batch } = access;
  const { prefix, minimal, queues: queueNames } = request;
  const arn = (role: string | null): string | null => (role === null ? null : roleArn(role, place));
  const executionRole = arn(request.executionRole);
  const jobRole = arn(request.jobRole);
  const headRole = arn(request.headRole);
  const kmsKey = keyArn(request.kmsKey);
  const permissions = rolePermissions({
    ...place,
    ...{ prefix, kmsKey, headRole: 'custom' },
    executionRole: executionRole ?? DEFAULT_EXECUTION_ROLE,
    jobRole: jobRole ?? undefined,
  });
  const ofRole = (role: PolicyRole): RolePermissions => {
    const found = permissions.find((one) => one.role === role);
    if (found === undefined) throw new Error(`no permissions of ${role}`);
    return found;
  };
  const runId = newRunId();
  const attempt = {
    ...{ runId, prefix, executionRole, jobRole, kmsKey: request.kmsKey, queue: queueNames[0] },
    withSweeps: !minimal,
    ledger: request.ledger,
  };
  const ofLauncher = neededPermissions(ofRole('launcher'), runId, minimal ? ['launch'] : ['launch', 'sweep']);
  const services = [TASK_SERVICE, `ec2.${serviceDomain(place.partition)}`];
  const [tried, launcher, looked, execution, job, head] = await Promise.all([
    tryPermissions(attempt, access, world),
    identity(access),
    describeQueues(batch, queueNames),
    ofTaskRole(
      'execution-role',
      executionRole,
      neededPermissions(ofRole('execution-role'), runId, ['launch']),
      access,
    ),
    ofTaskRole('head-job', jobRole, [], access),
    ofTaskRole(
      'head-job',
      headRole,
      neededPermissions(ofRole('head-job'), runId, ['launch']),
      access,
      services,
    ),
  ]);
  const own = ofLauncher.filter(({ action }) => action !== 'iam:PassRole' || executionRole !== null);
  const checks = [
    ...queueChecks(looked.problems, caller),
    ...(await launcherChecks(own, tried, launcher, access)),
    ...execution.checks,
    ...job.checks,
    ...head.checks,
  ];
  return {
    ok: checks.every(({ result }) => result !== 'denied'),
    ...{ account: place.account, region: place.region, partition: place.partition, principal: caller },
    pipeline: request.pipeline,
    queues: looked.queues,
    roles: { launcher: launcher?.arn ?? caller, executionRole, jobRole, headRole },
    checks,
    hints: [
      ...request.hints,
      ...hintsOfSetting(request, executionRole),
      ...looked.problems.flatMap(({ queue, reason, certain }) =>
        certain ? [] : [warning(`Job queue ${queue}: ${reason}. Check the region and the account.`)],
      ),
      ...looked.unread.map((what) => info(`Queues could not be looked at (${what}).`)),
      ...hintsOfEnvironments(looked.queues, request.fargate),
      ...execution.hints,
      ...(tried.canRead
        ? [
            info(
              'You may read the secrets of runs (secretsmanager:GetSecretValue), which a launch does not need.',
            ),
          ]
        : []),
      ...(request.kmsKey !== undefined && kmsKey === undefined
        ? [
            info(
              'The key is not given by its ARN, so its permissions were tried for you, but not read for the roles.',
            ),
          ]
        : []),
      ...networkHints(place, world),
    ],
    leftBehind: tried.leftBehind,
  };
}

const info = (message: string): Hint => ({ severity: 'info', message });
const warning = (message: string): Hint => ({ severity: 'warning', message });

/** Whoever launches, with the path of a role where IAM may be asked for it. */
async function identity({ iam, caller }: Access): Promise<Principal | undefined> {
  const principal = principalOf(caller);
  if (principal?.kind !== 'role') return principal;
  const role = await readRole(iam, principal.name);
  return role === undefined || isUnread(role) || role.arn === ''
    ? principal
    : { ...principal, arn: role.arn };
}

async function launcherChecks(
  needed: readonly Needed[],
  { verdicts }: Attempted,
  launcher: Principal | undefined,
  { iam, caller }: Access,
): Promise<Check[]> {
  const triedOf = ({ action, resource }: Needed): Tried | undefined =>
    verdicts.get(`${action} ${resource}`) ?? verdicts.get(action);
  const open = needed.filter((one) => (triedOf(one)?.result ?? 'unknown') === 'unknown');
  const told =
    launcher === undefined || open.length === 0
      ? []
      : await permissionsOf(
          iam,
          launcher,
          open.map(({ request }) => request),
          async () => policiesOf(iam, launcher),
        );
  const known = new Set(needed.map(triedOf));
  // What AWS names may be no permission of ours by its name: a key that was given by its alias.
  const others = [...verdicts.values()].flatMap(
    ({ result, reason, refusal, statement = null }, _, all): Check[] =>
      refusal === undefined || all.some((one) => known.has(one) && one.refusal === refusal)
        ? []
        : [
            {
              ...{ role: 'launcher', principal: launcher?.arn ?? caller, result, reason, statement },
              ...{ action: refusal.action, resource: refusal.resource },
            },
          ],
  );
  const own = needed.map((one): Check => {
    const tried = triedOf(one);
    const other = told[open.indexOf(one)];
    const verdict: Tried =
      tried === undefined || (tried.result === 'unknown' && other !== undefined && other.result !== 'unknown')
        ? (other ?? { result: 'unknown', reason: 'it can neither be tried nor read' })
        : tried;
    return toCheck('launcher', launcher?.arn ?? caller, one, verdict);
  });
  return [...own, ...others];
}

async function policiesOf(iam: Access['iam'], principal: Principal): Promise<IdentityPolicies | Unread> {
  const role = principal.kind === 'role' ? await readRole(iam, principal.name) : undefined;
  if (isUnread(role)) return role;
  if (principal.kind === 'role') {
    return role === undefined
      ? { unread: 'iam:GetRole: there is no such role' }
      : readPolicies(iam, principal, role.boundary);
  }
  const boundary = await userBoundary(iam, principal.name);
  return isUnread(boundary) ? boundary : readPolicies(iam, principal, boundary);
}

/** The checks of a role that AWS takes on for tasks. */
async function ofTaskRole(
  role: PolicyRole,
  arn: string | null,
  needed: readonly Needed[],
  { iam, place }: Access,
  services: readonly string[] = [TASK_SERVICE],
): Promise<{ readonly checks: readonly Check[]; readonly hints: readonly Hint[] }> {
  if (arn === null) return { checks: [], hints: [] };
  const principal = principalOf(arn);
  const [looked, told] = await Promise.all([
    lookAtRole(iam, arn, place, services),
    principal === undefined ? undefined : toldOf(iam, principal, needed),
  ]);
  const trust = trustCheck(role, arn, looked, services[0] ?? TASK_SERVICE);
  // Of a role that is not there, nothing else is to be said.
  const isThere = looked.role !== undefined || looked.trust.result === 'unknown';
  const checks = isThere ? needed.map((one, index) => toCheck(role, arn, one, told?.verdicts[index])) : [];
  const attached = told?.policies;
  const lacksAgent =
    role === 'execution-role' &&
    attached !== undefined &&
    !isUnread(attached) &&
    !attached.attached.some((one) => one.endsWith('/AmazonECSTaskExecutionRolePolicy'));
  return {
    checks: [trust, ...checks],
    hints:
      isThere && lacksAgent
        ? [
            warning(
              `${arn} does not have AmazonECSTaskExecutionRolePolicy. Without it, or the like, tasks cannot get images from ECR or write logs.`,
            ),
          ]
        : [],
  };
}

async function toldOf(
  iam: Access['iam'],
  principal: Principal,
  needed: readonly Needed[],
): Promise<{ verdicts: readonly Verdict[]; policies: IdentityPolicies | Unread } | undefined> {
  if (needed.length === 0) return undefined;
  const reading = policiesOf(iam, principal);
  const requests = needed.map(({ request }) => request);
  const verdicts = await permissionsOf(iam, principal, requests, () => reading);
  return { verdicts, policies: await reading };
}

function trustCheck(role: PolicyRole, arn: string, { trust }: TaskRole, service: string): Check {
  const isMissing = trust.result === 'denied' && trust.final !== true;
  return {
    ...{ role, principal: arn, action: 'sts:AssumeRole', resource: arn, result: trust.result },
    reason: trust.reason,
    statement: isMissing ? trustStatement(service) : null,
  };
}

function toCheck(role: PolicyRole, principal: string, needed: Needed, verdict: Tried | undefined): Check {
  const { action, resource } = needed;
  const { result, reason, final, statement } = verdict ?? { result: 'unknown', reason: 'it cannot be read' };
  // What AWS names is this one secret or definition; the policy's pattern holds for all.
  const own = statement === null || final === true ? null : missingStatement(action, resource);
  return { role, principal, action, resource, result, reason, statement: result === 'denied' ? own : null };
}

/** A queue that takes no jobs refuses them like a missing permission. */
const queueChecks = (problems: readonly QueueProblem[], caller: string): Check[] =>
  problems
    .filter(({ certain }) => certain)
    .map(({ resource, reason }) => ({
      ...{ role: 'launcher', principal: caller, action: 'batch:SubmitJob', resource, result: 'denied' },
      ...{ reason, statement: null },
    }));

function hintsOfSetting({ pipeline, queues }: CheckRequest, executionRole: string | null): Hint[] {
  const hints: Hint[] = [];
  if (executionRole === null) {
    hints.push(
      warning(
        pipeline === null
          ? 'No execution role is known, so it was not checked. Name the pipeline, or --execution-role.'
          : "The pipeline names no execution role, without which no launch is possible: aws.batch.executionRole = 'arn:…'",
      ),
    );
  }
  if (queues.length === 0)
    hints.push(info('No job queue is known, so none was checked. Name the pipeline, or --queue.'));
  return hints;
}

function hintsOfEnvironments(queues: readonly Queue[], fargate: boolean): Hint[] {
  return queues.flatMap(({ name, computeEnvironments }) => {
    const hints = computeEnvironments
      .filter(({ state }) => state !== 'ENABLED' && state !== 'unknown')
      .map((one) => warning(`Compute environment ${one.name} of queue ${name} is ${one.state}.`));
    const types = computeEnvironments.map(({ type }) => type).filter((type) => type !== 'unknown');
    const isFargate = types.some((type) => type.startsWith('FARGATE'));
    if (types.length > 0 && isFargate !== fargate) {
      hints.push(
        warning(
          isFargate
            ? `Queue ${name} is of Fargate, but the pipeline does not say aws.batch.platformType = 'fargate'.`
            : `The pipeline says aws.batch.platformType = 'fargate', but queue ${name} is not of Fargate.`,
        ),
      );
    }
    return hints;
  });
}
