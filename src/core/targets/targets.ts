import { isRecord } from '../system/state-file.ts';
import type { RunId } from '../system/run-id.ts';
import { awsBatch } from './aws-batch/target.ts';
import type { LeaseItem } from './lease-item.ts';
import { local } from './local/target.ts';
import type { ItemDescription, ServiceTarget, Target } from './target.ts';

/** Targets beside this machine. */
export const SERVICES: readonly ServiceTarget[] = [awsBatch];

/** Nextflow's names of the executors that services have, lower case. */
export const SERVICE_EXECUTORS: readonly string[] = SERVICES.flatMap(({ executors }) => executors);

/** All targets. The ledger, releases, sweeps and launches know them from here alone. */
export const TARGETS: readonly Target[] = [local, ...SERVICES];

/** The ids of the targets, as `--target` and the ledger have them. */
export const TARGET_IDS: readonly string[] = TARGETS.map(({ id }) => id);

/** @throws Error if there is none: ids from outside have been compared with {@link TARGET_IDS}. */
export function targetOf(id: string): Target {
  const found = TARGETS.find((target) => target.id === id);
  if (found === undefined) throw new Error(`no target ${id}`);
  return found;
}

/** Whether a value of a file is an item of this run, of whichever target. */
export const isLeaseItem = (value: unknown, runId: RunId): value is LeaseItem =>
  isRecord(value) && ofKind(value['kind'])?.isItem(value, runId) === true;

/** @param entry - the ledger's; undefined if that cannot be read. */
export const describeItem = (item: LeaseItem, entry: object | undefined): ItemDescription =>
  targetOfItem(item)?.describe(item, entry) ?? { label: item.kind };

/** The target that an item belongs to; of an item of a file that can be understood there is one. */
export const targetOfItem = ({ kind }: LeaseItem): Target | undefined => ofKind(kind);

const ofKind = (kind: unknown): Target | undefined =>
  TARGETS.find(({ kinds }) => typeof kind === 'string' && kinds.includes(kind));
