import { giveNotices } from '../system/notice.ts';
import { childEnvironment } from '../nextflow/child-environment.ts';
import { readNextflowLogs } from '../nextflow/nextflow-log.ts';
import { keepTouching } from '../runs/guard.ts';
import { recordLease, recordProcesses, syncEntry } from '../runs/ledger.ts';
import { newEntry } from '../runs/new-entry.ts';
import { otherRunWith } from '../runs/other-runs.ts';
import { releaseLease } from '../runs/release.ts';
import { sayLeftovers } from '../runs/sweep.ts';
import type { SecretValue } from '../secrets/secret-value.ts';
import { recordUsage } from '../secrets/usage.ts';
import { lstatIfThere } from '../system/durable-file.ts';
import { callDirectly, callsDirectly } from '../system/file-calls.ts';
import { ExitCode } from '../system/human-error.ts';
import { printable, shellWord } from '../system/printable.ts';
import { ownProcess, processStartTime } from '../system/process-identity.ts';
import type { World } from '../system/world.ts';
import type { LedgerEntry, Leftover } from '../targets/lease-entry.ts';
import { HeldDirectory } from '../targets/local/held-directory.ts';
import { type PrivateStore, privateStores } from '../targets/local/items.ts';
import { holdTaskFile, placeForRun, provisionStore, storePath } from '../targets/local/private-store.ts';
import { openLocal } from '../targets/local/target.ts';
import type { OpenTarget, PreparedRun } from '../targets/target.ts';
import { describeItem, TARGETS } from '../targets/targets.ts';
import { announce } from './announce.ts';
import type { ChildRunner, Guardian } from './child-runner.ts';
import { LeakCheck } from './leak-check.ts';
import type { LeasedRun } from './leased-run.ts';
import { isNextflow } from './program.ts';
import { warnOfNodeLocalRoot } from './run-root-warning.ts';
import { type ObservedEnd, runObserved } from './observed-run.ts';
import { findTasksWithoutSecrets, sayTasksWithoutSecrets } from './tasks-without-secrets.ts';
import { handOverIfNeeded } from './hand-over.ts';
import { phrase } from '../system/phrase.ts';

/** Time after which the entry of a run with its processes is written through to the disk. In milliseconds. */
const SYNC_AFTER = 1_000;

/** Starts the processes of a lease. */
export interface Launcher {
  readonly runner: ChildRunner;
  /** The guardian of this run. */
  readonly guardian: Guardian;
}

/** Reports how a run ended, and what is left of it. @returns the exit code, which tells the same. */
export function sayEnd(
  runId: string,
  exitCode: number,
  leftovers: readonly Leftover[],
  world: World,
): number {
  if (leftovers.length === 0) {
    world.notice(phrase`Run ${runId} ended with exit code ${exitCode}. Its secrets are removed.`);
    return exitCode;
  }
  world.notice(phrase`Run ${runId} ended with exit code ${exitCode}, but not everything could be removed.`);
  sayLeftovers(leftovers, world);
  return exitCode === 0 ? ExitCode.notCleaned : exitCode;
}

/** The secrets of one run, from their record in the ledger to their removal. */
export class Lease {
  readonly #run: LeasedRun;
  readonly #launcher: Launcher;
  readonly #world: World;
  readonly #item: PrivateStore;
  /** Content of the private store. */
  readonly #stored: readonly (readonly [name: string, value: SecretValue])[];
  readonly #env: Readonly<Record<string, string>>;
  #entry: LedgerEntry;
  #held: HeldDirectory | undefined;
  /** Targets that we have open. */
  readonly #open: OpenTarget[] = [];
  #stopTouching: (() => void) | undefined;
  #syncing: NodeJS.Timeout | undefined;
  #letTaskFileGo: (() => Promise<void>) | undefined;

  private constructor(run: LeasedRun, launcher: Launcher, item: PrivateStore, world: World) {
    const { runId, program, keep = false, secrets, ownStore } = run;
    const { label, schedulers } = program;
    this.#run = run;
    this.#launcher = launcher;
    this.#world = world;
    this.#item = item;
    this.#stored = [...secrets.map(({ name, stored }) => [name, stored] as const), ...ownStore];
    this.#entry = {
      ...newEntry({ runId, label, store: item, keep }, world),
      ...(schedulers.unasked.length > 0 && { schedulers: schedulers.unasked }),
      ...(program.kind === 'command' && { anyProcess: true }),
      ...(program.kind === 'command' && program.submits !== undefined && { submits: program.submits }),
    };
    const { env, notes } = childEnvironment(world.env, runId, storePath(item.path));
    this.#env = env;
    giveNotices(notes, world);
  }

  /**
   * Finds a directory for the private store and lists the secrets of the run. Makes nothing.
   *
   * @throws HumanError 73, 77 if no directory is fit for secrets.
   */
  static async plan(run: LeasedRun, launcher: Launcher, world: World): Promise<Lease> {
    const item = await placeForRun(run.runId, run.runRoot, world);
    announce(run, item.path, world);
    const lease = new Lease(run, launcher, item, world);
    if (lease.#stored.length > 0) await warnOfNodeLocalRoot(lease.#entry, run.program.schedulers, world);
    return lease;
  }

  /** Records in the ledger what will be made, before it is made. From now on the run has a heartbeat. */
  async record(): Promise<void> {
    await recordLease(this.#entry, this.#world);
    this.#stopTouching = keepTouching(this.#entry.runId, this.#world);
  }

  /** Makes the private store, and what the command needs beside it. @returns the command's arguments and variables. */
  async provision(): Promise<PreparedRun> {
    const item = this.#item;
    let ino: number | undefined;
    await provisionStore(item, this.#stored, (directory) => {
      this.#open.push(openLocal(directory));
      ({ ino } = directory);
    });
    this.#held = await HeldDirectory.open(item.path);
    // The ledger gets it together with the child: until then a store that does not exist was not made.
    const items = this.#entry.items.map((one) => (one === item ? { ...item, ino } : one));
    this.#entry = { ...this.#entry, items };
    if (this.#stored.length > 0) this.#letTaskFileGo = holdTaskFile(item);
    if (!(await this.#launcher.guardian.watches)) {
      this.#world.notice(
        phrase`The guardian could not be started. If this launcher is killed, its secrets stay until
          they are swept.`,
        { do: 'sweep', lead: phrase`Then` },
      );
    }
    const { prepare, program, runId } = this.#run;
    if (prepare === undefined) return { args: program.args, env: this.#env };
    return prepare({
      entry: this.#entry,
      storeFile: storePath(item.path),
      env: this.#env,
      record: async (entry) => this.#record(entry),
      opened: (target) => {
        this.#open.push(target);
      },
      isStopped: () => this.#launcher.runner.heldSignal() !== undefined,
      otherRunWith: async (isSuch) => otherRunWith(isSuch, runId, this.#world),
    });
  }

  async #record(entry: LedgerEntry): Promise<void> {
    this.#entry = entry;
    await recordLease(entry, this.#world);
  }

  /** Runs the command, and watches which store its Nextflows read. */
  async run({ args, env }: PreparedRun): Promise<ObservedEnd> {
    const { program, secrets } = this.#run;
    const world = this.#world;
    // The run may last for days, and needs only the names from us.
    for (const [, value] of this.#stored) value.forget();
    for (const { value } of secrets) value.forget();
    let noted: Promise<unknown> = Promise.resolve();
    const { runId } = this.#entry;
    const storeFile = storePath(this.#item.path);
    const wasDirect = callsDirectly();
    let isRunning = true;
    const end = await runObserved(
      secrets.length === 0 ? undefined : { runId, storeFile, args, isNextflow: isNextflow(program) },
      async (observe) =>
        this.#launcher.runner.run(program.command, args, { ...env }, (pid) => {
          observe(pid);
          const notes = this.#noteStart(pid);
          [noted] = notes;
          // From then on signals have to be passed on, whatever a disk does.
          void Promise.all(notes).then(() => isRunning && callDirectly(false));
        }),
      world,
    );
    isRunning = false;
    callDirectly(wasDirect);
    await noted;
    return end;
  }

  /**
   * Notes in the ledger the process of the run, and the use of its secrets. Beside the run, not before it: neither may
   * delay the start, and a failure of either must not end the run.
   *
   * @returns a promise of each.
   */
  #noteStart(pid: number): readonly [inLedger: Promise<unknown>, use: Promise<unknown>] {
    const { workspace, plan } = this.#run;
    const world = this.#world;
    const startTime = processStartTime(pid, world.platform) ?? '';
    this.#entry = { ...this.#entry, child: { ...ownProcess(world.platform), pid, startTime } };
    this.#syncing = setTimeout(() => void syncEntry(this.#entry.runId, world), SYNC_AFTER).unref();
    return [
      recordProcesses(this.#entry, world).catch(() => undefined),
      recordUsage(plan.secrets, workspace, world),
    ];
  }

  /** Reads the values of the private store, to look for them in what the run wrote; see {@link LeakCheck}. */
  async openLeakCheck(end: ObservedEnd): Promise<LeakCheck | undefined> {
    const { runId, program, leakOptions, withheld } = this.#run;
    if (this.#stored.length + withheld.length === 0) return undefined;
    const since = Date.parse(this.#entry.started);
    return LeakCheck.open(
      {
        ...{ runId, program, since, store: storePath(this.#item.path), options: leakOptions },
        names: this.#stored.map(([name]) => name),
        withheld: withheld.map(({ name }) => name),
      },
      end,
      this.#world,
    );
  }

  /**
   * Looks for parts of the run that may still need the secrets. If there are any, the guardian or a person releases
   * them.
   *
   * @param hasFailed - true if the command did not run.
   * @returns the exit code as it is after that look.
   */
  async handOver(
    end: ObservedEnd,
    hasFailed: boolean,
  ): Promise<{ readonly exitCode: number; readonly isHandedOver: boolean }> {
    try {
      return await this.#handOver(end, hasFailed);
    } finally {
      // After a failure here, too, we end, and the guardian takes over.
      this.#stopTouching?.();
      clearTimeout(this.#syncing);
    }
  }

  async #handOver(
    { exitCode: ended, hasWrongStore }: ObservedEnd,
    hasFailed: boolean,
  ): Promise<{ readonly exitCode: number; readonly isHandedOver: boolean }> {
    const { program, keep } = this.#run;
    const { args } = program;
    await this.#letTaskFileGo?.();
    const log = await readNextflowLogs(args, Date.parse(this.#entry.started), this.#world);
    const found = await findTasksWithoutSecrets(log.tasks, this.#item);
    sayTasksWithoutSecrets(found, this.#item, this.#world);
    const exitCode = found.tasks.some(({ passed }) => passed) ? ended || ExitCode.io : ended;
    const run = { entry: this.#entry, args, exitCode, log, open: this.#open };
    const isHandedOver =
      !hasFailed && keep !== true && (await handOverIfNeeded(run, this.#launcher.guardian, this.#world));
    if (!hasFailed && exitCode !== 0)
      for (const target of TARGETS)
        for (const line of target.failureLines?.(this.#entry.items) ?? []) this.#world.notice(line);
    if (isHandedOver) this.#closeTargets();
    return { exitCode: hasWrongStore ? ExitCode.unavailable : exitCode, isHandedOver };
  }

  /** Leaves the secrets for a person, as they wanted. */
  async keep(exitCode: number): Promise<number> {
    const { runId, items } = this.#entry;
    await this.#held?.close();
    this.#closeTargets();
    this.#launcher.guardian.dismiss();
    const labels = items.map((one) => printable(describeItem(one, this.#entry).label)).join(', ');
    this.#world.notice(
      phrase`Run ${runId} ended with exit code ${exitCode}. Its secrets stay in ${labels}.`,
      {
        do: 'sweep',
        run: runId,
        lead: phrase`Remove them`,
      },
    );
    return exitCode;
  }

  /** Removes all that was made. @returns what could not be removed. Never throws. */
  async release(): Promise<Leftover[]> {
    const now = await this.#held?.whereabouts();
    await this.#held?.close();
    const leftovers = (await this.#moved(now)) ?? (await releaseLease(this.#entry, this.#world, this.#open));
    this.#closeTargets();
    this.#launcher.guardian.dismiss();
    return leftovers;
  }

  /** Records for a person the new path of the private store, if it was moved away. */
  async #moved(
    now: Awaited<ReturnType<HeldDirectory['whereabouts']>> | undefined,
  ): Promise<Leftover[] | undefined> {
    const world = this.#world;
    for (const { path } of privateStores(this.#entry.items)) {
      if (now?.is === 'removed' && (await lstatIfThere(path).catch(() => 'unknown')) === undefined)
        world.notice(phrase`${printable(path)} had been removed already.`);
      if (now?.is !== 'moved') continue;
      const reason =
        now.path === undefined
          ? phrase`its secrets were moved to an unknown path and are still there`
          : phrase`its secrets were moved to ${printable(now.path)} and are still there`;
      // A failure here is reported beside the command's own exit code, never instead of it.
      await recordLease({ ...this.#entry, moved: String(reason) }, world).catch(() => undefined);
      const after = now.path === undefined ? undefined : `rm -r ${shellWord(now.path)}`;
      const remedy = { do: 'sweep', run: this.#entry.runId, ...(after !== undefined && { after }) } as const;
      return [{ item: path, reason, remedy }];
    }
    return undefined;
  }

  #closeTargets(): void {
    for (const target of this.#open) target.close();
  }
}
