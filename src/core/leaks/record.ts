import { basename, join } from 'node:path';
import { readOwnFileIfThere, writePrivateFile } from '../system/durable-file.ts';
import { lstat, readdir, unlink } from '../system/file-calls.ts';
import { toolHome } from '../system/paths.ts';
import { systemErrorCode } from '../system/human-error.ts';
import { isRunId } from '../system/run-id.ts';
import { isRecord } from '../system/state-file.ts';
import { ensureHomeDirectory } from '../system/tool-home.ts';
import { timestamp, type World } from '../system/world.ts';
import type { Form } from './form.ts';
import type { Gap } from './gap.ts';
import type { Leak } from './look.ts';

/** What was found of one run, and what was not looked at. It has names and paths, and no value. */
export interface LeakRecord {
  readonly runId: string;
  readonly pipeline: string;
  /** Directory that the run was started in. */
  readonly directory: string;
  /** ISO 8601 in UTC. */
  readonly looked: string;
  readonly leaks: readonly RecordedLeak[];
  readonly causes: readonly RecordedCause[];
  /** True if all was looked at that should be: nothing is in the next list. */
  readonly complete: boolean;
  /** Files, tasks and secrets that were not looked at or for: nobody knows whether there are more leaks. */
  readonly notLookedAt: readonly Gap[];
}

/** A value in a file. */
export interface RecordedLeak {
  readonly name: string;
  /** Absolute path. */
  readonly file: string;
  readonly line: number | null;
  readonly form: Form['kind'];
  readonly count: number;
}

/** Code that writes a value into files. */
export interface RecordedCause {
  readonly name: string;
  readonly file: string;
  readonly line: number;
  /** Code of the diagnostic. */
  readonly code: string;
}

/** Records are kept as long as this. In milliseconds. */
const KEPT = 30 * 24 * 3_600_000;
const SUFFIX = '.json';
const MAX_BYTES = 8 << 20;

/** Directory of the records, a file for each run in which something was found or could not be looked at. */
export const leaksDirectory = (world: World): string => join(toolHome(world), 'leaks');

const recordPath = (runId: string, world: World): string => join(leaksDirectory(world), `${runId}${SUFFIX}`);

/** The leaks of a look as a record and `--json` have them. */
export const recorded = (leaks: readonly Leak[]): RecordedLeak[] =>
  leaks.map(({ name, path, line, form, count }) => ({ name, file: path, line, form: form.kind, count }));

/** Writes the record of a run, and removes old ones. A failure is nobody's business: the leaks were reported. */
export async function recordLeaks(record: Omit<LeakRecord, 'looked'>, world: World): Promise<void> {
  if (!isRunId(record.runId)) return;
  try {
    const directory = leaksDirectory(world);
    await ensureHomeDirectory(directory, world);
    await removeOld(directory, world);
    const text = `${JSON.stringify({ ...record, looked: timestamp(world.now()) }, undefined, 1)}\n`;
    await writePrivateFile(recordPath(record.runId, world), Buffer.from(text), { durable: false });
  } catch {
    // The run and its exit code do not depend on it.
  }
}

/** Reads the record of a run; undefined if there is none, or none that can be read. */
export async function readLeaks(runId: string, world: World): Promise<LeakRecord | undefined> {
  if (!isRunId(runId)) return undefined;
  try {
    const bytes = await readOwnFileIfThere(recordPath(runId, world), MAX_BYTES);
    const parsed: unknown = bytes === undefined ? undefined : JSON.parse(bytes.toString('utf8'));
    if (!isLeakRecord(parsed) || parsed.runId !== runId) return undefined;
    // Earlier versions did not list them.
    const listed: unknown = (parsed as Partial<LeakRecord>).notLookedAt;
    return { ...parsed, notLookedAt: Array.isArray(listed) ? listed.filter(isGap) : [] };
  } catch {
    return undefined;
  }
}

/** Most records that are read. */
const MOST_RECORDS = 500;

/** Reads the records of all runs, the latest first. */
export async function allLeaks(world: World): Promise<LeakRecord[]> {
  const names = await readdir(leaksDirectory(world)).catch(() => []);
  const ids = names.filter((name) => name.endsWith(SUFFIX)).map((name) => basename(name, SUFFIX));
  const records: LeakRecord[] = [];
  for (const id of ids.slice(0, MOST_RECORDS)) {
    const record = await readLeaks(id, world);
    if (record !== undefined) records.push(record);
  }
  return records.sort((a, b) => (a.looked < b.looked ? 1 : -1));
}

/** Removes the record of a run. It may be gone already. @throws the system's error. */
export async function forgetLeaks(runId: string, world: World): Promise<void> {
  if (!isRunId(runId)) return;
  await unlink(recordPath(runId, world)).catch((error: unknown) => {
    if (systemErrorCode(error) !== 'ENOENT') throw error;
  });
}

async function removeOld(directory: string, world: World): Promise<void> {
  for (const name of await readdir(directory)) {
    if (!name.endsWith(SUFFIX) || !isRunId(basename(name, SUFFIX))) continue;
    const status = await lstat(join(directory, name)).catch(() => undefined);
    if (status !== undefined && world.now().getTime() - status.mtimeMs > KEPT)
      await unlink(join(directory, name)).catch(() => undefined);
  }
}

const isLeakRecord = (value: unknown): value is Omit<LeakRecord, 'notLookedAt'> =>
  isRecord(value) &&
  typeof value['runId'] === 'string' &&
  typeof value['pipeline'] === 'string' &&
  typeof value['directory'] === 'string' &&
  typeof value['looked'] === 'string' &&
  typeof value['complete'] === 'boolean' &&
  Array.isArray(value['leaks']) &&
  value['leaks'].every(isRecordedLeak) &&
  Array.isArray(value['causes']);

const isRecordedLeak = (value: unknown): value is RecordedLeak =>
  isRecord(value) &&
  typeof value['name'] === 'string' &&
  typeof value['file'] === 'string' &&
  (value['line'] === null || typeof value['line'] === 'number') &&
  typeof value['form'] === 'string' &&
  typeof value['count'] === 'number';

const isGap = (value: unknown): value is Gap =>
  isRecord(value) &&
  typeof value['code'] === 'string' &&
  (value['subject'] === null || typeof value['subject'] === 'string');
