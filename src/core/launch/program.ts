import { basename } from 'node:path';
import { grantKey } from './grants.ts';
import { ExitCode, HumanError } from '../system/human-error.ts';
import { printable } from '../system/printable.ts';
import type { PipelineCode } from '../pipeline/pipeline.ts';
import { withoutCredentials } from '../pipeline/pipeline-label.ts';
import type { Pulling } from '../pipeline/remote-pipeline.ts';
import { assertSafeRunRoot } from '../targets/local/run-root.ts';
import type { World } from '../system/world.ts';
import { type Destination, destinationOf } from '../targets/destination.ts';
import { refuseUnreachableExecutors, type Schedulers, schedulersOf } from '../targets/executors.ts';
import { SERVICE_EXECUTORS, SERVICES } from '../targets/targets.ts';
import { outerStore } from './outer-lease.ts';
import type { LeaseOptions } from './lease-options.ts';
import { localPipelineDirectory, type NextflowCommand, optionValue } from '../nextflow/nextflow-command.ts';
import { type Phrase, phrase } from '../system/phrase.ts';

/** A program that runs with secrets: a pipeline by `launch`, or any command by `exec`. */
export type Program = PipelineProgram | CommandProgram;

interface Executable {
  readonly command: string;
  readonly args: readonly string[];
  /** Its name in `runs`. */
  readonly label: string;
  readonly schedulers: Schedulers;
}

/** A pipeline. Its code tells which secrets it needs. */
export interface PipelineProgram extends Executable {
  readonly kind: 'pipeline';
  readonly code: PipelineCode;
  /** The service that its tasks go to; undefined for this machine and those that share its files. */
  readonly destination: Destination | undefined;
  readonly nextflow: NextflowCommand;
  readonly origin: Origin;
}

/** The origin of a pipeline. */
export type Origin =
  | {
      readonly kind: 'local';
      /** Absolute path. */
      readonly directory: string;
    }
  | {
      readonly kind: 'remote';
      /** The key of its grants. */
      readonly grantKey: string;
    };

/** A command of which nothing is known: it may start any Nextflow, and processes that it leaves running may too. */
export interface CommandProgram extends Executable {
  readonly kind: 'command';
  /** The program that submits jobs in its script, with the location, in words; see `submit-program.ts`. */
  readonly submits: string | undefined;
}

/**
 * Reads the code of a pipeline and finds out where it would run.
 *
 * @param pulling - tells whether Nextflow may be asked for a remote pipeline that is not here.
 * @throws HumanError 64 for options of ours among the parameters; 69 if its code cannot be read, or it runs where no secret reaches its tasks; 73, 77 if the run
 *   root is not fit for secrets.
 */
export async function pipelineProgram(
  command: NextflowCommand,
  options: LeaseOptions,
  pulling: Pulling,
  world: World,
): Promise<PipelineProgram> {
  // First of all: to read a remote pipeline's code, Nextflow is started, and makes its home.
  if ((await outerStore(world)) === undefined) await assertSafeRunRoot(options.runRoot, world);
  const { executable, args, pipeline } = command;
  const origin = originOf(command, world);
  if (origin.kind === 'local' && /^[\w.-]+\/[\w.-]+$/.test(pipeline) && !pipeline.endsWith('.nf')) {
    world.notice(
      phrase`${pipeline} is a directory here, so it is that one and not a remote pipeline that runs.`,
    );
  }
  const request = { pulling, services: SERVICE_EXECUTORS, doubtful: options.doubtful };
  // Not for `exec`, which starts in less time without it.
  const { readPipeline } = await import('../pipeline/pipeline.ts');
  const code = await readPipeline(command, request, world).catch((error: unknown): PipelineCode => {
    // A person who names the secrets to send needs no code for that.
    const isNamed = options.all === true || options.only !== undefined;
    if (!isNamed || !(error instanceof HumanError)) throw error;
    return noCode(error.phrase);
  });
  refuseMisplaced(code.unknownParameters);
  const destination = destinationOf(command, code, options.target, world);
  const reach = { services: SERVICES, used: destination?.service };
  refuseUnreachableExecutors(command, [...code.settings, ...code.ownExecutors], reach, world);
  return {
    kind: 'pipeline',
    command: executable,
    args,
    label: withoutCredentials(pipeline),
    schedulers: schedulersOf(args, code.settings, world),
    code,
    destination,
    nextflow: command,
    origin,
  };
}

/** @throws HumanError 64 for parameters that only we know, as options. */
function refuseMisplaced(names: readonly string[]): void {
  const [first] = names;
  if (first === undefined) return;
  throw new HumanError(
    ExitCode.usage,
    phrase`What comes after the pipeline goes to Nextflow, and this pipeline has no parameter ${printable(first)}.`,
    { do: 'place-options', names },
  );
}

/** Finds the origin of a pipeline; a path that is not there is the name of a remote one. */
export function originOf(
  { pipeline, args }: Pick<NextflowCommand, 'pipeline' | 'args'>,
  world: World,
): Origin {
  const directory = localPipelineDirectory(pipeline, args, world);
  if (directory !== undefined) return { kind: 'local', directory };
  return {
    kind: 'remote',
    grantKey: grantKey(withoutCredentials(pipeline), optionValue(args, '-hub')),
  };
}

const noCode = (reason: Phrase): PipelineCode => ({
  references: [],
  dynamic: [],
  sinks: [],
  settings: [],
  ownExecutors: [],
  notRead: [reason],
  literalParameters: [],
  unknownParameters: [],
  mayUse: new Set(),
});

/** The command of `exec`. @param submits - see {@link CommandProgram.submits}. */
export function commandProgram(
  [command = '', ...args]: readonly string[],
  submits: string | undefined,
  world: World,
): CommandProgram {
  const schedulers = schedulersOf([], [], world);
  return { kind: 'command', command, args, label: command, schedulers, submits };
}

/** Tells whether a program is a Nextflow itself. */
export const isNextflow = ({ kind, command }: Program): boolean =>
  kind === 'pipeline' || basename(command) === 'nextflow';

/** The directory of a local pipeline, in which a workspace is looked for first. */
export const directoryOf = (program: Program): string | undefined =>
  program.kind === 'pipeline' && program.origin.kind === 'local' ? program.origin.directory : undefined;
