import { execFile, type ExecFileException } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ExitCode, HumanError } from '../system/human-error.ts';
import { readRegularFile } from '../system/open-file.ts';
import { printable } from '../system/printable.ts';
import { SecretValue } from '../secrets/secret-value.ts';
import { MASK, masked } from '../secrets/mask.ts';
import type { World } from '../system/world.ts';
import { cacheDirectory } from './session-lock.ts';
import type { NextflowCommand } from './nextflow-command.ts';
import type { RunId } from '../system/run-id.ts';
import type { Preview } from './preview.ts';
import { readPreview } from './preview-answer.ts';
import { previewArguments } from './preview-arguments.ts';
import { previewConfig, sharedProfiles } from './preview-config.ts';
import { isRefusedByJava, quickStart } from './quick-java.ts';
import { detail, type Phrase, phrase } from '../system/phrase.ts';

type Environment = Readonly<Record<string, string>>;

/** Longest wait: a remote pipeline is downloaded first. In milliseconds. */
const PATIENCE = 600_000;
const MAX_OUTPUT = 64 << 20;
/** Nextflow adds a line of about 200 bytes for each run. In bytes. */
const MAX_HISTORY = 64 << 20;

/** Nextflow gave no preview of a run. */
export class NoPreviewError extends HumanError {
  /**
   * @param printed - the last lines that it printed, without any value of its store. They are for a person who has to
   * mend the pipeline.
   */
  constructor(
    { pipeline }: Pick<NextflowCommand, 'pipeline'>,
    how: Phrase,
    readonly printed: readonly string[],
  ) {
    super(
      ExitCode.unavailable,
      phrase`Nextflow could not tell which secrets and containers the processes of ${printable(pipeline)} need:
        ${how}.`,
      phrase`Mend what Nextflow reports. To see it without nf-secrets, run the same with -preview added.`,
    );
  }
}

/** Shows the person the output that Nextflow gave instead of an answer. */
export function sayPrinted({ printed }: NoPreviewError, world: World): void {
  if (printed.length === 0) return;
  world.notice(phrase`Nextflow printed (${MASK} replaces values of secrets):`);
  for (const line of printed) world.notice(detail(line));
}

/** Name of the directory of a preview's files, in the run's own directory. */
export const PREVIEW_DIRECTORY = 'preview';

/** Environment, directory and secrets of the Nextflow that is asked. */
export interface PreviewContext {
  /** The environment that the run will have. */
  readonly env: Readonly<Record<string, string>>;
  /** The run's own directory, in which the preview keeps its files. */
  readonly directory: string;
  /** All values that the pipeline's code can read in the preview. */
  readonly values: readonly SecretValue[];
}

/**
 * Makes a text in place of a value, for a preview that is only looked at: the pipeline's code runs in it and reads no
 * real value. Code that tests whether there is a value finds one.
 */
export const placeholder = (name: string): SecretValue => new SecretValue(`placeholder-of-${name}`);

/** A private store that a preview asks for. */
export interface PreviewRequest {
  /** Its name in the list of runs while it exists. */
  readonly label: string;
  readonly runId?: RunId;
  /** Value of `--run-root`. */
  readonly runRoot?: string | undefined;
  /** The secrets that the pipeline's code can read. */
  readonly stored: readonly (readonly [name: string, value: SecretValue])[];
}

/** Gives a preview a private store, and removes the store after it. */
export type WithPreviewStore = <T>(
  request: PreviewRequest,
  look: (context: PreviewContext) => Promise<T>,
  world: World,
) => Promise<T>;

/** An answer of Nextflow, as it is read and as it was given. */
export interface Asked {
  readonly preview: Preview;
  readonly answer: unknown;
}

/** Asks Nextflow about a run. @throws NoPreviewError if Nextflow does not answer. */
export const previewRun = async (
  command: NextflowCommand,
  context: PreviewContext,
  world: World,
): Promise<Preview> => (await askNextflow(command, context, world)).preview;

/**
 * Asks Nextflow about a run. Its output may have values in it: we do not keep it, and show it only without them.
 *
 * @throws NoPreviewError if Nextflow does not answer.
 */
export async function askNextflow(
  command: NextflowCommand,
  { env, directory, values }: PreviewContext,
  world: World,
): Promise<Asked> {
  const files = join(directory, PREVIEW_DIRECTORY);
  const marker = `nf-secrets-${randomUUID()}:`;
  const noPreview = (how: Phrase, output = ''): NoPreviewError => {
    // Its log is removed with the store, so its path helps nobody.
    const printed = lastLines(output, values).filter((text) => !text.includes(files));
    return new NoPreviewError(command, how, printed);
  };
  const shared = cacheDirectory(env, world);
  const config = sharedProfiles(command.args, world) + previewConfig(marker, shared);
  const configFile = await makeFiles(files, config, shared);
  // Its cache and its lock must not be those of the run, and `-resume` must not find it later.
  const own: Record<string, string> = { ...env, NXF_CACHE_DIR: cacheIn(files) };
  delete own['NXF_CLOUDCACHE_PATH'];
  const args = previewArguments(command, join(files, 'log'), configFile);
  const start = async (variables: Environment): Promise<Output> =>
    output(command.executable, args, { cwd: world.cwd, env: { ...own, ...variables } });
  const quick = await start(quickStart(own));
  const isRefused = isRefusedByJava(quick.out + quick.stderr) && !quick.out.includes(marker);
  const { error, out, stderr } = isRefused ? await start({}) : quick;
  if (!out.includes(marker)) {
    if (error === null) throw noPreview(NO_ANSWER, out + stderr);
    throw noPreview(howItEnded(error), `${out}\n${stderr}`);
  }
  const line = out.split('\n').find((text) => text.startsWith(marker));
  try {
    const answer: unknown = JSON.parse(line?.slice(marker.length) ?? '');
    return { preview: readPreview(answer), answer };
  } catch {
    throw noPreview(phrase`its answer is not understood`);
  }
}

const cacheIn = (files: string): string => join(files, 'cache');

/** @returns the path of the config. */
async function makeFiles(directory: string, config: string, shared: string): Promise<string> {
  await mkdir(directory, { mode: 0o700 });
  const configFile = join(directory, 'preview.config');
  await writeFile(configFile, config, { mode: 0o600, flag: 'wx' });
  const cache = cacheIn(directory);
  await mkdir(cache, { mode: 0o700 });
  // The history names the session that is resumed, if there is one.
  const history = await readRegularFile(join(shared, 'history'), { limit: MAX_HISTORY }).catch(
    () => undefined,
  );
  if (history !== undefined) await writeFile(join(cache, 'history'), history, { mode: 0o600 });
  return configFile;
}

interface Output {
  /** Error of a program that failed, or could not be started. */
  readonly error: ExecFileException | null;
  readonly out: string;
  readonly stderr: string;
}

function output(
  program: string,
  args: readonly string[],
  at: { readonly cwd: string; readonly env: Environment },
): Promise<Output> {
  const options = { ...at, timeout: PATIENCE, maxBuffer: MAX_OUTPUT, encoding: 'utf8' } as const;
  return new Promise((resolve) => {
    const child = execFile(program, args, options, (error, out, stderr) => {
      resolve({ error, out, stderr });
    });
    // The run itself reads a script from stdin.
    child.stdin?.end();
  });
}

/** Failure of a Nextflow that ended well, but gave no answer. */
const NO_ANSWER = phrase`it ended without an answer (the pipeline ends itself with exit, as for --help, or Nextflow is
  older than 23.10)`;

function howItEnded({ code, signal, killed }: ExecFileException): Phrase {
  if (killed === true)
    return phrase`it gave no answer within ${PATIENCE / 60_000} minutes, or too much output`;
  if (typeof code === 'number') return phrase`it ended with exit code ${code}`;
  return typeof signal === 'string'
    ? phrase`${signal} ended it`
    : phrase`it cannot be started (${code ?? 'unknown error'})`;
}

/** Largest part of an output that is shown. In characters, and in lines. */
const SHOWN_OUTPUT = 64 << 10;
const SHOWN_LINES = 40;

/** Makes the end of an output safe to show. Leaves out a line that is cut: its rest may begin within a value. */
function lastLines(output: string, values: readonly SecretValue[]): string[] {
  const cut = output.length > SHOWN_OUTPUT;
  const end = output.slice(-SHOWN_OUTPUT);
  const whole = cut ? end.slice(end.indexOf('\n') + 1) : end;
  const lines = masked(whole, values).split('\n');
  return lines
    .map((line) => printable(line).trimEnd())
    .filter((line) => line !== '')
    .slice(-SHOWN_LINES);
}
