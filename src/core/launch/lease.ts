import { otherRunWith } from '../runs/other-runs.ts';
import { basename, dirname } from 'node:path';
import { lstatIfThere } from '../system/durable-file.ts';
import { ExitCode, HumanError } from '../system/human-error.ts';
import { printable, shellWord } from '../system/printable.ts';
import { ownProcess, processStartTime } from '../system/process-identity.ts';
import type { ResolvedSecret } from '../secrets/resolve.ts';
import { keepTouching } from '../runs/guard.ts';
import { itemLabel, type LedgerEntry, type Leftover, privateStores } from '../targets/lease-entry.ts';
import { recordLease } from '../runs/ledger.ts';
import { type OfLauncher, releaseLease } from '../runs/release.ts';
import { isOnlyNode } from '../targets/local/slurm.ts';
import { sayLeftovers } from '../runs/sweep.ts';
import type { AwsAccess } from '../targets/aws-batch/access.ts';
import { definitionLines } from '../targets/aws-batch/definition-words.ts';
import {
  type DirectoryIdentity,
  holdTaskFile,
  placeForRun,
  provisionStore,
  storePath,
} from '../targets/local/private-store.ts';
import { HeldDirectory } from '../targets/local/held-directory.ts';
import { nodeLocal } from '../targets/local/node-local.ts';
import type { SecretValue } from '../secrets/secret-value.ts';
import { recordUsage } from '../secrets/usage.ts';
import { type World } from '../system/world.ts';
import { announce } from './announce.ts';
import { childEnvironment } from '../nextflow/child-environment.ts';
import type { Schedulers } from '../targets/executors.ts';
import { readNextflowLogs } from '../nextflow/nextflow-log.ts';
import type { LeasedSecret } from '../targets/plan-delivery.ts';
import type { PreparedRun } from '../targets/aws-batch/provision-batch.ts';
import { type ObservedEnd, runObserved } from './undelivered.ts';
import { lookAtSupply, saySupply } from './unsupplied-tasks.ts';
import { goesOnWithout } from './what-goes-on.ts';
import { newEntry } from '../runs/new-entry.ts';
import type { Guardian, ChildRunner, LeasedCommand } from './leased-command.ts';

/**
 * Records a lease, provisions it, runs the command and releases everything, whatever happens in between.
 *
 * @param guardian - of this run.
 * @returns 69 if a Nextflow read another store than the run's; else the command's exit code; if that is 0, 74 if tasks succeeded without their secrets, 75 if something could
 * not be removed.
 * @throws HumanError 73, 74 if the lease cannot be made; nothing is left of it then.
 */
export async function runLeased(
  leased: LeasedCommand,
  secrets: readonly LeasedSecret[],
  guardian: Guardian,
  runner: ChildRunner,
  world: World,
): Promise<number> {
  const { runId, keep = false, schedulers } = leased;
  const item = await placeForRun(runId, leased.runRoot, world);
  let entry: LedgerEntry = {
    ...newEntry(runId, leased.label, item, keep, world),
    ...(schedulers.unasked.length > 0 && { schedulers: schedulers.unasked }),
    ...(leased.anyProcess === true && { anyProcess: true }),
    ...(leased.submits !== undefined && { submits: leased.submits }),
  };
  announce(leased, secrets, item.path, world);
  const stored = [
    ...secrets.map(({ name, stored }) => [name, stored] as const),
    ...(leased.ownStore ?? new Map<string, SecretValue>()),
  ];
  if (stored.length > 0) await warnOfOwnPlace(entry, schedulers, world);
  const environment = childEnvironment(world.env, runId, storePath(item.path));
  for (const note of environment.notes) world.say(note);

  const record = async (next: LedgerEntry): Promise<void> => {
    entry = next;
    await recordLease(next, world);
  };

  runner.holdSignals();
  let exitCode = 0;
  let undelivered = false;
  let failure: unknown;
  let made: DirectoryIdentity | undefined;
  let held: HeldDirectory | undefined;
  let prepared: PreparedRun = { args: leased.args, env: environment.env };
  let access: AwsAccess | undefined;
  let stopTouching: (() => void) | undefined;
  let letGo: (() => Promise<void>) | undefined;
  try {
    await recordLease(entry, world);
    stopTouching = keepTouching(runId, world);
    await provisionStore(item, stored, (directory) => (made = directory));
    held = await HeldDirectory.open(item.path);
    // On record with the child: until then a store that is not there was not made.
    entry = { ...entry, items: entry.items.map((one) => (one === item ? { ...item, ino: made?.ino } : one)) };
    if (stored.length > 0) letGo = holdTaskFile(item);
    if (!(await guardian.watches)) {
      world.say(
        'The guardian could not be started. If this launcher is killed, its secrets stay until: nf-secrets sweep',
      );
    }
    if (leased.prepare !== undefined) {
      const storeFile = storePath(item.path);
      const isStopped = (): boolean => runner.heldSignal() !== undefined;
      const opened = (aws: AwsAccess): void => {
        access = aws;
      };
      prepared = await leased.prepare({
        entry,
        storeFile,
        env: environment.env,
        record,
        opened,
        isStopped,
        otherRunWith: async (isSuch) => otherRunWith(isSuch, runId, world),
      });
    }
    // The run may last for days, and needs no more of us than names.
    for (const [, value] of stored) value.forget();
    for (const { value } of secrets) value.forget();
    ({ exitCode, undelivered } = await runAndRecord(leased, prepared, entry, secrets, runner, record, world));
  } catch (error) {
    const held = runner.heldSignal();
    // A Ctrl-C ends what Nextflow was asked beforehand, too.
    if (held !== undefined && error instanceof HumanError) exitCode = held;
    else failure = error;
  }
  await letGo?.();
  const log = await readNextflowLogs(leased.args, Date.parse(entry.started), world);
  const supply = await lookAtSupply(log.tasks, item);
  saySupply(supply, item, world);
  if (supply.unsupplied.some(({ passed }) => passed)) exitCode ||= ExitCode.io;
  const endsHere =
    failure !== undefined ||
    keep ||
    !(await goesOnWithout(leased, entry, exitCode, log, guardian, access, world));
  if (failure === undefined && exitCode !== 0)
    for (const line of definitionLines(entry.items)) world.say(line);
  if (undelivered) exitCode = ExitCode.unavailable;
  stopTouching?.();
  if (!endsHere) return exitCode;
  const leftovers = keep && failure === undefined ? [] : await release(entry, { made, access }, held, world);
  if (access !== undefined) await closeAccess(access);
  guardian.dismiss();
  if (failure === undefined && keep) {
    const places = entry.items.map((one) => printable(itemLabel(one, entry.aws))).join(', ');
    world.say(`Run ${runId} ended with exit code ${exitCode}. Its secrets stay in ${places}.`);
    world.say(`Remove them: nf-secrets sweep --run ${runId}`);
    return exitCode;
  }
  if (failure !== undefined) {
    sayLeftovers(leftovers, world);
    throw failure as Error;
  }
  if (leftovers.length === 0) {
    world.say(`Run ${runId} ended with exit code ${exitCode}. Its secrets are removed.`);
    return exitCode;
  }
  world.say(`Run ${runId} ended with exit code ${exitCode}, but not everything could be removed.`);
  sayLeftovers(leftovers, world);
  return exitCode === 0 ? ExitCode.notCleaned : exitCode;
}

/** A run root that the nodes do not see is no error here: which tasks get secrets is known only later. */
async function warnOfOwnPlace(
  { items, slurm, launcher }: LedgerEntry,
  { named }: Schedulers,
  world: World,
): Promise<void> {
  if (named.length === 0) return;
  for (const { path } of privateStores(items)) {
    const what = await nodeLocal(dirname(path), world);
    if (what === undefined) continue;
    const isSlurm = named.every((name) => name === 'slurm');
    if (isSlurm && (await isOnlyNode({ slurm }, launcher.host, world))) continue;
    world.say(
      `WARNING: the run root ${printable(dirname(path))} is on ${what}. If the nodes (${named.join(', ')}) do not see ` +
        'it, tasks there start without their secrets. Choose a directory that they share: --run-root or ' +
        'NF_SECRETS_RUN_ROOT.',
    );
  }
}

async function closeAccess(access: AwsAccess): Promise<void> {
  const { closeAws } = await import('../targets/aws-batch/access.ts');
  closeAws(access);
}

/** Releases the lease, unless its private store was moved away: where it is then is noted for a person. */
async function release(
  entry: LedgerEntry,
  own: OfLauncher,
  held: HeldDirectory | undefined,
  world: World,
): Promise<Leftover[]> {
  const now = await held?.whereabouts();
  await held?.close();
  // Whatever goes wrong here is said beside the command's own exit code, never in its place.
  for (const { path } of privateStores(entry.items)) {
    if (now?.is === 'removed' && (await lstatIfThere(path).catch(() => 'unknown')) === undefined)
      world.say(`${printable(path)} had been removed already.`);
    if (now?.is !== 'moved') continue;
    const moved = `its secrets were moved ${now.path === undefined ? 'to a place that is not known' : `to ${now.path}`} and are still there`;
    await recordLease({ ...entry, moved }, world).catch(() => undefined);
    const remedy = `nf-secrets sweep --run ${entry.runId}`;
    const first = now.path === undefined ? '' : `rm -r ${shellWord(now.path)} && `;
    return [{ item: path, reason: moved, remedy: first + remedy }];
  }
  return releaseLease(entry, world, own);
}

async function runAndRecord(
  { command, workspace, notes }: LeasedCommand,
  { args, env }: PreparedRun,
  entry: LedgerEntry,
  secrets: readonly Pick<ResolvedSecret, 'name' | 'from'>[],
  runner: ChildRunner,
  record: (entry: LedgerEntry) => Promise<void>,
  world: World,
): Promise<ObservedEnd> {
  // Beside the run, not before it: neither may delay the start or, failing, end it.
  let recorded: Promise<unknown> = Promise.resolve();
  const onStart = (pid: number): void => {
    const child = {
      ...ownProcess(world.platform),
      pid,
      startTime: processStartTime(pid, world.platform) ?? '',
    };
    recorded = record({ ...entry, child }).catch(() => undefined);
    void recordUsage(secrets, workspace, world);
  };
  const isNextflow = notes !== undefined || basename(command) === 'nextflow';
  const [store] = secrets.length === 0 ? [] : privateStores(entry.items);
  const end = await runObserved(
    store && { runId: entry.runId, storeFile: storePath(store.path), args, isNextflow },
    async (observe) =>
      runner.run(command, args, { ...env }, (pid) => {
        observe(pid);
        onStart(pid);
      }),
    world,
  );
  await recorded;
  return end;
}
