import { dirname, join, resolve } from 'node:path';
import { optionValues } from '../nextflow/nextflow-command.ts';
import type { NextflowLog } from '../nextflow/nextflow-log.ts';
import { cacheDirectory } from '../nextflow/session-lock.ts';
import { readdir } from '../system/file-calls.ts';
import { systemErrorCode } from '../system/human-error.ts';
import type { World } from '../system/world.ts';
import type { FileToSearch } from './look.ts';
import { filesBelow, type Walk } from './walk.ts';

/** A Nextflow that ran. */
export interface EndedNextflow {
  /** Directory that it ran in. */
  readonly directory: string;
  readonly args: readonly string[];
  readonly env: World['env'];
  readonly log: NextflowLog;
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
  readonly onUnread: (path: string) => void;
  /** Ends the list. */
  readonly signal: AbortSignal;
}

/** Lists the files that Nextflows wrote, those first that people send to each other. */
export async function* filesOfRun({ nextflows, ...run }: RunFiles): AsyncGenerator<FileToSearch> {
  for (const nextflow of nextflows) {
    const { log, args, directory, env } = nextflow;
    for (const path of log.paths) yield { path };
    for (const path of optionValues(args, ...REPORT_OPTIONS))
      if (!path.startsWith('-')) yield { path: resolve(directory, path), isGuess: true };
    for (const path of log.traces) yield { path, isGuess: true };
    yield* reportsIn(nextflow, run);
    for (const session of log.sessions) {
      const cache = join(cacheDirectory(env, { cwd: directory }), 'cache', session);
      yield* filesBelow(cache, { enters: () => true, onUnread: run.onUnread, signal: run.signal });
    }
  }
  for (const nextflow of nextflows) yield* filesOfTasks(nextflow, run);
  if (run.all) for (const nextflow of nextflows) yield* allFiles(nextflow, run);
}

/** Directories that may have the results of a run. */
const resultsOf = ({ args, directory }: EndedNextflow): string[] =>
  [...optionValues(args, ...RESULTS_OPTIONS), 'results'].map((path) => resolve(directory, path));

/** Reports that a config may name. */
async function* reportsIn(
  nextflow: EndedNextflow,
  { since, onUnread, signal }: Omit<RunFiles, 'nextflows'>,
): AsyncGenerator<FileToSearch> {
  const { directory, log } = nextflow;
  const places = new Set([
    directory,
    ...log.traces.map(dirname),
    ...resultsOf(nextflow).map((path) => join(path, 'pipeline_info')),
    join(directory, 'pipeline_info'),
  ]);
  for (const place of places) {
    const walk: Walk = { enters: () => false, since, onUnread, signal };
    for await (const file of filesBelow(place, walk)) if (REPORT.test(file.path)) yield file;
  }
}

async function* filesOfTasks(
  nextflow: EndedNextflow,
  { all, onUnread, signal }: Omit<RunFiles, 'nextflows'>,
): AsyncGenerator<FileToSearch> {
  for await (const task of taskDirectories(nextflow.log, onUnread)) {
    for (const name of TASK_FILES) yield { path: join(task, name) };
    if (all) yield* filesBelow(task, { enters: () => true, onUnread, signal });
  }
}

/** Directories of the tasks that were submitted: the log names those that ended, and the beginnings of all. */
async function* taskDirectories(log: NextflowLog, onUnread: RunFiles['onUnread']): AsyncGenerator<string> {
  const known = new Set([...log.ended, ...log.tasks]);
  yield* known;
  const ends = new Set(Array.from(known, beginningOf));
  const listed = new Map<string, readonly string[]>();
  for (const beginning of log.submitted) {
    if (ends.has(beginning)) continue;
    const [first = '', rest = ''] = beginning.split('/');
    for (const work of log.workDirectories) {
      const parent = join(work, first);
      const names = listed.get(parent) ?? (await namesIn(parent, onUnread));
      listed.set(parent, names);
      for (const name of names) if (name.startsWith(rest)) yield join(parent, name);
    }
  }
}

async function namesIn(directory: string, onUnread: RunFiles['onUnread']): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') onUnread(directory);
    return [];
  }
}

/** `57/0344ab` of the whole path of a task. */
const beginningOf = (directory: string): string => {
  const [hash = '', first = ''] = directory.split('/').reverse();
  return `${first}/${hash.slice(0, 6)}`;
};

/** All files of the directories that a run is started in and publishes to. */
async function* allFiles(
  nextflow: EndedNextflow,
  { since, onUnread, signal }: Omit<RunFiles, 'nextflows'>,
): AsyncGenerator<FileToSearch> {
  const { directory, log } = nextflow;
  // Those of its tasks are looked through as a whole, and others are of other runs.
  const left = new Set(log.workDirectories);
  const enters = (path: string, name: string): boolean =>
    !left.has(path) && !['.git', '.nextflow', 'node_modules'].includes(name);
  for (const place of new Set([directory, ...resultsOf(nextflow)]))
    yield* filesBelow(place, { enters, since, onUnread, signal });
}
