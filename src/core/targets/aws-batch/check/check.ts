import type { AwsAccount } from '../items.ts';
import type { PolicyWorkspace } from '../../../aws/policy/policy-workspace.ts';
import type { WorkspaceFile } from '../../../stores/workspace-file.ts';
import type { WorkspaceRole } from '../../../aws/policy/workspace-statements.ts';
import { checkRoles, openRoles, policyWorkspace } from './check-roles.ts';
import { newRunId } from '../../../system/run-id.ts';
import type { World } from '../../../system/world.ts';
import { openAws } from '../access.ts';
import { keyArn, roleArn } from '../../../aws/policy/arns.ts';
import { serviceDomain, TASK_SERVICE } from '../../../aws/policy/services.ts';
import type { PolicyRole } from '../../../aws/policy/roles.ts';
import type { NeededBy } from '../../../aws/policy/statements.ts';
import { type Hint, launcherHints, missingSettingHints, queueHints } from './hints.ts';
import { openIam } from './iam.ts';
import { type CheckAccess, launcherChecks, launcherOf } from './launcher.ts';
import { networkHints } from './network.ts';
import { type Needed, neededPermissions, neededWithKeys, type PermissionScope } from './permissions.ts';
import { describeQueues, type QueueProblem } from './queues.ts';
import type { AwsReport, Check } from './report.ts';
import { checkTaskRole } from './task-role.ts';
import { type TrialLedger, tryPermissions } from './try-permissions.ts';

/** Options of {@link checkAws}. */
export interface CheckRequest {
  /** Text of the pipeline to show; null without one. */
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
  /** Id, ARN or alias. */
  readonly kmsKey: string | undefined;
  readonly fargate: boolean;
  /** Leaves out permissions that only sweeps need. */
  readonly minimal: boolean;
  readonly hints: readonly Hint[];
  readonly ledger: TrialLedger;
  /** The workspace in AWS, and the roles in it that are checked; undefined if it is none. */
  readonly workspace: { readonly file: WorkspaceFile; readonly roles: readonly WorkspaceRole[] } | undefined;
}

/** Tries of one request to IAM. */
const IAM_ATTEMPTS = 2;

/**
 * Checks all that a launch needs in AWS: tries actions that can be undone, asks IAM, and reads policies. The result is
 * unknown if none of these tells it. Leaves nothing in AWS.
 *
 * @throws HumanError 64 for a request that makes no sense, 69 and 77 if AWS cannot be asked at all.
 */
export async function checkAws(request: CheckRequest, world: World): Promise<AwsReport> {
  const { workspace } = request;
  if (workspace !== undefined && !workspace.roles.includes('launch'))
    return checkRolesAlone(request, workspace, world);
  const access = await openAws(request, world, 'briefly');
  const iam = openIam(access, IAM_ATTEMPTS);
  try {
    return await check(request, { ...access, iam }, world);
  } finally {
    iam.destroy();
    access.close();
  }
}

/** Checks roles of a workspace that have nothing to do with AWS Batch. */
async function checkRolesAlone(
  request: CheckRequest,
  workspace: NonNullable<CheckRequest['workspace']>,
  world: World,
): Promise<AwsReport> {
  const looked = await openRoles(workspace, world);
  const { aws, caller } = looked.place.session;
  const scope: PermissionScope = {
    ...{ runId: newRunId(), account: aws, prefix: request.prefix, kmsKey: request.kmsKey },
    ...{ executionRole: null, jobRole: null },
  };
  const own = await checkRoles(looked, request, scope);
  return {
    ok: own.checks.every(({ result }) => result !== 'denied'),
    ...{ account: aws.account, region: aws.region, partition: aws.partition, principal: caller },
    ...{ pipeline: request.pipeline, workspace: own.report([]), queues: [] },
    roles: { launcher: caller, executionRole: null, jobRole: null, headRole: null },
    ...{ checks: own.checks, hints: [...request.hints, ...own.hints], leftBehind: [] },
  };
}

async function check(request: CheckRequest, access: CheckAccess, world: World): Promise<AwsReport> {
  const { aws, caller, batch } = access;
  const { minimal, kmsKey, ledger, fargate } = request;
  const looked = request.workspace && (await openRoles(request.workspace, world));
  const scope = scopeOf(request, aws, looked && policyWorkspace(looked.place, aws));
  const { executionRole, jobRole } = scope;
  const headRole = request.headRole === null ? null : roleArn(request.headRole, aws);
  const needed = (role: PolicyRole, ...neededBy: NeededBy[]): Needed[] =>
    neededPermissions(role, neededBy, scope);
  const ofLauncher = needed('launcher', 'launch', ...(minimal ? [] : (['sweep'] as const)));
  const ofExecution = neededWithKeys('execution-role', ['launch'], scope, looked?.seen.keys ?? []);
  const services = [TASK_SERVICE, `ec2.${serviceDomain(aws.partition)}`] as const;
  const trial = { ...scope, queue: request.queues[0], withSweeps: !minimal, ledger };
  const [ofRoles, tried, launcher, queues, execution, job, head] = await Promise.all([
    looked && checkRoles(looked, request, scope),
    tryPermissions(trial, access, world),
    launcherOf(access),
    describeQueues(batch, request.queues),
    checkTaskRole({ role: 'execution-role', arn: executionRole, needed: ofExecution }, access),
    checkTaskRole({ role: 'head-job', arn: jobRole, needed: [] }, access),
    checkTaskRole(
      { role: 'head-job', arn: headRole, needed: needed('head-job', 'launch'), services },
      access,
    ),
  ]);
  const own = ofLauncher.filter(({ action }) => action !== 'iam:PassRole' || executionRole !== null);
  const launching = [
    ...queueChecks(queues.problems, caller),
    ...(await launcherChecks(own, tried.verdicts, launcher, access)),
  ];
  const checks = [
    ...launching,
    ...(ofRoles?.checks ?? []),
    ...[execution, job, head].flatMap((one) => one.checks),
  ];
  return {
    ok: checks.every(({ result }) => result !== 'denied'),
    ...{ account: aws.account, region: aws.region, partition: aws.partition, principal: caller },
    ...{ pipeline: request.pipeline, workspace: ofRoles?.report(launching) ?? null },
    queues: queues.queues,
    roles: { launcher: launcher?.arn ?? caller, executionRole, jobRole, headRole },
    checks,
    hints: [
      ...request.hints,
      ...missingSettingHints(request),
      ...queueHints(queues, fargate),
      ...execution.hints,
      ...(ofRoles?.hints ?? []),
      ...launcherHints({
        canRead: tried.canRead,
        isKeyUnnamed: kmsKey !== undefined && keyArn(kmsKey) === undefined,
      }),
      ...networkHints(aws, world),
    ],
    leftBehind: tried.leftBehind,
  };
}

function scopeOf(
  { prefix, kmsKey, executionRole, jobRole }: CheckRequest,
  account: AwsAccount,
  workspace: PolicyWorkspace | undefined,
): PermissionScope {
  const arn = (role: string | null): string | null => (role === null ? null : roleArn(role, account));
  return {
    ...{ runId: newRunId(), account, prefix, kmsKey },
    ...{ executionRole: arn(executionRole), jobRole: arn(jobRole) },
    ...(workspace !== undefined && { workspace }),
  };
}

/** A queue that takes no jobs refuses them like a missing permission. */
const queueChecks = (problems: readonly QueueProblem[], caller: string): Check[] =>
  problems
    .filter(({ certain }) => certain)
    .map(({ resource, reason }) => ({
      ...{ role: 'launcher', principal: caller, action: 'batch:SubmitJob', resource, result: 'denied' },
      ...{ reason, statement: null },
    }));
