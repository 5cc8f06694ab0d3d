import { readdirSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { ExitCode, HumanError } from '../system/human-error.ts';
import { nearMiss } from '../system/near-miss.ts';
import { printable } from '../system/printable.ts';
import { findOnPath, isExecutable } from '../system/find-on-path.ts';
import type { World } from '../system/world.ts';
import { phrase } from '../system/phrase.ts';

/** A `nextflow run`, taken apart as far as a launch needs. */
export interface NextflowCommand {
  /** Absolute path of the executable. */
  readonly executable: string;
  /** All arguments, global options and `run` included. */
  readonly args: readonly string[];
  readonly pipeline: string;
  /** Origin of `-bg`, which is removed from the arguments; undefined if there was none. */
  readonly background: string | undefined;
}

/** Options of `nextflow` itself, before the subcommand, that have no value. */
const GLOBAL_FLAGS = new Set(['-bg', '-d', '-dockerize', '-h', '-help', '-q', '-quiet', '-v', '-version']);
/** Options of `nextflow run` that have no value; any other option takes the next word unless it starts with `-`. */
const RUN_FLAGS = new Set([
  '-E',
  '-bg',
  '-disable-jobs-cancellation',
  '-dsl1',
  '-dsl2',
  '-dump-hashes',
  '-h',
  '-help',
  '-latest',
  '-offline',
  '-preview',
  '-stub',
  '-stub-run',
  '-without-conda',
  '-without-docker',
  '-without-podman',
  '-without-spack',
]);

/**
 * Makes the command of `launch PIPELINE …`.
 *
 * @param nextflow - `--nextflow PATH`, else `nextflow` is looked for on the PATH.
 */
export function pipelineCommand(
  pipeline: string,
  options: readonly string[],
  nextflow: string | undefined,
  world: World,
): NextflowCommand {
  assertPipeline(pipeline, world);
  return {
    executable: nextflowExecutable(nextflow, world),
    args: ['run', pipeline, ...options.filter(isForeground)],
    pipeline,
    background: backgroundWish(options, world),
  };
}

/**
 * Makes the command of `launch -- nextflow [global options] run PIPELINE …`.
 *
 * @throws HumanError 64 if the words are not such a command.
 */
export function wholeCommand(
  words: readonly string[],
  nextflow: string | undefined,
  world: World,
): NextflowCommand {
  const [program = '', ...args] = words;
  if (basename(program) !== 'nextflow') {
    throw new HumanError(
      ExitCode.usage,
      phrase`A whole nextflow command is needed here, not "${printable(program)}".`,
      { do: 'run-command', isNextflow: false },
    );
  }
  const run = skipOptions(args, 0, GLOBAL_FLAGS);
  if (args[run] !== 'run') {
    throw new HumanError(
      ExitCode.usage,
      phrase`A "nextflow … run" is needed here, not "nextflow ${printable(args[run] ?? '')}".`,
      { do: 'run-command', isNextflow: true },
    );
  }
  const pipeline = args[skipOptions(args, run + 1, RUN_FLAGS)];
  if (pipeline === undefined) {
    throw new HumanError(ExitCode.usage, phrase`The command nextflow run needs a pipeline.`);
  }
  assertPipeline(pipeline, world);
  const path = nextflow ?? (program.includes('/') ? program : undefined);
  return {
    executable: nextflowExecutable(path, world),
    args: args.filter(isForeground),
    pipeline,
    background: backgroundWish(args, world),
  };
}

/** Finds the index of the first word that is neither an option nor the value of one. */
function skipOptions(words: readonly string[], from: number, flags: ReadonlySet<string>): number {
  let index = from;
  for (let word = words[index]; word?.startsWith('-') === true && word !== '-'; word = words[index]) {
    const next = words[index + 1];
    const alone = flags.has(word) || word.includes('=') || next === undefined || next.startsWith('-');
    // `-resume` takes only a session id, `last`, or nothing.
    const hasValue = word === '-resume' ? /^(last|[0-9a-f]{8}-[0-9a-f-]{27})$/.test(next ?? '') : !alone;
    index += hasValue ? 2 : 1;
  }
  return index;
}

/** Finds the value of the last of these options among a command's words, or undefined. */
export function optionValue(args: readonly string[], ...names: string[]): string | undefined {
  return optionValues(args, ...names).at(-1);
}

/** Finds all values of these options, in order. */
export function optionValues(args: readonly string[], ...names: string[]): string[] {
  return args.flatMap((word, index) => {
    const next = args[index + 1];
    return names.includes(word) && next !== undefined ? [next] : [];
  });
}

/**
 * Finds the directory of a pipeline's files, if Nextflow takes it for a local pipeline: the script's directory, or the
 * directory itself. With `-main-script` Nextflow looks for that script alone, from the current directory.
 */
export function localPipelineDirectory(
  pipeline: string,
  args: readonly string[],
  world: World,
): string | undefined {
  if (pipeline === '-') return world.cwd;
  const mainScript = optionValue(args, '-main-script');
  const path = resolve(world.cwd, mainScript ?? pipeline);
  try {
    const isDirectory = statSync(path).isDirectory();
    if (isDirectory && mainScript !== undefined) return undefined;
    return isDirectory ? path : dirname(path);
  } catch {
    return undefined;
  }
}

/** Refuses a path that does not exist; any other word may be the name of a remote pipeline. */
function assertPipeline(pipeline: string, world: World): void {
  const isPath = /^(\/|\.\.?(\/|$)|~)/.test(pipeline) || pipeline.endsWith('.nf');
  if (!isPath || localPipelineDirectory(pipeline, [], world) !== undefined || /^[a-z+]+:/.test(pipeline))
    return;
  const near = nearPipeline(pipeline, world);
  const hint = near === undefined ? '' : phrase` Did you mean ${printable(near)}?`;
  throw new HumanError(ExitCode.usage, phrase`The pipeline ${printable(pipeline)} does not exist.${hint}`);
}

/** Finds the script or directory that a person most likely meant by a path, with or without its ending. */
export function nearPipeline(pipeline: string, world: World): string | undefined {
  if (pipeline === '') return undefined;
  const withoutEnding = (name: string): string => name.replace(/\.nf$/, '');
  const files = pipelineFiles(dirname(resolve(world.cwd, pipeline)));
  const near = nearMiss(withoutEnding(basename(pipeline)), files.map(withoutEnding));
  const file = files.find((name) => near !== undefined && withoutEnding(name) === near);
  return file === undefined ? undefined : join(dirname(pipeline), file);
}

function pipelineFiles(directory: string): string[] {
  try {
    const entries = readdirSync(directory, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory() || entry.name.endsWith('.nf'))
      .map(({ name }) => name);
  } catch {
    return [];
  }
}

/**
 * Finds a `-bg`. With it, Nextflow's own launcher would end at once, and nobody would know when the run ends. So we go
 * into the background, and Nextflow stays in our foreground.
 */
function backgroundWish(args: readonly string[], world: World): string | undefined {
  if (args.includes('-bg')) return '-bg';
  return world.env['NXF_CLI_OPTS']?.split(/\s+/).includes('-bg') === true ? '-bg in NXF_CLI_OPTS' : undefined;
}

const isForeground = (word: string): boolean => word !== '-bg';

/** Makes the person's environment without a `-bg` in `NXF_CLI_OPTS`. */
export function foregroundEnvironment(env: World['env']): World['env'] {
  const options = env['NXF_CLI_OPTS'];
  if (options === undefined) return env;
  return { ...env, NXF_CLI_OPTS: options.split(/\s+/).filter(isForeground).join(' ') };
}

/**
 * Absolute path of the executable. @param path - of it; undefined to look for it on the PATH.
 *
 * @throws HumanError 69 if there is no such executable.
 */
export function nextflowExecutable(path: string | undefined, world: World): string {
  const found = path === undefined ? findOnPath('nextflow', world) : resolve(world.cwd, path);
  if (found !== undefined && isExecutable(found)) return found;
  throw new HumanError(
    ExitCode.unavailable,
    path === undefined
      ? phrase`There is no nextflow on your PATH.`
      : phrase`${printable(path)} is not an executable file.`,
    path === undefined
      ? { do: 'name-nextflow', lead: phrase`Install Nextflow (nextflow.io), load its module, or name it` }
      : { do: 'name-nextflow' },
  );
}
