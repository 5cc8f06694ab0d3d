import { randomInt } from 'node:crypto';
import { constants } from 'node:fs';
// eslint-disable-next-line no-restricted-imports -- makes and renews what is ours
import { chmod, open, readdir, unlink } from 'node:fs/promises';
import { basename, isAbsolute, join } from 'node:path';
import {
  lstatIfThere,
  readFileIfThere,
  syncDirectory,
  unfinishedWriter,
  writePrivateFile,
} from '../system/durable-file.ts';
import { systemErrorCode } from '../system/human-error.ts';
import { ledgerDirectory } from '../system/paths.ts';
import { shellWord } from '../system/printable.ts';
import { openRegularFile } from '../system/open-file.ts';
import {
  isProcessIdentity,
  ownProcess,
  type ProcessIdentity,
  processTag,
  taggedProcessState,
} from '../system/process-identity.ts';
import { isRecord } from '../system/state-file.ts';
import { assertOwnEntry, ensureHomeDirectory } from '../system/tool-home.ts';
import type { World } from '../system/world.ts';

/** Twelve of `[a-z0-9]`: 62 bits. */
export type RunId = string;

export function newRunId(): RunId {
  const alphabet = 'abcdefghijklmnopqrstuvwxyz0123456789';
  return Array.from({ length: 12 }, () => alphabet[randomInt(alphabet.length)]).join('');
}

export const isRunId = (text: string): boolean => /^[a-z0-9]{12}$/.test(text);

/** The directory `<run root>/<runId>`. */
export interface PrivateStore {
  readonly kind: 'private-store';
  readonly path: string;
  /** Inode of the directory, from when the run started; it tells that there was one. */
  readonly ino?: number | undefined;
}

/** A secret of the run in AWS Secrets Manager. */
export interface AwsSecret {
  readonly kind: 'aws-secret';
  readonly name: string;
}

/** A job definition of the run in AWS Batch. */
export interface AwsJobDefinition {
  readonly kind: 'aws-job-definition';
  readonly name: string;
  /** Null as long as it is not known whether, and as what, it was registered. */
  readonly revision: number | null;
  /** The job queues that jobs with it may wait in. */
  readonly queues: readonly string[];
  /** Whose it is, for people: fully qualified names of processes, and their container image. */
  readonly processes?: readonly string[];
  readonly image?: string;
}

/** Something that was provisioned for a run and has to be removed. */
export type LeaseItem = PrivateStore | AwsSecret | AwsJobDefinition;

/** Where in AWS the items of a lease are, and how they were reached. */
export interface AwsPlace {
  /** `aws`, `aws-cn`, `aws-us-gov`, … */
  readonly partition: string;
  readonly account: string;
  readonly region: string;
  /** `aws.profile` of the pipeline's config; null if it has none. */
  readonly profile: string | null;
}

/** Where a run's secrets go: this machine and what shares its file system, or AWS (and, mixed, both). */
export type Target = 'local' | 'aws-batch';

/** How to reach a Slurm. Not by which program: that is looked up on the PATH whenever it is asked. */
export interface SlurmAccess {
  /** `SLURM_CONF`, if it was set. */
  readonly conf: string | null;
  /** `SLURM_CLUSTERS`, if it was set: where sbatch sends jobs instead. */
  readonly clusters?: string | null;
}

/**
 * What is on disk about a run from before anything is created for it until all of that is gone. It has all that
 * another process needs to release the lease, and no value.
 */
export interface LedgerEntry {
  readonly format: 1;
  readonly runId: RunId;
  readonly pipeline: string;
  readonly target: Target;
  /** ISO 8601 in UTC. */
  readonly started: string;
  readonly launcher: ProcessIdentity;
  /** Nextflow, or the command of `exec`; null until it has started. */
  readonly child: ProcessIdentity | null;
  /** The Slurm job that the launcher runs in, whose end kills every process of it; else null. */
  readonly slurmJob: string | null;
  /** The Slurm that the launcher saw. Null if there was none. */
  readonly slurm: SlurmAccess | null;
  /** Other schedulers that may get jobs of the run, by Nextflow's names: they cannot be asked. Absent: none. */
  readonly schedulers?: readonly string[];
  /** Of `exec`: any process that its command leaves may start a Nextflow later. Absent: of `launch`. */
  readonly anyProcess?: boolean;
  /** Where the command's script submits jobs that may start after its end, in words. Absent: nowhere that is seen. */
  readonly submits?: string;
  /** What is known of a private store that is no longer where it was made, in words. Absent: it was not moved. */
  readonly moved?: string;
  /** `--keep`: the lease stays after the run, until a person names it. */
  readonly keep: boolean;
  /** Absent as long as nothing of the run can be in AWS. */
  readonly aws?: AwsPlace;
  readonly items: readonly LeaseItem[];
}

export const privateStores = (items: readonly LeaseItem[]): PrivateStore[] =>
  items.filter((item) => item.kind === 'private-store');

/** What a person is shown for an item: a path, or an ARN without the suffix that only AWS knows. */
export function itemLabel(item: LeaseItem, place: AwsPlace | undefined): string {
  if (item.kind === 'private-store') return item.path;
  const arn = (service: string): string =>
    `arn:${place?.partition ?? 'aws'}:${service}:${place?.region ?? ''}:${place?.account ?? ''}`;
  if (item.kind === 'aws-secret') return `${arn('secretsmanager')}:secret:${item.name}`;
  const revision = item.revision === null ? '' : `:${item.revision}`;
  return `${arn('batch')}:job-definition/${item.name}${revision}`;
}

const SUFFIX = '.json';
const MAX_BYTES = 1 << 20;

const ledgerPath = (runId: RunId, world: World): string => join(ledgerDirectory(world), `${runId}${SUFFIX}`);

/** Writes the entry through to the disk. */
export async function recordLease(entry: LedgerEntry, world: World): Promise<void> {
  await ensureHomeDirectory(ledgerDirectory(world), world);
  const text = `${JSON.stringify(entry, undefined, 1)}\n`;
  const writer = processTag(ownProcess(world.platform));
  await writePrivateFile(ledgerPath(entry.runId, world), Buffer.from(text), writer);
}

/** Why an entry says nothing but that there is a run: what is wrong with the file. */
export interface Unreadable {
  readonly problem: 'damaged' | 'newer' | 'not readable';
}

/** What the ledger has about a run, or undefined if there is none of this id. */
export async function readLease(runId: RunId, world: World): Promise<LedgerEntry | Unreadable | undefined> {
  // The id may be any text that a person typed, and becomes a part of a path.
  if (!isRunId(runId)) return undefined;
  let bytes;
  try {
    await assertOwnEntry(ledgerPath(runId, world), world);
    bytes = await readFileIfThere(ledgerPath(runId, world), MAX_BYTES);
  } catch {
    return { problem: 'not readable' };
  }
  if (bytes === undefined) return undefined;
  try {
    const parsed: unknown = JSON.parse(bytes.toString('utf8'));
    if (isEntry(parsed, runId)) return parsed;
    return { problem: isRecord(parsed) && Number(parsed['format']) > 1 ? 'newer' : 'damaged' };
  } catch {
    return { problem: 'damaged' };
  }
}

/** The ids of all runs in the ledger, sorted. */
export async function recordedRuns(world: World): Promise<RunId[]> {
  const names = await namesInLedger(world);
  return names
    .filter((name) => name.endsWith(SUFFIX))
    .map((name) => basename(name, SUFFIX))
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
 * Says to other machines that somebody looks after the run: the entry's mtime by the file server's own clock. Its
 * first byte is written over itself, because a new file could bring back an entry that was just struck.
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

/** How often {@link touchLease} is called for a run that goes on. In milliseconds. */
export const HEARTBEAT = 60_000;

/**
 * How long nobody has looked after a run, in milliseconds, by the clock of the ledger's own file system: the
 * mtime of a file that is made just now against the entry's.
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
      // Nothing can be written there: our own clock has to do.
      return world.now().getTime() - mtimeMs;
    }
  } finally {
    await entry.close();
  }
}

/** What could not be removed, why, and the command that a person can remove it with. */
export interface Leftover {
  readonly item: string;
  readonly reason: string;
  readonly remedy: string;
}

export function leftover(item: string, reason: string): Leftover {
  return { item, reason, remedy: `rm -r ${shellWord(item)}` };
}

/**
 * Notes on the entry that what it names is being removed: what is gone from then on was not moved away. By its mode,
 * which costs less than writing it anew.
 */
export async function markReleasing(runId: RunId, world: World): Promise<void> {
  await chmod(ledgerPath(runId, world), RELEASING).catch(() => undefined);
}

/** Whether somebody has begun to remove what the entry of a run names. */
export async function isReleasing(runId: RunId, world: World): Promise<boolean> {
  const status = await lstatIfThere(ledgerPath(runId, world));
  return status === undefined || (status.mode & 0o777) === RELEASING;
}

/** Mode of such an entry. */
const RELEASING = 0o400;

/** Removes the entry of a run of which nothing is left. */
export async function strikeLease(runId: RunId, world: World): Promise<Leftover[]> {
  const path = ledgerPath(runId, world);
  try {
    await unlink(path);
    await syncDirectory(ledgerDirectory(world));
    return [];
  } catch (error) {
    const code = systemErrorCode(error) ?? 'unknown error';
    return code === 'ENOENT' ? [] : [leftover(path, code)];
  }
}

function isEntry(value: unknown, runId: RunId): value is LedgerEntry {
  return (
    isRecord(value) &&
    value['format'] === 1 &&
    value['runId'] === runId &&
    (value['target'] === 'local' || value['target'] === 'aws-batch') &&
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
    (value['aws'] === undefined || isAwsPlace(value['aws'])) &&
    Array.isArray(value['items']) &&
    value['items'].every((item) => isItem(item, runId))
  );
}

const isSlurmAccess = (value: unknown): value is SlurmAccess =>
  isRecord(value) &&
  (value['conf'] === null || typeof value['conf'] === 'string') &&
  ['string', 'undefined', 'object'].includes(typeof value['clusters']);

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((one) => typeof one === 'string');

/** Of a file. */
export const isAwsPlace = (value: unknown): value is AwsPlace =>
  isRecord(value) &&
  ['partition', 'account', 'region'].every((key) => typeof value[key] === 'string') &&
  (value['profile'] === null || typeof value['profile'] === 'string');

function isItem(value: unknown, runId: RunId): value is LeaseItem {
  if (!isRecord(value)) return false;
  switch (value['kind']) {
    case 'private-store':
      return (
        typeof value['path'] === 'string' &&
        isAbsolute(value['path']) &&
        basename(value['path']) === runId &&
        ['undefined', 'number'].includes(typeof value['ino'])
      );
    case 'aws-secret':
      // No other run's secret, whatever an entry says.
      return typeof value['name'] === 'string' && value['name'].includes(`nfs-${runId}/`);
    case 'aws-job-definition':
      return (
        typeof value['name'] === 'string' &&
        value['name'].includes('nfs-') &&
        (value['revision'] === null || Number.isSafeInteger(value['revision'])) &&
        isTexts(value['queues']) &&
        (value['processes'] === undefined || isTexts(value['processes'])) &&
        ['undefined', 'string'].includes(typeof value['image'])
      );
    default:
      return false;
  }
}
