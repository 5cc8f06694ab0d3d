import { CancellationError, commands, l10n, type LogOutputChannel, Uri, window } from 'vscode';
import { HumanError } from '../core/system/human-error.ts';
import { commandId } from './command-id.ts';
import { withoutLinks } from './plain-text.ts';

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
  const remedies = remediesOf(error, log);
  const chosen = await window.showErrorMessage(
    // The text may quote files, and VS Code runs the links in a notification.
    withoutLinks(errorText(error, log)),
    ...remedies.map(({ title }) => title),
  );
  // A remedy may fail too.
  await guarded(log, () => remedies.find(({ title }) => title === chosen)?.run());
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

/** What can be done about an error, the nearest first. */
function remediesOf(error: unknown, log: LogOutputChannel): Remedy[] {
  if (error instanceof RemediedError) return [error.remedyAction];
  const subject = error instanceof HumanError ? error.subject : undefined;
  const command = error instanceof HumanError ? COMMAND.exec(error.remedy ?? '')?.[1] : undefined;
  const remedies: Remedy[] = [];
  if (subject?.kind === 'secret') {
    const { name } = subject;
    remedies.push({
      title: l10n.t('Create Secret…'),
      run: () => commands.executeCommand(commandId('createSecret'), { name }),
    });
  } else if (command !== undefined) {
    remedies.push({
      title: l10n.t('Type It in a Terminal'),
      run: () => {
        const terminal = window.activeTerminal ?? window.createTerminal();
        terminal.show();
        // Only typed: what it does is for the person to decide.
        terminal.sendText(command, false);
      },
    });
  }
  if (subject?.kind === 'file') {
    remedies.push({
      title: l10n.t('Open File'),
      run: () => commands.executeCommand('vscode.open', Uri.file(subject.path)),
    });
  }
  if (remedies.length > 0) return remedies;
  return [
    {
      title: l10n.t('Show Log'),
      run: () => {
        log.show(true);
      },
    },
  ];
}
