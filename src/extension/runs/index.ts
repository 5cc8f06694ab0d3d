import { l10n, type QuickPickItem, Uri, window, workspace } from 'vscode';
import { ExitCode, HumanError } from '../../core/system/human-error.ts';
import { Phrase } from '../../core/system/phrase.ts';
import { printable } from '../../core/system/printable.ts';
import { remediesOf } from '../../core/system/remedy.ts';
import { statIfThere } from '../../core/system/durable-file.ts';
import { logPath } from '../../core/runs/background.ts';
import { stopRun } from '../../core/runs/stop.ts';
import { namedRun, type Run, sayLeftovers, sweep } from '../../core/runs/sweep.ts';
import type { CommandId } from '../command-id.ts';
import type { Handler } from '../commands.ts';
import type { DisposableStore } from '../disposables.ts';
import type { LeaksModel } from '../leaks/leaks-model.ts';
import { phraseText } from '../phrase-text.ts';
import { withoutLinks } from '../plain-text.ts';
import { reasonSentence } from '../remedies.ts';
import type { Services } from '../services.ts';
import { alone, askPick } from '../steps.ts';
import { showPastRun, showRunHistory, terminalOf } from './run-history.ts';
import { RunEnds } from './run-ends.ts';
import { RunsModel } from './runs-model.ts';
import { type RunsNode, RunsTree } from './runs-tree.ts';

/** Registers the view of runs, the commands for runs, and the commands that refresh everything. */
export function registerRuns(
  services: Services,
  store: DisposableStore,
  leaks: LeaksModel,
): Record<
  Extract<CommandId, 'refresh' | 'showLog' | 'showRun' | 'showRunHistory' | 'stopRun' | 'sweepRuns'>,
  Handler
> {
  const model = store.add(new RunsModel(services.openWorld(undefined)));
  const treeDataProvider = store.add(new RunsTree(model, leaks));
  const view = store.add(window.createTreeView('nextflowSecrets.runs', { treeDataProvider }));
  store.add(
    view.onDidChangeVisibility(({ visible }) => {
      model.watchClosely(visible);
    }),
  );
  const ends = store.add(new RunEnds(services, leaks, (run) => showPastRun(run, services)));
  const running = async (args: readonly unknown[]): Promise<Run> =>
    (await runOf(args, services)) ??
    askRun(model, ({ state }) => state === 'running', l10n.t('Nothing is running now.'));
  return {
    refresh: {
      needsTrust: false,
      run: () => Promise.all([services.secrets.ask(), model.refresh(), leaks.refresh()]),
    },
    showLog: {
      needsTrust: false,
      run: () => {
        services.log.show();
      },
    },
    showRun: { needsTrust: false, run: async (...args) => showRun(await running(args), services) },
    showRunHistory: { needsTrust: false, run: () => showRunHistory(ends, services) },
    stopRun: {
      needsTrust: true,
      run: async (...args) => {
        await stop(await running(args), services, ends);
        await model.refresh();
      },
    },
    sweepRuns: {
      needsTrust: true,
      run: async (...args) => {
        await cleanUp(await runOf(args, services), services);
        await model.refresh();
      },
    },
  };
}

/**
 * The run that a command was given: an element of the view, or an id.
 *
 * @throws HumanError 64 if there is no run of that id.
 */
async function runOf([value]: readonly unknown[], { openWorld }: Services): Promise<Run | undefined> {
  if (typeof value === 'string') return namedRun(value, openWorld(undefined));
  const node = value as Partial<RunsNode> | undefined;
  return node?.kind === 'run' ? node.run : undefined;
}

async function askRun(model: RunsModel, filter: (run: Run) => boolean, none: string): Promise<Run> {
  await model.refresh();
  const runs = model.runs.filter(filter);
  const [only, other] = runs;
  if (only === undefined) throw new HumanError(ExitCode.usage, none);
  if (other === undefined) return only;
  const items = runs.map((run): QuickPickItem & { readonly run: Run } => ({
    label: withoutLinks(printable(run.entry?.pipeline ?? run.runId)),
    description: withoutLinks(printable(run.entry?.started ?? '')),
    run,
  }));
  const question = { placeholder: l10n.t('Which run?'), items };
  return (await askPick(alone(l10n.t('Runs')), question)).run;
}

/** Shows the terminal of a run in this window, else its log. */
async function showRun({ runId, entry }: Run, services: Services): Promise<void> {
  const terminal = entry && (await terminalOf(entry.launcher.pid));
  if (terminal !== undefined) {
    terminal.show();
    return;
  }
  const log = logPath(runId, services.openWorld(undefined));
  if ((await statIfThere(log)) === undefined) {
    throw new HumanError(
      ExitCode.usage,
      l10n.t('The run {0} has no terminal in this window, and no log.', runId),
    );
  }
  await window.showTextDocument(await workspace.openTextDocument(Uri.file(log)));
}

/** Ends a run after a question, since the work of its tasks may be lost. */
async function stop({ runId, entry }: Run, services: Services, ends: RunEnds): Promise<void> {
  const yes = l10n.t('Stop');
  const question = l10n.t('Stop {0}?', printable(entry?.pipeline ?? runId));
  const detail = l10n.t('Nextflow cancels its tasks; the secrets of the run are removed.');
  if ((await window.showWarningMessage(question, { modal: true, detail }, yes)) !== yes) return;
  if (entry !== undefined) ends.noteStop(entry.launcher.pid);
  const options = { location: { viewId: 'nextflowSecrets.runs' } };
  await window.withProgress(options, () =>
    stopRun(runId, false, (pid, signal) => process.kill(pid, signal), services.openWorld(undefined)),
  );
}

/**
 * Releases the leases of runs that are over: that of the given run, or all. A run that nothing is known of is released
 * only by name, and here only after a question: its tasks would lose their secrets.
 */
async function cleanUp(run: Run | undefined, { openWorld, log }: Services): Promise<void> {
  const world = openWorld(undefined);
  if (run !== undefined && needsWord(run) && !(await isOver(run))) return;
  const { released, kept, failed } = await sweep(run === undefined ? {} : { run: run.runId }, world);
  sayLeftovers(failed, world);
  for (const one of kept) log.info(`${one.runId}: ${reasonSentence(one)}`);
  const [left] = failed;
  if (left !== undefined) {
    throw new HumanError(
      ExitCode.notCleaned,
      l10n.t('{0} could not be removed: {1}.', printable(left.item), phraseText(left.reason)),
      left.remedy,
    );
  }
  const [keptRun] = kept;
  if (run !== undefined && keptRun !== undefined) {
    throw new HumanError(
      ExitCode.notCleaned,
      l10n.t('Run {0} is kept: {1}.', printable(keptRun.runId), phraseText(keptRun.reason)),
      keptRun.remedies,
    );
  }
  window.setStatusBarMessage(sweptWords(released.length, kept.length), 5_000);
}

function sweptWords(released: number, kept: number): string {
  if (released + kept === 0) return l10n.t('There was nothing to clean up.');
  return [
    ...(released === 0 ? [] : [l10n.t('{0} runs were cleaned up.', released)]),
    ...(kept === 0 ? [] : [l10n.t('Runs that are kept: {0}. The log tells why.', kept)]),
  ].join(' ');
}

/** Tells whether a sweep releases a run only if a person says that it is over. */
const needsWord = ({ state, lingering, newer }: Run): boolean =>
  !newer && (state === 'unknown' || lingering === true);

/** Asks a person whether a run is over that nothing is known of. */
async function isOver(run: Run): Promise<boolean> {
  const yes = l10n.t('Clean Up');
  const question = l10n.t('Is {0} over?', printable(run.entry?.pipeline ?? run.runId));
  // A clean-up is what this is about.
  const others = remediesOf(run.remedies).filter((one) => one instanceof Phrase || one.do !== 'sweep');
  const detail = [
    l10n.t('It is not known to be over: {0}', reasonSentence({ ...run, remedies: others })),
    l10n.t('Its secrets are removed; tasks that still need them would fail.'),
  ].join(' ');
  return (await window.showWarningMessage(question, { modal: true, detail }, yes)) === yes;
}
