import { basename, dirname, join, resolve } from 'node:path';
import { readdir } from '../system/file-calls.ts';
import { statIfThere } from '../system/durable-file.ts';
import { linesOf } from '../system/open-file.ts';
import type { World } from '../system/world.ts';
import { optionValue } from './nextflow-command.ts';

/** Facts from Nextflow's logs about its tasks and its files. The same in 22.10, 24.10 and 25.04. */
export interface NextflowLog {
  /** Directories of the tasks that it gave to a scheduler; for a job array those of its children too. */
  readonly tasks: readonly string[];
  /** Directories of all tasks that ended. */
  readonly ended: readonly string[];
  /** Tasks that it submitted, as `57/0344ab`: the beginning of their directory in the work directory. */
  readonly submitted: readonly string[];
  readonly workDirectories: readonly string[];
  /** Ids of the sessions. */
  readonly sessions: readonly string[];
  /** Files that it wrote a trace into. */
  readonly traces: readonly string[];
  /** Paths of the logs. */
  readonly paths: readonly string[];
  /** True if Nextflow wanted to cancel jobs and the scheduler did not do it. */
  readonly cancellationFailed: boolean;
  /** Path of a log that exists and cannot be read to its end, so that its facts are not known. */
  readonly unread?: string;
}

/** Largest size of one log, in bytes. The log of a run of a million tasks has half of it. */
const MAX_LOG_BYTES = 1 << 30;

/**
 * Reads the logs of the Nextflows that ran here since a run started: the run's own, and perhaps those of others in the
 * same directory. A later Nextflow moves the log of an earlier one to `.nextflow.log.1`.
 *
 * @param since - time by the clock of the file system that the logs are on. In milliseconds.
 */
export async function readNextflowLogs(
  args: readonly string[],
  since: number,
  { env, cwd }: Pick<World, 'env' | 'cwd'>,
): Promise<NextflowLog> {
  const usual = resolve(cwd, optionValue(args, '-log') ?? (env['NXF_LOG_FILE'] || '.nextflow.log'));
  const names = await readdir(dirname(usual)).catch(() => []);
  const facts = new LogFacts();
  const paths: string[] = [];
  let unread: string | undefined;
  for (const name of names.filter((one) => one.startsWith(basename(usual)))) {
    const path = join(dirname(usual), name);
    const status = await statIfThere(path).catch(() => undefined);
    if (status === undefined || status.mtimeMs < since) continue;
    paths.push(path);
    if (status.size > MAX_LOG_BYTES) unread ??= path;
    try {
      for await (const line of linesOf(path, { limit: MAX_LOG_BYTES })) facts.add(line);
    } catch {
      unread ??= path;
    }
  }
  return { ...facts.all, paths, ...(unread !== undefined && { unread }) };
}

class LogFacts {
  readonly #tasks = new Set<string>();
  readonly #ended = new Set<string>();
  readonly #submitted = new Set<string>();
  readonly #workDirectories = new Set<string>();
  readonly #sessions = new Set<string>();
  readonly #traces = new Set<string>();
  #cancellationFailed = false;

  add(line: string): void {
    if (line.includes('Unable to kill pending jobs')) this.#cancellationFailed = true;
    this.#addTask(line);
    const submitted = SUBMITTED.exec(line)?.[1];
    if (submitted !== undefined) this.#submitted.add(submitted);
    const session = after(line, ' nextflow.Session - Session UUID: ');
    if (session !== undefined && UUID.test(session)) this.#sessions.add(session);
    // After it stands the kind of its file system: ` [ext2/ext3]`.
    const directory = after(line, ' nextflow.Session - Work-dir: ');
    if (directory !== undefined) this.#workDirectories.add(directory.replace(/ \[[^[\]]*\]$/, ''));
    const trace = after(line, 'TraceFileObserver - Workflow started -- trace file: ');
    if (trace !== undefined) this.#traces.add(trace);
  }

  #addTask(line: string): void {
    const hasEnded = line.includes(ENDED);
    const isJob = follows(line, ' submitted process ', ' > jobId: ') || line.includes(`${ENDED}jobId: `);
    if (!hasEnded && !isJob) return;
    const start = line.indexOf(DIRECTORY);
    if (start < 0) return;
    const [directory = ''] = line.slice(start + DIRECTORY.length - 1).split(' started: ', 1);
    if (isJob) this.#tasks.add(directory);
    if (hasEnded) this.#ended.add(directory.replace(/\]$/, ''));
  }

  get all(): Omit<NextflowLog, 'paths' | 'unread'> {
    return {
      ...{ tasks: [...this.#tasks], ended: [...this.#ended], submitted: [...this.#submitted] },
      ...{ workDirectories: [...this.#workDirectories], sessions: [...this.#sessions] },
      ...{ traces: [...this.#traces], cancellationFailed: this.#cancellationFailed },
    };
  }
}

const ENDED = 'Task completed > TaskHandler[';
const DIRECTORY = '; workDir: /';
const SUBMITTED = / nextflow\.Session - \[([0-9a-f]{2}\/[0-9a-f]{6})\] Submitted process > /;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The text of a line that follows another one. */
function after(line: string, text: string): string | undefined {
  const start = line.indexOf(text);
  return start < 0 ? undefined : line.slice(start + text.length);
}

/** Tells whether a line has one text after another. No regular expression: a log may be made to be slow to match. */
function follows(line: string, first: string, second: string): boolean {
  const start = line.indexOf(first);
  return start >= 0 && line.includes(second, start + first.length - 1);
}
