import { grantKey } from './grants.ts';
import { HumanError } from '../system/human-error.ts';
import { type PipelineCode, readPipeline } from '../pipeline/pipeline.ts';
import { type Pulling, withoutCredentials } from '../pipeline/remote-pipeline.ts';
import { assertSafeRunRoot } from '../targets/local/run-root.ts';
import type { World } from '../system/world.ts';
import {
  type BatchUse,
  batchUse,
  refuseUnreachableExecutors,
  type Schedulers,
  schedulersOf,
} from '../targets/executors.ts';
import { outerStore } from './outer-lease.ts';
import type { LeaseOptions } from './lease-options.ts';
import { localPipelineDirectory, type NextflowCommand, optionValue } from '../nextflow/nextflow-command.ts';

/** What to run, and where to look for its workspace. */
export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  readonly label: string;
  /** Whether it is the command of `exec`: whatever it leaves running may start a Nextflow. */
  readonly anyProcess?: boolean;
  /** Where its script submits jobs, in words; see `submit-program.ts`. */
  readonly submits?: string | undefined;
  /** If it is a pipeline; else all may be meant. */
  readonly schedulers?: Schedulers;
  readonly pipelineDirectory?: string | undefined;
  /** What a remote pipeline's grants are kept under. */
  readonly remote?: string;
  /** What its code says, if it is a pipeline. */
  readonly code?: PipelineCode;
  /** Whether it runs in AWS Batch; a command that is no pipeline never does. */
  readonly batch?: BatchUse;
  /** The command line, if it is a pipeline. */
  readonly nextflow?: NextflowCommand;
}

/** A pipeline, of whose code it is known what it needs. */
export interface PipelineProgram extends Program {
  readonly code: PipelineCode;
  readonly batch: BatchUse;
  readonly nextflow: NextflowCommand;
}

/**
 * Reads the code of a pipeline and finds out where it would run.
 *
 * @param pulling - whether Nextflow may be asked for a remote pipeline that is not here.
 * @throws HumanError 69 if its code cannot be read, or it runs where no secret reaches its tasks; 73, 77 if the run
 *   root is no place for secrets.
 */
export async function pipelineProgram(
  command: NextflowCommand,
  options: LeaseOptions,
  pulling: Pulling,
  world: World,
): Promise<PipelineProgram> {
  // First of all: to read a remote pipeline's code, Nextflow is started, and makes its home.
  if ((await outerStore(world)) === undefined) await assertSafeRunRoot(options.runRoot, world);
  const pipelineDirectory = localPipelineDirectory(command.pipeline, command.args, world);
  if (
    pipelineDirectory !== undefined &&
    /^[\w.-]+\/[\w.-]+$/.test(command.pipeline) &&
    !command.pipeline.endsWith('.nf')
  ) {
    world.say(
      `${command.pipeline} is a directory here, so it is that one and not a remote pipeline that runs.`,
    );
  }
  const code = await readPipeline(command, pulling, world).catch((error: unknown): PipelineCode => {
    // Who says what is sent needs no code to say it.
    const isSaid = options.all === true || options.only !== undefined;
    if (!isSaid || !(error instanceof HumanError)) throw error;
    return noCode(error.message);
  });
  const batch = batchUse(command, code, options.target, world);
  refuseUnreachableExecutors(command, [...code.settings, ...code.ownExecutors], batch !== 'no', world);
  return {
    code,
    batch,
    nextflow: command,
    command: command.executable,
    args: command.args,
    schedulers: schedulersOf(command.args, code.settings, world),
    label: withoutCredentials(command.pipeline),
    pipelineDirectory,
    ...(pipelineDirectory === undefined && {
      remote: grantKey(withoutCredentials(command.pipeline), optionValue(command.args, '-hub')),
    }),
  };
}

const noCode = (reason: string): PipelineCode => ({
  references: [],
  dynamic: [],
  settings: [],
  ownExecutors: [],
  notRead: [reason],
  literalParameters: [],
  mentionsBatch: false,
});
