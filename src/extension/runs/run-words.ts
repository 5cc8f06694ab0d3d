import { l10n, ThemeColor, ThemeIcon } from 'vscode';
import { printable } from '../../core/system/printable.ts';
import type { PastRun, RunResult } from '../state/ended-runs.ts';

// Words and icons for the end of a run.

/** Sentence for the end of a run. */
export function endSentence(run: PastRun): string {
  const pipeline = printable(run.pipeline);
  const took = durationOf(run);
  switch (run.result) {
    case 'done':
      return took === undefined
        ? l10n.t('{0} has ended well.', pipeline)
        : l10n.t('{0} has ended well, after {1}.', pipeline, took);
    case 'stopped':
      return l10n.t('{0} was stopped.', pipeline);
    case 'failed':
      return took === undefined
        ? l10n.t('{0} has failed (exit code {1}).', pipeline, run.exitCode ?? '')
        : l10n.t('{0} has failed (exit code {1}), after {2}.', pipeline, run.exitCode ?? '', took);
    case 'running':
      return l10n.t('{0} is running.', pipeline);
    case 'unknown':
      return l10n.t('{0} is over. Its exit code is not known: its launcher was killed.', pipeline);
  }
}

/** A result in one or two words. */
export function resultWords({ result, exitCode }: PastRun): string {
  switch (result) {
    case 'running':
      return l10n.t('running');
    case 'done':
      return l10n.t('ended well');
    case 'stopped':
      return l10n.t('stopped');
    case 'failed':
      return l10n.t('failed, exit code {0}', exitCode ?? '');
    case 'unknown':
      return l10n.t('over, exit code not known');
  }
}

const ICONS: Readonly<Record<RunResult, readonly [icon: string, color?: string]>> = {
  running: ['sync', 'charts.green'],
  done: ['pass', 'charts.green'],
  // Somebody wanted it: no error.
  stopped: ['circle-slash'],
  failed: ['error', 'list.errorForeground'],
  unknown: ['question'],
};

export function resultIcon(result: RunResult): ThemeIcon {
  const [icon, color] = ICONS[result];
  return new ThemeIcon(icon, color === undefined ? undefined : new ThemeColor(color));
}

/** Time that a run has taken, in one or two units; undefined if it is not known. */
export function durationOf({ started, ended }: Pick<PastRun, 'started' | 'ended'>): string | undefined {
  const seconds = Math.round((Date.parse(ended ?? '') - Date.parse(started)) / 1000);
  if (Number.isNaN(seconds) || seconds < 0) return undefined;
  if (seconds < 60) return l10n.t('{0} s', seconds);
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return l10n.t('{0} min', minutes);
  return l10n.t('{0} h {1} min', Math.floor(minutes / 60), minutes % 60);
}
