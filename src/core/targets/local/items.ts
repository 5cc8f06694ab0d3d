import { basename, isAbsolute } from 'node:path';
import type { RunId } from '../../system/run-id.ts';
import { isRecord } from '../../system/state-file.ts';
import type { LeaseItem } from '../lease-item.ts';

/** The directory `<run root>/<runId>`. */
export interface PrivateStore extends LeaseItem {
  readonly kind: 'private-store';
  readonly path: string;
  /** Inode of the directory, from when the run started; it tells that there was one. */
  readonly ino?: number | undefined;
}

export const privateStores = (items: readonly LeaseItem[]): PrivateStore[] =>
  items.filter((item): item is PrivateStore => item.kind === 'private-store');

/** How to reach a Slurm. Not by which program: that is looked up on the PATH whenever it is asked. */
export interface SlurmAccess {
  /** `SLURM_CONF`, if it was set. */
  readonly conf: string | null;
  /** `SLURM_CLUSTERS`, if it was set: where sbatch sends jobs instead. */
  readonly clusters?: string | null;
}

/** Whether an entry's item is the private store of this run, and no other directory. */
export const isPrivateStore = (value: Readonly<Record<string, unknown>>, runId: RunId): boolean =>
  typeof value['path'] === 'string' &&
  isAbsolute(value['path']) &&
  basename(value['path']) === runId &&
  ['undefined', 'number'].includes(typeof value['ino']);

export const isSlurmAccess = (value: unknown): value is SlurmAccess =>
  isRecord(value) &&
  (value['conf'] === null || typeof value['conf'] === 'string') &&
  ['string', 'undefined', 'object'].includes(typeof value['clusters']);
