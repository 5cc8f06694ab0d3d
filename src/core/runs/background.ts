import { basename, join } from 'node:path';
import { readdir, stat, unlink } from '../system/file-calls.ts';
import { readFileIfThere, writePrivateFile } from '../system/durable-file.ts';
import { ExitCode, HumanError } from '../system/human-error.ts';
import { didYouMean } from '../system/near-miss.ts';
import { logDirectory } from '../system/paths.ts';
import { printable } from '../system/printable.ts';
import {
  isProcessIdentity,
  ownProcess,
  type ProcessIdentity,
  processState,
} from '../system/process-identity.ts';
import { isRecord } from '../system/state-file.ts';
import { ensureHomeDirectory } from '../system/tool-home.ts';
import { timestamp, type World } from '../system/world.ts';
import { isRunId, type RunId } from '../system/run-id.ts';
import { readLease } from './ledger.ts';
import { findRun } from './sweep.ts';
import { phrase } from '../system/phrase.ts';

/** The record of a run in the background. It is kept beside the log, long after the lease is released. */
export interface BackgroundRun {
  readonly runId: RunId;
  readonly pipeline: string;
  /** ISO 8601 in UTC. */
  readonly started: string;
  readonly launcher: ProcessIdentity;
  /** Null while it runs, and for ever if its launcher was killed. */
  readonly ended: string | null;
  readonly exitCode: number | null;
}

/** Records and logs of runs that ended are kept as long as this after their last line. In milliseconds. */
const KEPT = 30 * 24 * 3_600_000;
const SUFFIX = '.json';
const LOG_SUFFIX = '.log';
const MAX_BYTES = 1 << 16;

/** Path of the run's log, with the output of Nextflow and ours. */
export const logPath = (runId: RunId, world: World): string =>
  join(logDirectory(world), `${runId}${LOG_SUFFIX}`);
const recordPath = (runId: RunId, world: World): string => join(logDirectory(world), `${runId}${SUFFIX}`);

/** Records a run in the background, of which we are the launcher. */
export async function recordStart(runId: RunId, pipeline: string, world: World): Promise<void> {
  const launcher = ownProcess(world.platform);
  const started = timestamp(world.now());
  await write({ runId, pipeline, started, launcher, ended: null, exitCode: null }, world);
}

/** Records how it ended. */
export async function recordEnd(runId: RunId, exitCode: number, world: World): Promise<void> {
  const run = await readBackgroundRun(runId, world);
  if (run !== undefined) await write({ ...run, ended: timestamp(world.now()), exitCode }, world);
}

async function write(run: BackgroundRun, world: World): Promise<void> {
  const text = `${JSON.stringify(run, undefined, 1)}\n`;
  await ensureHomeDirectory(logDirectory(world), world);
  await writePrivateFile(recordPath(run.runId, world), Buffer.from(text));
}

/** Forgets a run that did not start after all. */
export async function forgetBackgroundRun(runId: RunId, world: World): Promise<void> {
  for (const path of [recordPath(runId, world), logPath(runId, world)]) {
    await unlink(path).catch(() => undefined);
  }
}

/** Reads the record of a run in the background; undefined if there was none of this id. */
async function readBackgroundRun(runId: RunId, world: World): Promise<BackgroundRun | undefined> {
  const bytes = await readFileIfThere(recordPath(runId, world), MAX_BYTES).catch(() => undefined);
  if (bytes === undefined) return undefined;
  try {
    const parsed: unknown = JSON.parse(bytes.toString('utf8'));
    return isBackgroundRun(parsed) && parsed.runId === runId ? parsed : undefined;
  } catch {
    return undefined;
  }
}

/** All runs in the background that are still known, the latest first. */
export async function backgroundRuns(world: World): Promise<BackgroundRun[]> {
  const ids = await idsOf(SUFFIX, world);
  const runs = await Promise.all(ids.map((runId) => readBackgroundRun(runId, world)));
  return runs
    .filter((run) => run !== undefined)
    .sort((a, b) => (a.started < b.started ? 1 : a.started > b.started ? -1 : a.runId < b.runId ? -1 : 1));
}

/** @throws HumanError 64 if no run in the background is known by this id. */
export async function namedBackgroundRun(runId: RunId, world: World): Promise<BackgroundRun> {
  const run = isRunId(runId) ? await readBackgroundRun(runId, world) : undefined;
  if (run !== undefined) return run;
  const known = (await backgroundRuns(world)).map(({ runId: id }) => id);
  const foreground = isRunId(runId) && (await readLease(runId, world)) !== undefined;
  throw new HumanError(
    ExitCode.usage,
    foreground
      ? phrase`Run ${runId} was not launched in the background: its output and its exit code go to its own
        terminal.`
      : phrase`No run ${printable(runId)} in the background is known.${didYouMean(runId, known)}`,
    known.length === 0 ? { do: 'launch-in-background' } : { do: 'list-logs' },
  );
}

/** Tells whether the run has ended: by its record, or because neither launcher nor Nextflow lives. */
export async function hasEnded({ runId, ended, launcher }: BackgroundRun, world: World): Promise<boolean> {
  if (ended !== null) return true;
  if (processState(launcher, world.platform) === 'running') return false;
  const run = await findRun(runId, world);
  return run === undefined || run.state === 'over';
}

/** Removes the logs of runs that ended long ago, or never began. */
export async function removeOldLogs(world: World): Promise<void> {
  for (const runId of await idsOf(LOG_SUFFIX, world)) {
    const status = await stat(logPath(runId, world)).catch(() => undefined);
    const old = status === undefined || world.now().getTime() - status.mtimeMs > KEPT;
    if (old && (await readLease(runId, world)) === undefined) await forgetBackgroundRun(runId, world);
  }
}

async function idsOf(suffix: string, world: World): Promise<RunId[]> {
  const names = await readdir(logDirectory(world)).catch(() => []);
  return names
    .filter((name) => name.endsWith(suffix))
    .map((name) => basename(name, suffix))
    .filter(isRunId);
}

const isBackgroundRun = (value: unknown): value is BackgroundRun =>
  isRecord(value) &&
  typeof value['runId'] === 'string' &&
  typeof value['pipeline'] === 'string' &&
  typeof value['started'] === 'string' &&
  isProcessIdentity(value['launcher']) &&
  (value['ended'] === null || typeof value['ended'] === 'string') &&
  (value['exitCode'] === null || typeof value['exitCode'] === 'number');
