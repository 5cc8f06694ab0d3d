import { CancellationError, l10n, type LogOutputChannel, window } from 'vscode';
import { HumanError } from '../core/system/human-error.ts';
import { phraseText } from './phrase-text.ts';
import { withoutLinks } from './plain-text.ts';
import { type RemedyButton, remedyButtons, remedySentences } from './remedies.ts';

/** An error with a remedy that VS Code can carry out. */
export class RemediedError extends Error {
  constructor(
    message: string,
    readonly remedyAction: RemedyButton,
  ) {
    super(message);
  }
}

/**
 * Runs an action for a person. A {@link HumanError} is shown with its remedy. A cancelled question shows nothing.
 * Any other error is a bug: its stack goes to the log.
 */
export async function guarded(log: LogOutputChannel, work: () => unknown): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof CancellationError) return;
    void showProblem(error, log);
  }
}

/** Shows an error with its remedies as buttons. @param more - buttons after these. */
export async function showProblem(
  error: unknown,
  log: LogOutputChannel,
  more: readonly RemedyButton[] = [],
): Promise<void> {
  const buttons = [...buttonsOf(error, log), ...more];
  const chosen = await window.showErrorMessage(
    // The text may quote files, and VS Code runs the links in a notification.
    withoutLinks(errorText(error, log)),
    ...buttons.map(({ title }) => title),
  );
  // A remedy may fail too.
  await guarded(log, () => buttons.find(({ title }) => title === chosen)?.run());
}

/** Message of an error for a person. The stack of an unexpected error goes to the log. */
function errorText(error: unknown, log: LogOutputChannel): string {
  if (error instanceof RemediedError) return error.message;
  if (error instanceof HumanError) {
    const lines = [phraseText(error.phrase), ...remedySentences(error.remedies, { hasButtons: true })];
    for (const line of lines) log.warn(line);
    return lines.join(' ');
  }
  log.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
  return l10n.t('This did not work because of an error in Nextflow Secrets. Its log tells more.');
}

/** Buttons for the remedies of an error, the nearest first. */
function buttonsOf(error: unknown, log: LogOutputChannel): RemedyButton[] {
  if (error instanceof RemediedError) return [error.remedyAction];
  const buttons = error instanceof HumanError ? remedyButtons(error.remedies) : [];
  if (buttons.length > 0) return buttons;
  return [
    {
      title: l10n.t('Show Log'),
      run: () => {
        log.show(true);
      },
    },
  ];
}
