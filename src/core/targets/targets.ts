import { isRecord } from '../system/state-file.ts';
import type { RunId } from '../system/run-id.ts';
import { awsBatch } from './aws-batch/target.ts';
import type { TargetFields } from './lease-entry.ts';
import type { LeaseItem } from './lease-item.ts';
import { local } from './local/target.ts';
import type { ItemDescription, Releasable, ServiceTarget, Target } from './target.ts';

/** Targets beside this machine. */
export const SERVICES: readonly ServiceTarget[] = [awsBatch];

/** Nextflow's names of the services' executors, lower case. */
export const SERVICE_EXECUTORS: readonly string[] = SERVICES.flatMap(({ executors }) => executors);

/** All targets. The ledger, releases, sweeps and launches take them only from here. */
export const TARGETS: readonly Target[] = [local, ...SERVICES];

/** The targets' ids, as in `--target` and in the ledger. */
export const TARGET_IDS: readonly string[] = TARGETS.map(({ id }) => id);

/** @throws Error if there is none: callers compare ids from outside with {@link TARGET_IDS} before. */
export function targetOf(id: string): Target {
  const found = TARGETS.find((target) => target.id === id);
  if (found === undefined) throw new Error(`no target ${id}`);
  return found;
}

/** Checks whether a value of a file is an item of this run, of any target. */
export const isLeaseItem = (value: unknown, runId: RunId): value is LeaseItem =>
  isRecord(value) && ofKind(value['kind'])?.isItem(value, runId) === true;

/** @param entry - the entry of the ledger, or the known part of it; undefined if it cannot be read. */
export const describeItem = (item: LeaseItem, entry: Releasable | undefined): ItemDescription =>
  targetOfItem(item)?.describe(item, entry) ?? { label: item.kind };

/** The fields of an entry that are a target's own; in a damaged file those that are sound. */
export const targetFields = (entry: object): TargetFields =>
  Object.assign({}, ...TARGETS.map((target) => target.ownFields?.({ ...entry }))) as TargetFields;

/** The target that an item belongs to. An item of a file that can be understood has one. */
export const targetOfItem = ({ kind }: LeaseItem): Target | undefined => ofKind(kind);

const ofKind = (kind: unknown): Target | undefined =>
  TARGETS.find(({ kinds }) => typeof kind === 'string' && kinds.includes(kind));
