import { join } from 'node:path';
import { lstatIfThere } from '../system/durable-file.ts';
import { ExitCode, HumanError, phraseOf } from '../system/human-error.ts';
import { didYouMean } from '../system/near-miss.ts';
import { namedRunRoot, spareRunRoot, usualRunRoot } from '../system/paths.ts';
import { printable } from '../system/printable.ts';
import type { World } from '../system/world.ts';
import type { LedgerEntry, Leftover } from '../targets/lease-entry.ts';
import type { LeaseItem } from '../targets/lease-item.ts';
import type { PrivateStore } from '../targets/local/items.ts';
import type { PendingJobs, Releasable } from '../targets/target.ts';
import { describeItem, targetFields } from '../targets/targets.ts';
import { readLease, recordedRuns, removeUnfinishedEntries } from './ledger.ts';
import type { RunId } from '../system/run-id.ts';
import { releaseLease } from './release.ts';
import { type RunState, runState } from './run-state.ts';
import { cancellable, cancelPendingJobs, countedJobs, numberOf, shownJobs } from './pending-jobs.ts';
import type { Reason } from '../system/notice.ts';
import { phrase } from '../system/phrase.ts';

/** A run of the ledger as `runs` shows it. */
export interface Run extends RunState, Releasable {
  /** Undefined if the entry cannot be understood. */
  readonly entry: LedgerEntry | undefined;
  /** True if the entry cannot be understood because a newer version wrote it. */
  readonly newer: boolean;
  /** Items that are provisioned for it, or that have the names of such items. */
  readonly items: readonly LeaseItem[];
}

/** All runs of the ledger, by id. */
export async function allRuns(world: World): Promise<Run[]> {
  const runs: Run[] = [];
  for (const runId of await recordedRuns(world)) {
    const run = await findRun(runId, world);
    if (run !== undefined) runs.push(run);
  }
  return runs;
}

/** One run of the ledger, or undefined if its lease has been released. */
export async function findRun(runId: RunId, world: World): Promise<Run | undefined> {
  const lease = await readLease(runId, world);
  if (lease === undefined) return undefined;
  const entry = 'problem' in lease ? undefined : lease;
  const items = entry?.items ?? [...(await itemsByName(runId, world)), ...lease.items];
  const newer = 'problem' in lease && lease.problem === 'newer';
  const known = { runId, items, ...targetFields(lease) };
  return { ...known, entry, newer, ...(await runState(runId, lease, world)) };
}

/** Finds items by the run's id: a damaged entry still has its name, and so has the directory in a known run root. */
async function itemsByName(runId: RunId, world: World): Promise<LeaseItem[]> {
  const items: PrivateStore[] = [];
  for (const root of [namedRunRoot(undefined, world) ?? usualRunRoot(world), spareRunRoot(world)]) {
    const path = join(root, runId);
    const isThere = (await lstatIfThere(path).catch(() => undefined)) !== undefined;
    if (isThere) items.push({ kind: 'private-store', path });
  }
  return items;
}

/** The result of a sweep, or of its dry run. */
export interface Swept {
  readonly released: readonly { readonly runId: RunId; readonly items: readonly string[] }[];
  readonly kept: readonly ({ readonly runId: RunId } & Reason)[];
  readonly failed: readonly ({ readonly runId: RunId } & Leftover)[];
  /** With `cancelJobs`: the jobs that were cancelled so that a lease could be released. */
  readonly cancelled?: readonly { readonly runId: RunId; readonly jobs: readonly PendingJobs[] }[];
}

/** Options of a sweep. */
export interface SweepOptions {
  /** Releases only the lease of this run, even if it was to be kept or its state is unknown; not if it still runs. */
  readonly run?: RunId | undefined;
  /** Changes nothing. */
  readonly dryRun?: boolean | undefined;
  /**
   * Cancels the jobs that keep the lease of a run, if nothing else of the run is left. Asks before, if there is
   * somebody to ask.
   */
  readonly cancelJobs?: boolean | undefined;
}

/**
 * Releases the leases of runs that are over. Touches nothing that the ledger does not name. Safe to repeat, and to do
 * twice at the same time: a run that is over stays over, and an item that another sweep has removed is no error.
 *
 * @throws HumanError 64 if there is no such run.
 */
export async function sweep(options: SweepOptions, world: World): Promise<Swept> {
  const runs = options.run === undefined ? await allRuns(world) : [await namedRun(options.run, world)];
  const released: { runId: RunId; items: string[] }[] = [];
  const kept: ({ runId: RunId } & Reason)[] = [];
  const failed: ({ runId: RunId } & Leftover)[] = [];
  const cancelled: { runId: RunId; jobs: readonly PendingJobs[] }[] = [];
  for (const found of runs) {
    let run = found;
    const jobs = options.cancelJobs === true ? cancellable(run.jobs ?? []) : [];
    if (jobs.length > 0 && run.entry !== undefined) {
      const { entry } = run;
      const keepsLease = numberOf(run.jobs ?? []) !== numberOf(jobs);
      const ended = await endJobs(jobs, entry, options, world);
      if (!('runId' in ended)) {
        kept.push({ runId: run.runId, ...ended });
        continue;
      }
      cancelled.push({ runId: run.runId, jobs });
      // A job that runs and may be started anew is not cancelled, and keeps the lease.
      if (options.dryRun !== true || !keepsLease) run = ended;
    }
    if (options.cancelJobs === true && run.asked === true && run.state === 'unknown') {
      const { remedies = [] } = run;
      kept.push({
        runId: run.runId,
        reason: phrase`${run.reason}, and nothing of it can be cancelled`,
        remedies,
      });
      continue;
    }
    const why = whyKept(run, options.run !== undefined);
    if (why !== undefined) {
      kept.push({ runId: run.runId, ...why });
      continue;
    }
    const leftovers = options.dryRun === true ? [] : await releaseRun(run, world);
    if (leftovers.length === 0) released.push({ runId: run.runId, items: itemLabels(run) });
    failed.push(...leftovers.map((left) => ({ runId: run.runId, ...left })));
  }
  if (options.dryRun !== true) await removeUnfinishedEntries(world);
  return { released, kept, failed, ...(options.cancelJobs === true && { cancelled }) };
}

/** @returns the run without these jobs, or the reason that it still has them. */
async function endJobs(
  jobs: readonly PendingJobs[],
  entry: LedgerEntry,
  { dryRun }: SweepOptions,
  world: World,
): Promise<Run | Reason> {
  const { runId, items } = entry;
  const known = { runId, items, ...targetFields(entry) };
  const without: Run = {
    ...known,
    entry,
    newer: false,
    state: 'over',
    reason: phrase`its jobs are cancelled`,
  };
  if (dryRun === true) return without;
  if (
    (await world.ask(phrase`Cancel ${countedJobs(jobs)} of run ${runId} (${shownJobs(jobs)})?`)) === false
  ) {
    return { reason: phrase`you did not want to cancel its jobs ${shownJobs(jobs)}` };
  }
  // Changes since then count too, whoever made them.
  return (await cancelPendingJobs(jobs, entry, world)) ?? (await findRun(runId, world)) ?? without;
}

function whyKept(
  { state, reason, remedies = [], entry, newer, runId, lingering }: Run,
  named: boolean,
): Reason | undefined {
  if (state === 'running' && !(named && lingering === true)) return { reason, remedies };
  if (newer) return { reason: phrase`${reason}; that version knows what to release`, remedies };
  if (named) return undefined;
  if (entry?.keep === true) {
    return {
      reason: phrase`it was launched to keep its secrets`,
      remedies: [{ do: 'sweep', run: runId, isKept: true }],
    };
  }
  if (state !== 'unknown') return undefined;
  return { reason, remedies: [...remedies, { do: 'sweep', run: runId, lead: phrase`If it is over` }] };
}

/** The items that are provisioned for a run, in words. */
export const itemLabels = (run: Releasable): string[] =>
  run.items.map((item) => describeItem(item, run).label);

/** Removes all that was provisioned for a run, then its entry. @returns what could not be removed. */
export async function releaseRun(run: Releasable, world: World): Promise<Leftover[]> {
  return releaseLease(run, world);
}

/** @throws HumanError 64 if the ledger has no such run. */
export async function namedRun(runId: RunId, world: World): Promise<Run> {
  const run = await findRun(runId, world);
  if (run !== undefined) return run;
  const ids = await recordedRuns(world);
  throw new HumanError(
    ExitCode.usage,
    phrase`Nothing is provisioned for a run ${printable(runId)}.${didYouMean(runId, ids)}`,
    ids.length === 0 ? phrase`There is no run at all.` : phrase`There are: ${ids.join(', ')}`,
  );
}

/** The sweep at the start of another command: reports only what a person has to know, and stops nothing. */
export async function sweepBefore(world: World): Promise<void> {
  try {
    const { released, failed } = await sweep({}, world);
    for (const { runId } of released) {
      world.notice(phrase`Run ${runId} is over, and nobody had removed its secrets. They are removed now.`);
    }
    for (const runId of new Set(failed.map((one) => one.runId))) {
      world.notice(phrase`Run ${runId} is over, but not everything of it could be removed.`);
    }
    sayLeftovers(failed, world);
  } catch (error) {
    world.notice(phrase`Cannot look at the leases of earlier runs: ${phraseOf(error)}`);
  }
}

export function sayLeftovers(leftovers: readonly Leftover[], world: World): void {
  for (const { item, reason, remedy } of leftovers) {
    const { lead = phrase`Remove it` } = remedy;
    world.notice(phrase`Not removed: ${printable(item)} (${reason}).`, { ...remedy, lead });
  }
}
