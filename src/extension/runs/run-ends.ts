import {
  type Disposable,
  type Memento,
  type Task,
  type TaskProcessEndEvent,
  type TaskProcessStartEvent,
  tasks,
  window,
  l10n,
} from 'vscode';
import { nextflowExecutable } from '../../core/nextflow/nextflow-command.ts';
import { withoutCredentials } from '../../core/pipeline/pipeline-label.ts';
import { backgroundRuns, hasEnded } from '../../core/runs/background.ts';
import { ExitCode, HumanError } from '../../core/system/human-error.ts';
import { ledgerDirectory, logDirectory } from '../../core/system/paths.ts';
import { timestamp, type World } from '../../core/system/world.ts';
import { DisposableStore } from '../disposables.ts';
import { guarded } from '../error-boundary.ts';
import { FileWatch } from '../file-watch.ts';
import { showProblems } from '../leaks/find-leaks.ts';
import { groupOfRun } from '../leaks/leak-group.ts';
import { endWords } from '../leaks/leak-words.ts';
import type { LeaksModel } from '../leaks/leaks-model.ts';
import { phraseText } from '../phrase-text.ts';
import { withoutLinks } from '../plain-text.ts';
import { remedyButtons, remedySentences } from '../remedies.ts';
import type { Services } from '../services.ts';
import { settings } from '../settings.ts';
import {
  EndsSeen,
  history,
  type PastRun,
  pastRun,
  readRemembered,
  remember,
  resultOf,
} from '../state/ended-runs.ts';
import { TASK_TYPE } from '../task-type.ts';
import { endSentence } from './run-words.ts';

const KEY = 'endedRuns';

/**
 * Tells of the end of each run that was launched in this window, and of each one in the background, whether the panel is
 * open or not; and remembers them.
 */
export class RunEnds implements Disposable {
  readonly #store = new DisposableStore();
  readonly #world: World;
  readonly #remembered: Memento;
  readonly #seen: EndsSeen;
  readonly #starts = new Map<
    TaskProcessStartEvent['execution'],
    { readonly pid: number; readonly at: Date }
  >();
  readonly #stopped = new Set<number>();
  #looking: Promise<void> | undefined;

  /** @param show - shows the output of a run. */
  constructor(
    private readonly services: Services,
    private readonly leaks: LeaksModel,
    private readonly show: (run: PastRun) => Promise<void>,
  ) {
    const { openWorld, remembered, log } = services;
    this.#world = openWorld(undefined);
    this.#remembered = remembered;
    this.#seen = new EndsSeen(this.#world.now());
    this.#store.add(
      tasks.onDidStartTaskProcess((start) => {
        this.#onStart(start);
      }),
    );
    this.#store.add(tasks.onDidEndTaskProcess((end) => void guarded(log, () => this.#onEnd(end))));
    const look = (): void => void guarded(log, () => this.#look());
    const watch = this.#store.add(new FileWatch(look));
    // The ledger too: it changes when the lease of a run goes whose launcher was killed.
    watch.watch([logDirectory(this.#world), ledgerDirectory(this.#world)]);
    look();
  }

  /** Notes that the person stops a run: its end is no failure then. @param pid - of its launcher. */
  noteStop(pid: number): void {
    this.#stopped.add(pid);
  }

  /** All runs in the background that have a log, and those of this window's terminals: the latest first. */
  async history(): Promise<PastRun[]> {
    return history(await this.#inBackground(), this.#inTerminals());
  }

  dispose(): void {
    this.#store.dispose();
  }

  #onStart({ execution, processId }: TaskProcessStartEvent): void {
    if (execution.task.definition.type === TASK_TYPE)
      this.#starts.set(execution, { pid: processId, at: this.#world.now() });
  }

  async #onEnd({ execution, exitCode }: TaskProcessEndEvent): Promise<void> {
    const start = this.#starts.get(execution);
    if (start === undefined) return;
    this.#starts.delete(execution);
    const { pid } = start;
    // Without an exit code its terminal was closed.
    const wasStopped = this.#stopped.delete(pid) || exitCode === undefined;
    const run: PastRun = {
      runId: undefined,
      pipeline: withoutCredentials(String(execution.task.definition['pipeline'])),
      ...{ started: timestamp(start.at), ended: timestamp(this.#world.now()), exitCode, pid },
      result: resultOf(exitCode, wasStopped),
    };
    await this.#remembered.update(KEY, remember(this.#inTerminals(), run));
    const isUnavailable = run.result === 'failed' && exitCode === ExitCode.unavailable;
    const { scope } = execution.task;
    const directory = typeof scope === 'object' ? scope.uri.fsPath : undefined;
    await this.#tell(run, isUnavailable ? this.#whyNoNextflow(scope) : undefined, directory);
  }

  /**
   * Reason that a launch without a prelude found no Nextflow, as far as that is seen from here; undefined if it would be
   * found, or if only the prelude's shell knows.
   */
  #whyNoNextflow(scope: Task['scope']): HumanError | undefined {
    const folder = typeof scope === 'object' ? scope : undefined;
    if (settings.prelude.get(folder).trim() !== '') return undefined;
    const path = settings.nextflowPath.get(folder);
    try {
      nextflowExecutable(path === '' ? undefined : path, this.services.openWorld(folder?.uri));
      return undefined;
    } catch (error) {
      if (error instanceof HumanError) return error;
      throw error;
    }
  }

  #inTerminals = (): PastRun[] => readRemembered(this.#remembered.get<unknown>(KEY));

  async #inBackground(): Promise<PastRun[]> {
    const runs = await backgroundRuns(this.#world);
    return Promise.all(runs.map(async (run) => pastRun(run, await hasEnded(run, this.#world))));
  }

  /** Calls that come while one looks share its look: another change follows an end. */
  async #look(): Promise<void> {
    this.#looking ??= this.#inBackground()
      .then((runs) => {
        for (const run of this.#seen.news(runs)) void this.#tell(run);
      })
      .finally(() => {
        this.#looking = undefined;
      });
    return this.#looking;
  }

  /**
   * @param why - reason that it failed, if it is known.
   * @param directory - that it was started in, if that is known.
   */
  async #tell(run: PastRun, why?: HumanError, directory?: string): Promise<void> {
    const show = l10n.t('Show');
    const showLeaks = l10n.t('Show Leaks');
    await this.leaks.refresh();
    const leaks = groupOfRun(this.leaks.groups, run, directory);
    const leaked = leaks === undefined ? [] : endWords(leaks);
    const more = leaks !== undefined && leaks.leaks.length > 0 ? [showLeaks] : [];
    const remedies = why?.remedies ?? [];
    const reason =
      why === undefined ? [] : [phraseText(why.phrase), ...remedySentences(remedies, { hasButtons: true })];
    const text = withoutLinks([endSentence(run), ...reason, ...leaked].join(' '));
    const buttons = remedyButtons(remedies);
    const titles = [...buttons.map(({ title }) => title), ...more, show];
    const chosen =
      run.result === 'failed' || run.result === 'unknown'
        ? await window.showErrorMessage(text, ...titles)
        : leaked.length > 0
          ? await window.showWarningMessage(text, ...titles)
          : await window.showInformationMessage(text, ...titles);
    if (chosen === show) await this.show(run);
    else if (chosen === showLeaks) await showProblems();
    else await buttons.find(({ title }) => title === chosen)?.run();
  }
}
