import { basename, isAbsolute } from 'node:path';
import type { RunId } from '../../system/run-id.ts';
import { isRecord } from '../../system/state-file.ts';
import type { LeaseItem } from '../lease-item.ts';

/** The directory `<run root>/<runId>`. */
export interface PrivateStore extends LeaseItem {
  readonly kind: 'private-store';
  readonly path: string;
  /** Inode of the directory at the start of the run. It tells that the directory was made. */
  readonly ino?: number | undefined;
}

export const privateStores = (items: readonly LeaseItem[]): PrivateStore[] =>
  items.filter((item): item is PrivateStore => item.kind === 'private-store');

/** Settings to reach a Slurm. The program is not among them: it is looked up on the PATH for each question. */
export interface SlurmAccess {
  /** `SLURM_CONF`, if it was set. */
  readonly conf: string | null;
  /** `SLURM_CLUSTERS`, if it was set: sbatch sends jobs to these clusters instead. */
  readonly clusters?: string | null;
}

/** Checks that an entry's item is the private store of this run, and no other directory. */
export const isPrivateStore = (value: Readonly<Record<string, unknown>>, runId: RunId): boolean =>
  typeof value['path'] === 'string' &&
  isAbsolute(value['path']) &&
  basename(value['path']) === runId &&
  ['undefined', 'number'].includes(typeof value['ino']);

export const isSlurmAccess = (value: unknown): value is SlurmAccess =>
  isRecord(value) &&
  (value['conf'] === null || typeof value['conf'] === 'string') &&
  ['string', 'undefined', 'object'].includes(typeof value['clusters']);
