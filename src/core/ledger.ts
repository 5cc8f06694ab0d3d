import { randomInt } from 'node:crypto';
import { unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { ensurePrivateDirectory, syncDirectory, writePrivateFile } from './durable-file.ts';
import { systemErrorCode } from './human-error.ts';
import { ledgerDirectory } from './places.ts';
import { shellWord } from './printable.ts';
import type { ProcessIdentity } from './process-identity.ts';
import type { World } from './world.ts';

/** Twelve of `[a-z0-9]`: 62 bits. */
export type RunId = string;

export function newRunId(): RunId {
  const alphabet = 'abcdefghijklmnopqrstuvwxyz0123456789';
  return Array.from({ length: 12 }, () => alphabet[randomInt(alphabet.length)]).join('');
}

/** Something that was provisioned for a run and has to be removed. */
export interface LeaseItem {
  readonly kind: 'private-store';
  /** The directory `<run root>/<runId>`. */
  readonly path: string;
}

/**
 * What is on disk about a run from before anything is created for it until all of that is gone. It has all that
 * another process needs to release the lease, and no value.
 */
export interface LedgerEntry {
  readonly format: 1;
  readonly runId: RunId;
  readonly pipeline: string;
  readonly target: 'local';
  /** ISO 8601 in UTC. */
  readonly started: string;
  readonly launcher: ProcessIdentity;
  /** Nextflow, or the command of `exec`; null until it has started. */
  readonly child: ProcessIdentity | null;
  /** The Slurm job that the launcher runs in, whose end kills every process of it; else null. */
  readonly slurmJob: string | null;
  readonly items: readonly LeaseItem[];
}

const ledgerPath = (runId: RunId, world: World): string => join(ledgerDirectory(world), `${runId}.json`);

/** Writes the entry through to the disk. */
export async function recordLease(entry: LedgerEntry, world: World): Promise<void> {
  await ensurePrivateDirectory(ledgerDirectory(world));
  const text = `${JSON.stringify(entry, undefined, 1)}\n`;
  await writePrivateFile(ledgerPath(entry.runId, world), Buffer.from(text));
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
