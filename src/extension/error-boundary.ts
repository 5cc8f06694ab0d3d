import { CancellationError, l10n, type LogOutputChannel, window } from 'vscode';
import { HumanError } from '../core/human-error.ts';

/** What a person can do about an error, as a button. */
export interface Remedy {
  readonly title: string;
  readonly run: () => unknown;
}

/** An error whose remedy is something that VS Code can do. */
export class RemediedError extends Error {
  constructor(
    message: string,
    readonly remedyAction: Remedy,
  ) {
    super(message);
  }
}

/**
 * Runs what a person asked for. A {@link HumanError} is shown with its remedy; a cancelled question ends in
 * silence; anything else is a bug: its stack goes to the log.
 */
export async function guarded(log: LogOutputChannel, work: () => unknown): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof CancellationError) return;
    void showError(error, log);
  }
}

async function showError(error: unknown, log: LogOutputChannel): Promise<void> {
  const remedy = error instanceof RemediedError ? error.remedyAction : remedyOf(error, log);
  const chosen = await window.showErrorMessage(errorText(error, log), remedy.title);
  if (chosen !== undefined) await remedy.run();
}

/** What a person is told about an error; what they cannot read goes to the log. */
function errorText(error: unknown, log: LogOutputChannel): string {
  if (error instanceof RemediedError) return error.message;
  if (error instanceof HumanError) {
    log.warn(error.message);
    if (error.remedy !== undefined) log.warn(error.remedy);
    return error.remedy === undefined ? error.message : `${error.message} ${error.remedy}`;
  }
  log.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
  return l10n.t('This did not work because of an error in Nextflow Secrets. Its log says more.');
}

/** Commands that a remedy of the core may end with. */
const COMMAND = /(?:^|[:;] |\n)((?:nf-secrets|nextflow|sops|chmod|mv) [^\n]+)$/;

function remedyOf(error: unknown, log: LogOutputChannel): Remedy {
  const command = error instanceof HumanError ? COMMAND.exec(error.remedy ?? '')?.[1] : undefined;
  if (command === undefined) {
    return {
      title: l10n.t('Show Log'),
      run: () => {
        log.show(true);
      },
    };
  }
  return {
    title: l10n.t('Type It in a Terminal'),
    run: () => {
      const terminal = window.activeTerminal ?? window.createTerminal();
      terminal.show();
      // Only typed: what it does is for the person to decide.
      terminal.sendText(command, false);
    },
  };
}
