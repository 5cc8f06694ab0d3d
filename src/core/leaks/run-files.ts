import { dirname, isAbsolute, join, resolve } from 'node:path';
import { optionValues } from '../nextflow/nextflow-command.ts';
import type { NextflowLog } from '../nextflow/nextflow-log.ts';
import { cacheDirectory } from '../nextflow/session-lock.ts';
import { lstat, readdir, realpath } from '../system/file-calls.ts';
import { systemErrorCode } from '../system/human-error.ts';
import { isLocal } from '../system/local-file-system.ts';
import type { World } from '../system/world.ts';
import type { Gap } from './gap.ts';
import type { FileToSearch } from './file-to-search.ts';
import { shownPath } from './shown-path.ts';
import { filesBelow, type Walk } from './walk.ts';

/** A Nextflow that ran. */
export interface EndedNextflow {
  /** Directory that it ran in. */
  readonly directory: string;
  readonly args: readonly string[];
  readonly env: World['env'];
  readonly log: NextflowLog;
  /** True if there must be a log: it was seen here, or is the pipeline that was launched. */
  readonly isCertain: boolean;
}

/** Files that Nextflow and its wrapper make in the directory of a task. */
const TASK_FILES = [
  '.command.sh',
  '.command.run',
  '.command.log',
  '.command.err',
  '.command.out',
  '.command.env',
  '.command.in',
  '.command.trace',
  '.command.stub',
  '.command.yml',
];
/** Files with reports about a run, in the directories where they are by default. */
const REPORT = /\.(html?|txt|tsv|dot|mmd|svg|json|ya?ml)$/;
/** End of the path of an earlier log. */
const ROTATED = /\.\d+$/;
/** Options of `nextflow run` that name a report. */
const REPORT_OPTIONS = ['-with-report', '-with-timeline', '-with-trace', '-with-dag', '-with-weblog'];
/** Options that name the directory of the results: one of Nextflow, and parameters of pipelines by habit. */
const RESULTS_OPTIONS = [
  '-output-dir',
  ...['outdir', 'out_dir', 'output', 'publish_dir'].map((name) => `--${name}`),
];

export interface RunFiles {
  readonly nextflows: readonly EndedNextflow[];
  /** Start of the run. In milliseconds. */
  readonly since: number;
  /** True for all that the run wrote: results and whole directories of tasks too. */
  readonly all: boolean;
  /** Absolute path of the log that the output of the run went into, if there is one. */
  readonly output: string | undefined;
  /** Called for what would have to be looked into, and is not listed. */
  readonly onGap: (gap: Gap) => void;
  /** Tells of a device and an inode whether they are left out: stores of runs. */
  readonly isOurs: (identity: string) => boolean;
  /** Ends the list. */
  readonly signal: AbortSignal;
}

/** The choices of a run, without its Nextflows. */
type OfRun = Omit<RunFiles, 'nextflows'>;

/** Lists the files that Nextflows wrote, those first that people send to each other. */
export async function* filesOfRun({ nextflows, ...run }: RunFiles): AsyncGenerator<FileToSearch> {
  const walk: Walk = { ...walkOf(run), enters: () => true };
  if (run.output !== undefined) yield { path: run.output, isGuess: true };
  for (const nextflow of nextflows) {
    const { log, args, directory, env, isCertain } = nextflow;
    if (isCertain && log.paths.length === 0) run.onGap({ code: 'no-log', subject: directory });
    if (log.unread !== undefined) run.onGap({ code: 'log-in-part', subject: log.unread });
    for (const path of log.paths) yield { path };
    for (const path of optionValues(args, ...REPORT_OPTIONS))
      if (!path.startsWith('-')) yield { path: resolve(directory, path), isGuess: true };
    for (const path of log.traces) yield { path, isGuess: true };
    yield* reportsIn(nextflow, run);
    const cache = cacheDirectory(env, { cwd: directory });
    for (const session of log.sessions) yield* filesBelow(join(cache, 'cache', session), walk);
    // It has the command lines, also of other runs.
    yield { path: join(cache, 'history'), isGuess: true };
    yield* filesBelow(join(directory, '.lineage'), { ...walk, since: run.since });
  }
  for (const { log } of nextflows) yield* filesOfTasks(log, run);
  if (run.all) for (const nextflow of nextflows) yield* allFiles(nextflow, run);
}

const walkOf = ({ onGap, isOurs, signal }: OfRun): Omit<Walk, 'enters'> => ({
  onUnread: (subject) => {
    onGap({ code: 'unreadable', subject });
  },
  isOurs,
  signal,
});

/** Directories that may have the results of a run. */
const resultsOf = ({ args, directory }: EndedNextflow): string[] =>
  [...optionValues(args, ...RESULTS_OPTIONS), 'results'].map((path) => resolve(directory, path));

/** Reports that a config may name. */
async function* reportsIn(nextflow: EndedNextflow, run: OfRun): AsyncGenerator<FileToSearch> {
  const { directory, log } = nextflow;
  const places = new Set([
    directory,
    ...log.traces.map(dirname),
    ...resultsOf(nextflow).map((path) => join(path, 'pipeline_info')),
    join(directory, 'pipeline_info'),
  ]);
  for (const place of places) {
    const walk: Walk = { ...walkOf(run), enters: () => false, since: run.since };
    for await (const file of filesBelow(place, walk)) if (REPORT.test(shownPath(file.path))) yield file;
  }
}

async function* filesOfTasks(log: NextflowLog, run: OfRun): AsyncGenerator<FileToSearch> {
  const remote = log.workDirectories.filter((path) => !isAbsolute(path));
  const hasTasks = log.submitted.length + log.ended.length > 0;
  if (hasTasks) for (const subject of remote) run.onGap({ code: 'remote-work', subject });
  for await (const task of taskDirectories(log, run)) {
    const onDisk = await isOnDisk(task);
    for (const name of TASK_FILES) yield { path: join(task, name), isLocal: onDisk };
    if (run.all) yield* filesBelow(task, { ...walkOf(run), enters: () => true });
  }
}

/** Directories of the tasks that were submitted: the log names those that ended, and the beginnings of all. */
async function* taskDirectories(log: NextflowLog, run: OfRun): AsyncGenerator<string> {
  const local = log.workDirectories.filter(isAbsolute);
  const isRemote = local.length < log.workDirectories.length;
  const known = new Set([...log.ended, ...log.tasks]);
  for (const task of known)
    // In a work directory elsewhere the log has the path without its scheme.
    if ((!isRemote || local.some((work) => task.startsWith(`${work}/`))) && (await isThere(task, run)))
      yield task;
  const ends = new Set(Array.from(known, beginningOf));
  const listed = new Map<string, readonly string[]>();
  for (const beginning of log.submitted) {
    if (ends.has(beginning)) continue;
    const [first = '', rest = ''] = beginning.split('/');
    let isFound = isRemote;
    for (const work of local) {
      const parent = join(work, first);
      const names = listed.get(parent) ?? (await namesIn(parent, run));
      listed.set(parent, names);
      for (const name of names) {
        if (!name.startsWith(rest)) continue;
        isFound = true;
        yield join(parent, name);
      }
    }
    if (!isFound) run.onGap({ code: 'task', subject: beginning });
  }
}

/** Tells whether a directory of a task is on a local file system. One that is a link may lead elsewhere. */
async function isOnDisk(task: string): Promise<boolean> {
  const status = await lstat(task).catch(() => undefined);
  return status?.isDirectory() === true && isLocal(BigInt(status.dev), task);
}

/** Tells whether a task's directory is there. One that was removed has no files, if its name is sure. */
async function isThere(task: string, { onGap }: OfRun): Promise<boolean> {
  try {
    await lstat(task);
  } catch (error) {
    const isGone = ['ENOENT', 'ENOTDIR'].includes(systemErrorCode(error) ?? '');
    // Nextflow writes what its character set does not have as a question mark.
    if (!isGone || /[?\ufffd]/.test(task)) onGap({ code: 'unreadable', subject: task });
    return false;
  }
  return true;
}

async function namesIn(directory: string, { onGap }: OfRun): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') onGap({ code: 'unreadable', subject: directory });
    return [];
  }
}

/** `57/0344ab` of the whole path of a task. */
const beginningOf = (directory: string): string => {
  const [hash = '', first = ''] = directory.split('/').reverse();
  return `${first}/${hash.slice(0, 6)}`;
};

/** All files of the directories that a run is started in, works in, and publishes to. */
async function* allFiles(nextflow: EndedNextflow, run: OfRun): AsyncGenerator<FileToSearch> {
  const { directory, log } = nextflow;
  const work = await Promise.all(log.workDirectories.filter(isAbsolute).map(realPathOf));
  // Directories of its tasks are looked through as a whole, and others are of other runs.
  const isOfTasks = (path: string, name: string): boolean =>
    /^[0-9a-f]{2}$/.test(name) && work.includes(dirname(path));
  const enters = (path: string, name: string): boolean =>
    !['.git', '.nextflow', 'node_modules'].includes(name) && !isOfTasks(path, name);
  const logs = log.paths.map((path) => path.replace(ROTATED, ''));
  for (const place of new Set([directory, ...resultsOf(nextflow), ...work]))
    for await (const file of filesBelow(place, { ...walkOf(run), enters, since: run.since })) {
      const path = shownPath(file.path);
      // Nextflow renames the logs of earlier runs. Those of this one are looked into as logs.
      if (!ROTATED.test(path) || !logs.includes(path.replace(ROTATED, ''))) yield file;
    }
}

const realPathOf = async (path: string): Promise<string> => realpath(path).catch(() => path);
