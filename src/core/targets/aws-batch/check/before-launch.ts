import { keyArn, roleArn } from '../policy/arns.ts';
import { missingStatement, statementLine } from '../policy/missing-statement.ts';
import { DEFAULT_EXECUTION_ROLE, rolePermissions } from '../policy/role-permissions.ts';
import type { PolicyRole } from '../policy/statements.ts';
import { ExitCode, HumanError } from '../../../system/human-error.ts';
import { printable } from '../../../system/printable.ts';
import type { RunId } from '../../../system/run-id.ts';
import type { AwsAccess } from '../access.ts';
import { ANY_QUEUE, type BatchSettings } from '../../../nextflow/preview.ts';
import type { BatchProcess } from '../job-definition.ts';
import type { World } from '../../../system/world.ts';
import { isUnread, openIam, principalOf } from './iam.ts';
import { type Needed, neededPermissions } from './permissions.ts';
import { queueProblems } from './queues.ts';
import { simulate } from './simulate.ts';
import { TASK_SERVICE } from '../policy/services.ts';
import { lookAtRole, trustStatement } from './task-role.ts';

/** What a launch is going to use in AWS. */
export interface Intended {
  readonly runId: RunId;
  readonly prefix: string;
  readonly settings: BatchSettings;
  readonly processes: readonly BatchProcess[];
  readonly kmsKey: string | undefined;
}

/** Something that would stop the run later. */
interface Obstacle {
  /** A sentence without its end. */
  readonly what: string;
  readonly remedy: string;
  readonly exitCode: ExitCode;
}

/** Longest time that is spent with it, in milliseconds: often IAM cannot be reached at all. */
const PATIENCE = 2_500;

/**
 * The part of a check that needs nothing to be made and takes one round trip: queues, the roles of tasks, and IAM's
 * simulation. Whatever cannot be asked stops nothing.
 *
 * @throws HumanError 69 for a queue that takes no jobs, 77 for what is certainly not permitted, with what to add.
 */
export async function checkBeforeLaunch(intended: Intended, access: AwsAccess, world: World): Promise<void> {
  const { settings, processes, prefix, runId } = intended;
  const { place, caller, batch } = access;
  const iam = openIam(access, 1);
  const signal = AbortSignal.timeout(PATIENCE);
  const arn = (role: string | null): string | undefined => (role === null ? undefined : roleArn(role, place));
  const [executionRole, jobRole] = [arn(settings.executionRole), arn(settings.jobRole)];
  const needed = (role: PolicyRole): Needed[] =>
    rolePermissions({
      ...{ ...place, prefix, jobRole, headRole: 'custom' },
      executionRole: executionRole ?? DEFAULT_EXECUTION_ROLE,
      kmsKey: keyArn(intended.kmsKey),
    })
      .filter((one) => one.role === role)
      .flatMap((one) => neededPermissions(one, runId, ['launch']));
  const trusted = async (setting: string, role: string | undefined): Promise<Obstacle[]> => {
    // AWS says by itself, and at once, that another account's role cannot be had.
    if (role?.includes(`:${place.account}:`) !== true) return [];
    const { trust } = await lookAtRole(iam, role, place, [TASK_SERVICE], signal);
    if (trust.result !== 'denied') return [];
    return [
      {
        what: `${setting} is ${role}, but ${trust.reason}`,
        remedy:
          trust.final === true
            ? `Correct ${setting} in the pipeline's config, or make the role: nf-secrets aws policy execution-role`
            : `Have this added to the trust document of ${role}:\n  ${statementLine(trustStatement(TASK_SERVICE))}`,
        exitCode: ExitCode.notPermitted,
      },
    ];
  };
  const simulated = async (whose: PolicyRole, principal: string | undefined): Promise<Obstacle[]> => {
    if (principal === undefined) return [];
    const all = needed(whose);
    const verdicts = await simulate(
      iam,
      principal,
      all.map(({ request }) => request),
      signal,
    );
    if (isUnread(verdicts)) return [];
    return all.flatMap(({ action, resource }, index): Obstacle[] => {
      const verdict = verdicts[index];
      // A key has a policy of its own, which the simulation does not know.
      if (verdict?.result !== 'denied' || action.startsWith('kms:')) return [];
      const statement = statementLine(missingStatement(action, resource));
      return [
        {
          what: `${principal} may not do ${action} on ${resource}: ${verdict.reason}`,
          remedy:
            verdict.final === true
              ? 'No statement that is added helps against it: have what denies it changed.'
              : `Have this added to the policies of ${principal}:\n  ${statement}`,
          exitCode: ExitCode.notPermitted,
        },
      ];
    });
  };
  const queues = async (): Promise<Obstacle[]> => {
    const names = [
      ...new Set(processes.flatMap(({ queues: all }) => all).filter((name) => name !== ANY_QUEUE)),
    ];
    const looked = await queueProblems(batch, names, signal);
    if (isUnread(looked)) return [];
    return looked.problems.flatMap(({ queue, reason, certain }): Obstacle[] => {
      if (!certain) {
        world.say(
          `Job queue ${printable(queue)}: ${reason} (${printable(place.account)}, ${printable(place.region)}).`,
        );
        return [];
      }
      const what = `AWS Batch takes no jobs in ${queue}: ${reason}`;
      const remedy = 'Name another queue (process.queue), or have it enabled: aws batch update-job-queue';
      return [{ what, remedy, exitCode: ExitCode.unavailable }];
    });
  };
  try {
    const obstacles = (
      await Promise.all([
        queues(),
        trusted('aws.batch.executionRole', executionRole),
        trusted('aws.batch.jobRole', jobRole),
        simulated('launcher', principalOf(caller)?.arn),
        simulated('execution-role', executionRole),
      ])
    ).flat();
    const [first] = obstacles;
    if (first === undefined) return;
    const all = obstacles.map(({ what }) => printable(what).replace(/\.$/, ''));
    throw new HumanError(
      obstacles.find(({ exitCode }) => exitCode === ExitCode.notPermitted)?.exitCode ?? first.exitCode,
      `Tasks of this run would fail, so nothing was made in AWS: ${all.join('; ')}.`,
      [...new Set(obstacles.map(({ remedy }) => remedy))].join('\n'),
    );
  } finally {
    iam.destroy();
  }
}
