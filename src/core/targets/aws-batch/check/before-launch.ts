import { ANY_QUEUE, type BatchSettings } from '../../../nextflow/preview.ts';
import { ExitCode, HumanError } from '../../../system/human-error.ts';
import { printable } from '../../../system/printable.ts';
import type { RunId } from '../../../system/run-id.ts';
import type { World } from '../../../system/world.ts';
import type { AwsAccess } from '../access.ts';
import type { BatchProcess } from '../job-definition.ts';
import { roleArn } from '../../../aws/policy/arns.ts';
import { missingStatement, statementLine } from '../../../aws/policy/missing-statement.ts';
import { TASK_SERVICE } from '../../../aws/policy/services.ts';
import { isUnread, openIam, principalOf } from './iam.ts';
import { secretOf } from '../references.ts';
import { type Needed, neededPermissions, type PermissionScope } from './permissions.ts';
import { queueProblems } from './queues.ts';
import { simulate } from './simulate.ts';
import { lookAtRole, type RoleLook, trustStatement } from './task-role.ts';
import type { Verdict } from './verdict.ts';
import { clause, joined, type Phrase, phrase } from '../../../system/phrase.ts';
import { type Remedy, run } from '../../../system/remedy.ts';

/** The things in AWS that a launch is going to use. */
export interface Intended {
  readonly runId: RunId;
  readonly prefix: string;
  readonly settings: BatchSettings;
  readonly processes: readonly BatchProcess[];
  /** What job definitions name for secrets that are not copied, by name. */
  readonly references: ReadonlyMap<string, string>;
  readonly kmsKey: string | undefined;
}

/** Something that would stop the run later. */
interface Obstacle {
  /** A sentence without its end. */
  readonly problem: Phrase;
  readonly remedy: Remedy;
  readonly exitCode: ExitCode;
}

/** A look with the deadline of a launch. */
type BriefLook = RoleLook & { readonly abortSignal: AbortSignal };

/** The longest time that a launch waits for it, in milliseconds: often IAM cannot be reached at all. */
const PATIENCE = 2_500;

/**
 * Checks what can be checked without making anything, in one round trip: queues, the roles of tasks, and IAM's
 * simulation. Questions that AWS does not answer stop nothing.
 *
 * @throws HumanError 69 for a queue that takes no jobs, 77 for what is certainly not permitted, with what to add.
 */
export async function checkBeforeLaunch(intended: Intended, access: AwsAccess, world: World): Promise<void> {
  const { settings, prefix, runId, kmsKey } = intended;
  const { aws, caller } = access;
  const iam = openIam(access, 1);
  const look: BriefLook = { iam, aws, abortSignal: AbortSignal.timeout(PATIENCE) };
  const arn = (role: string | null): string | null => (role === null ? null : roleArn(role, aws));
  const executionRole = arn(settings.executionRole);
  const jobRole = arn(settings.jobRole);
  const scope = { runId, account: aws, prefix, executionRole, jobRole, kmsKey };
  try {
    const obstacles = await Promise.all([
      queueObstacles(intended, access, look, world),
      trustObstacles('aws.batch.executionRole', executionRole, look),
      trustObstacles('aws.batch.jobRole', jobRole, look),
      simulationObstacles(principalOf(caller)?.arn, neededHere('launcher', intended, scope), look),
      simulationObstacles(executionRole, neededHere('execution-role', intended, scope), look),
    ]);
    refuse(obstacles.flat());
  } finally {
    iam.destroy();
  }
}

/** The permissions that this launch needs: a secret that is not copied is neither made nor removed. */
function neededHere(
  role: 'launcher' | 'execution-role',
  { processes, references }: Intended,
  scope: PermissionScope,
): Needed[] {
  const copies = processes.some(({ secrets }) => secrets.some((name) => !references.has(name)));
  const needed = neededPermissions(role, ['launch'], scope).filter(
    ({ action }) => copies || !/^(secretsmanager|kms):/.test(action),
  );
  if (role === 'launcher') return needed;
  const action = 'secretsmanager:GetSecretValue';
  const there = [...new Set([...references.values()].map(secretOf))];
  return [
    ...needed,
    ...there.map((resource) => ({
      ...{ action, resource, neededBy: 'launch' as const },
      request: { action, resource, context: {} },
    })),
  ];
}

/** @throws HumanError if there are any. */
function refuse(obstacles: readonly Obstacle[]): void {
  const [first] = obstacles;
  if (first === undefined) return;
  const problems = joined(
    obstacles.map(({ problem }) => clause(problem)),
    '; ',
  );
  throw new HumanError(
    obstacles.find(({ exitCode }) => exitCode === ExitCode.notPermitted)?.exitCode ?? first.exitCode,
    phrase`Tasks of this run would fail, so nothing was made in AWS: ${problems}.`,
    [...new Map(obstacles.map(({ remedy }) => [JSON.stringify(remedy), remedy])).values()],
  );
}

/** @param setting - its name in the config. */
async function trustObstacles(setting: string, role: string | null, look: BriefLook): Promise<Obstacle[]> {
  // AWS itself tells at once that another account's role cannot be used.
  if (role?.includes(`:${look.aws.account}:`) !== true) return [];
  const { trust } = await lookAtRole(role, [TASK_SERVICE], look);
  if (trust.result !== 'denied') return [];
  return [
    {
      problem: phrase`${setting} is ${printable(role)}, but ${trust.reason}`,
      remedy:
        trust.final === true
          ? {
              do: 'make-execution-role',
              lead: phrase`Correct ${setting} in the pipeline's config, or make the role`,
            }
          : {
              ...{ do: 'add-statement', statement: statementLine(trustStatement(TASK_SERVICE)) },
              lead: phrase`Have this added to the trust document of ${printable(role)}`,
            },
      exitCode: ExitCode.notPermitted,
    },
  ];
}

async function simulationObstacles(
  principal: string | null | undefined,
  needed: readonly Needed[],
  { iam, abortSignal }: BriefLook,
): Promise<Obstacle[]> {
  if (principal === null || principal === undefined) return [];
  const requests = needed.map(({ request }) => request);
  const verdicts = await simulate(iam, principal, requests, abortSignal);
  if (isUnread(verdicts)) return [];
  return needed.flatMap((one, index) => denials(principal, one, verdicts[index]));
}

function denials(principal: string, { action, resource }: Needed, verdict: Verdict | undefined): Obstacle[] {
  // A key has a policy of its own, which the simulation does not know.
  if (verdict?.result !== 'denied' || action.startsWith('kms:')) return [];
  const statement = statementLine(missingStatement(action, resource));
  return [
    {
      problem: phrase`${printable(principal)} may not do ${action} on ${printable(resource)}: ${verdict.reason}`,
      remedy:
        verdict.final === true
          ? phrase`No statement that is added helps against it: have the policy changed that denies it.`
          : {
              ...{ do: 'add-statement', statement },
              lead: phrase`Have this added to the policies of ${printable(principal)}`,
            },
      exitCode: ExitCode.notPermitted,
    },
  ];
}

async function queueObstacles(
  { processes }: Intended,
  { batch, aws }: AwsAccess,
  { abortSignal }: BriefLook,
  world: World,
): Promise<Obstacle[]> {
  const names = new Set(processes.flatMap(({ queues }) => queues).filter((name) => name !== ANY_QUEUE));
  const looked = await queueProblems(batch, [...names], abortSignal);
  if (isUnread(looked)) return [];
  return looked.problems.flatMap(({ queue, reason, certain }): Obstacle[] => {
    if (certain) {
      const remedy = run(
        phrase`Name another queue (process.queue), or have it enabled`,
        'aws batch update-job-queue',
      );
      const problem = phrase`AWS Batch takes no jobs in ${printable(queue)}: ${reason}`;
      return [{ problem, remedy, exitCode: ExitCode.unavailable }];
    }
    const account = `${printable(aws.account)}, ${printable(aws.region)}`;
    world.notice(phrase`Job queue ${printable(queue)}: ${reason} (${account}).`);
    return [];
  });
}
