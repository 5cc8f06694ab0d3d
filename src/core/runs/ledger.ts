import { constants } from 'node:fs';
import { basename, join } from 'node:path';
import {
  lstatIfThere,
  readOwnFileIfThere,
  unfinishedWriter,
  writePrivateFile,
} from '../system/durable-file.ts';
import { chmod, open, readdir, unlink } from '../system/file-calls.ts';
import { systemErrorCode, systemReason } from '../system/human-error.ts';
import { LEDGER_SUFFIX, ledgerDirectory, ledgerPath } from '../system/paths.ts';
import { openRegularFile } from '../system/open-file.ts';
import { isProcessIdentity, ownProcess, processTag, taggedProcessState } from '../system/process-identity.ts';
import { isRunId, newRunId, type RunId } from '../system/run-id.ts';
import { isRecord } from '../system/state-file.ts';
import { assertOwnEntry, ensureHomeDirectory } from '../system/tool-home.ts';
import type { World } from '../system/world.ts';
import { leftover, type Leftover, type LedgerEntry } from '../targets/lease-entry.ts';
import type { LeaseItem } from '../targets/lease-item.ts';
import { isSlurmAccess } from '../targets/local/items.ts';
import type { Releasable } from '../targets/target.ts';
import {
  describeItem,
  isLeaseItem,
  SERVICES,
  TARGET_IDS,
  targetFields,
  TARGETS,
} from '../targets/targets.ts';

const MAX_BYTES = 1 << 20;

/** Writes the entry through to the disk, before anything is made that it names. */
export async function recordLease(entry: LedgerEntry, world: World): Promise<void> {
  await writeEntry(entry, true, world);
}

/**
 * Adds the processes of a run to its entry. They end in a power failure, so that nobody has to wait until they are on
 * the disk. Some file systems have neither the new entry nor the earlier one then: see {@link syncEntry}.
 */
export async function recordProcesses(entry: LedgerEntry, world: World): Promise<void> {
  await writeEntry(entry, false, world);
}

async function writeEntry(entry: LedgerEntry, durable: boolean, world: World): Promise<void> {
  await ensureHomeDirectory(ledgerDirectory(world), world);
  const text = `${JSON.stringify(entry, undefined, 1)}\n`;
  const writer = processTag(ownProcess(world.platform));
  await writePrivateFile(ledgerPath(entry.runId, world), Buffer.from(text), { writer, durable });
}

/** Writes the entry of a run through to the disk as it is. Never throws. */
export async function syncEntry(runId: RunId, world: World): Promise<void> {
  const { O_RDONLY, O_NONBLOCK, O_NOFOLLOW } = constants;
  const handle = await open(ledgerPath(runId, world), O_RDONLY | O_NONBLOCK | O_NOFOLLOW).catch(
    () => undefined,
  );
  await handle?.sync().catch(() => undefined);
  await handle?.close().catch(() => undefined);
}

/** Problem of an entry's file. It is known that there is a run, and maybe what it has in services. */
export interface Unreadable extends Omit<Releasable, 'runId'> {
  readonly problem: 'damaged' | 'newer' | 'not readable';
}

/** Reads the entry of a run; undefined if there is none of this id. */
export async function readLease(runId: RunId, world: World): Promise<LedgerEntry | Unreadable | undefined> {
  // The id may be any text that a person typed, and becomes a part of a path.
  if (!isRunId(runId)) return undefined;
  let bytes;
  try {
    await assertOwnEntry(ledgerPath(runId, world), world);
    bytes = await readOwnFileIfThere(ledgerPath(runId, world), MAX_BYTES);
  } catch {
    return { problem: 'not readable', items: [] };
  }
  if (bytes === undefined) return undefined;
  try {
    const parsed: unknown = JSON.parse(bytes.toString('utf8'));
    if (isEntry(parsed, runId)) return parsed;
    if (isRecord(parsed) && Number(parsed['format']) > 1) return { problem: 'newer', items: [] };
    return { problem: 'damaged', ...inServices(parsed, runId) };
  } catch {
    return { problem: 'damaged', items: [] };
  }
}

/** The items in services that a damaged entry still names. Paths of this machine are not taken from such an entry. */
function inServices(value: unknown, runId: RunId): Omit<Releasable, 'runId'> {
  if (!isRecord(value) || value['runId'] !== runId || !Array.isArray(value['items'])) return { items: [] };
  const items = value['items'].filter(
    (item: unknown): item is LeaseItem =>
      isLeaseItem(item, runId) && SERVICES.some(({ kinds }) => kinds.includes(item.kind)),
  );
  return { items, ...targetFields(value) };
}

/** All entries of the ledger that can be understood. */
export async function recordedEntries(world: World): Promise<LedgerEntry[]> {
  const entries: LedgerEntry[] = [];
  for (const runId of await recordedRuns(world)) {
    const lease = await readLease(runId, world);
    if (lease !== undefined && !('problem' in lease)) entries.push(lease);
  }
  return entries;
}

/** The ids of all runs in the ledger, sorted. */
export async function recordedRuns(world: World): Promise<RunId[]> {
  const names = await namesInLedger(world);
  return names
    .filter((name) => name.endsWith(LEDGER_SUFFIX))
    .map((name) => basename(name, LEDGER_SUFFIX))
    .filter(isRunId)
    .sort();
}

/** Removes the unfinished entries of writers of this machine that are gone, and the remains of {@link silence}. */
export async function removeUnfinishedEntries(world: World): Promise<void> {
  for (const name of await namesInLedger(world)) {
    const writer = unfinishedWriter(name) ?? probeOwner(name);
    if (writer === undefined || taggedProcessState(writer, world.platform) !== 'gone') continue;
    await unlink(join(ledgerDirectory(world), name)).catch(() => undefined);
  }
}

const probeName = (tag: string): string => `${tag}.${newRunId()}.probe`;
const probeOwner = (name: string): string | undefined => /^([^.]*)\.[a-z0-9]{12}\.probe$/.exec(name)?.[1];

async function namesInLedger(world: World): Promise<string[]> {
  return readdir(ledgerDirectory(world)).catch(() => []);
}

/**
 * Renews the heartbeat of a run, which other machines see: the entry's mtime by the file server's own clock. The first
 * byte is written over itself, because a new file could bring back an entry that was just struck.
 */
export async function touchLease(runId: RunId, world: World): Promise<void> {
  const { O_RDWR, O_NONBLOCK, O_NOFOLLOW } = constants;
  const handle = await open(ledgerPath(runId, world), O_RDWR | O_NONBLOCK | O_NOFOLLOW);
  try {
    await handle.write('{', 0);
  } finally {
    await handle.close();
  }
}

/** Time between two calls of {@link touchLease} for a run that goes on. In milliseconds. */
export const HEARTBEAT = 60_000;

/**
 * Returns the time since the last heartbeat of a run, in milliseconds, by the clock of the ledger's own file system:
 * the mtime of a file that is made just now against the entry's.
 */
export async function silence(runId: RunId, world: World): Promise<number> {
  const path = ledgerPath(runId, world);
  const probe = join(ledgerDirectory(world), probeName(processTag(ownProcess(world.platform))));
  const entry = await openRegularFile(path, { followLinks: false });
  try {
    const { mtimeMs } = await entry.stat();
    try {
      const handle = await open(probe, 'wx', 0o600);
      try {
        return (await handle.stat()).mtimeMs - mtimeMs;
      } finally {
        await handle.close();
        await unlink(probe);
      }
    } catch {
      // Nothing can be written there: our own clock is used.
      return world.now().getTime() - mtimeMs;
    }
  } finally {
    await entry.close();
  }
}

/**
 * Marks the entry of a run when the removal of its items begins: an item that is missing from then on was not moved
 * away. The mark is the mode of the file, which costs less than a new file.
 */
export async function markReleasing(runId: RunId, world: World): Promise<void> {
  await chmod(ledgerPath(runId, world), RELEASING).catch(() => undefined);
}

/** Tells whether somebody has begun to remove what the entry of a run names. */
export async function isReleasing(runId: RunId, world: World): Promise<boolean> {
  const status = await lstatIfThere(ledgerPath(runId, world));
  return status === undefined || (status.mode & 0o777) === RELEASING;
}

/** Removes from the entry of a run the items that are released already, so that the next release goes on from there. */
export async function forgetItems(runId: RunId, gone: readonly LeaseItem[], world: World): Promise<void> {
  const entry = await readLease(runId, world);
  if (entry === undefined || 'problem' in entry) return;
  const labels = new Set(gone.map((item) => describeItem(item, entry).label));
  const items = entry.items.filter((item) => !labels.has(describeItem(item, entry).label));
  // A failure here does no harm: the next release looks for these items once more.
  await recordLease({ ...entry, items }, world).catch(() => undefined);
  await markReleasing(runId, world);
}

/** Mode of an entry with that mark. */
const RELEASING = 0o400;

/**
 * Removes the entry of a run of which nothing is left. If a power failure brings it back, there is nothing to release.
 */
export async function strikeLease(runId: RunId, world: World): Promise<Leftover[]> {
  const path = ledgerPath(runId, world);
  try {
    await unlink(path);
    return [];
  } catch (error) {
    return systemErrorCode(error) === 'ENOENT' ? [] : [leftover(path, systemReason(error))];
  }
}

function isEntry(value: unknown, runId: RunId): value is LedgerEntry {
  return (
    isRecord(value) &&
    value['format'] === 1 &&
    value['runId'] === runId &&
    TARGET_IDS.some((id) => id === value['target']) &&
    typeof value['pipeline'] === 'string' &&
    typeof value['started'] === 'string' &&
    typeof value['keep'] === 'boolean' &&
    isProcessIdentity(value['launcher']) &&
    (value['child'] === null || isProcessIdentity(value['child'])) &&
    (value['slurmJob'] === null || typeof value['slurmJob'] === 'string') &&
    (value['slurm'] === null || isSlurmAccess(value['slurm'])) &&
    (value['schedulers'] === undefined || isTexts(value['schedulers'])) &&
    ['undefined', 'boolean'].includes(typeof value['anyProcess']) &&
    ['undefined', 'string'].includes(typeof value['submits']) &&
    ['undefined', 'string'].includes(typeof value['moved']) &&
    TARGETS.every((target) => target.isSound?.(value) !== false) &&
    Array.isArray(value['items']) &&
    value['items'].every((item) => isLeaseItem(item, runId))
  );
}

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((one) => typeof one === 'string');
