import { l10n, type QuickPickItem, type Terminal, Uri, window, workspace } from 'vscode';
import { logPath } from '../../core/runs/background.ts';
import { ExitCode, HumanError } from '../../core/system/human-error.ts';
import { printable } from '../../core/system/printable.ts';
import { withoutLinks } from '../plain-text.ts';
import type { Services } from '../services.ts';
import type { PastRun } from '../state/ended-runs.ts';
import { alone, askPick } from '../steps.ts';
import type { RunEnds } from './run-ends.ts';
import { durationOf, resultIcon, resultWords } from './run-words.ts';

/** Lists the runs of this window and those in the background with their results, and shows the output of one. */
export async function showRunHistory(ends: RunEnds, services: Services): Promise<void> {
  const runs = await ends.history();
  if (runs.length === 0) {
    void window.showInformationMessage(
      l10n.t('No run has ended here yet, and none in the background is known.'),
    );
    return;
  }
  const items = runs.map((run): QuickPickItem & { readonly run: PastRun } => ({
    label: withoutLinks(printable(run.pipeline)),
    description: [resultWords(run), durationOf(run), startOf(run)].filter(Boolean).join(' · '),
    iconPath: resultIcon(run.result),
    run,
  }));
  const question = { placeholder: l10n.t('Whose output?'), items };
  await showPastRun((await askPick(alone(l10n.t('Run History')), question)).run, services);
}

const startOf = ({ started, runId }: PastRun): string => {
  const date = new Date(started);
  const shown = Number.isNaN(date.getTime()) ? printable(started) : date.toLocaleString();
  return runId === undefined ? shown : `${shown} · ${l10n.t('in the background')}`;
};

/**
 * Shows the log of a run in the background, or the terminal of another one.
 *
 * @throws HumanError 64 if that terminal was closed.
 */
export async function showPastRun({ runId, pid, pipeline }: PastRun, { openWorld }: Services): Promise<void> {
  if (runId !== undefined) {
    const log = Uri.file(logPath(runId, openWorld(undefined)));
    await window.showTextDocument(await workspace.openTextDocument(log));
    return;
  }
  const terminal = pid === undefined ? undefined : await terminalOf(pid);
  if (terminal === undefined) {
    throw new HumanError(
      ExitCode.usage,
      l10n.t('The terminal that {0} ran in is closed, or shows another run now.', printable(pipeline)),
    );
  }
  terminal.show();
}

/** Finds the terminal that launched a run with its own process: that of a task. Works after a reload too. */
export async function terminalOf(pid: number): Promise<Terminal | undefined> {
  for (const terminal of window.terminals) if ((await terminal.processId) === pid) return terminal;
  return undefined;
}
