import { commands, l10n, Uri, window } from 'vscode';
import { Phrase } from '../core/system/phrase.ts';
import type { Action, LedAction, Remedy } from '../core/system/remedy.ts';
import { commandId } from './command-id.ts';
import { phraseText } from './phrase-text.ts';

/** A button that does something about an error. */
export interface RemedyButton {
  readonly title: string;
  readonly run: () => unknown;
}

/** A remedy in words, and as a button. If one of them is absent, the other is enough. */
interface Shown {
  readonly sentence?: string | undefined;
  readonly button?: RemedyButton;
}

const button = (title: string, run: () => unknown): Shown => ({ button: { title, run } });

const setting = (name: string): Shown =>
  button(l10n.t('Open Settings'), () =>
    commands.executeCommand('workbench.action.openSettings', `nextflowSecrets.${name}`),
  );

const said = (sentence: string): Shown => ({ sentence });

/** Types a command and does not run it: the person decides. */
function typeInTerminal(command: string): void {
  const terminal = window.activeTerminal ?? window.createTerminal();
  terminal.show();
  terminal.sendText(command, false);
}

type Showing<D extends Action['do']> = (action: Extract<Action, { readonly do: D }>) => Shown;

const SHOWN: { readonly [D in Action['do']]: Showing<D> } = {
  'set-secret': ({ name }) =>
    button(l10n.t('Create Secret…'), () =>
      commands.executeCommand(commandId('createSecret'), ...(name === undefined ? [] : [{ name }])),
    ),
  'rename-secret': ({ name }) =>
    said(l10n.t('Rename {0} in the code (F2): the secret gets the new name too.', name)),
  'delete-secret': () => said(l10n.t('The view Secrets can delete it.')),
  'import-nextflow': () =>
    button(l10n.t('Import Secrets…'), () => commands.executeCommand(commandId('importSecrets'))),
  'decide-import': () => said(l10n.t('Say whether they are replaced or kept.')),
  'accept-members': () => said(l10n.t('Try it again, and accept only what you know.')),
  'rotate-key': () => said(l10n.t('In a terminal, nf-secrets can give it a new data key.')),
  'show-identity': () => said(l10n.t('The first secret that you create makes an identity.')),
  'back-up-identity': () => said(l10n.t('In a terminal, nf-secrets makes a copy of it under a passphrase.')),
  'use-workspace': ({ directory }) => said(l10n.t('Open the folder {0} to use it.', directory)),
  'choose-run-root': () => setting('runRoot'),
  grant: () => said(l10n.t('Launch it again, and say yes when you are asked.')),
  'list-secrets': () => said(l10n.t('The view Secrets has them.')),
  'list-grants': () => ({}),
  'send-only': () => said(l10n.t('Launch it again with chosen secrets only.')),
  'send-secret': () => said(l10n.t('Launch it again, and choose which secrets it gets.')),
  'allow-missing': () => said(l10n.t('If the run does not reach that code, launch it without them.')),
  sweep: () => button(l10n.t('Clean Up'), () => commands.executeCommand(commandId('sweepRuns'))),
  'list-runs': () => said(l10n.t('The view Runs shows it.')),
  'stop-run': () => button(l10n.t('Stop Run…'), () => commands.executeCommand(commandId('stopRun'))),
  'launch-in-background': () => ({}),
  'list-logs': () => ({}),
  'run-command': () => said(l10n.t('Run other commands in a terminal.')),
  'name-nextflow': () => setting('nextflowPath'),
  'ask-nextflow': () => said(l10n.t('Only Nextflow knows: the launch asks it.')),
  'choose-target': () => setting('launch.target'),
  'leave-run': () => said(l10n.t('Launch it outside of that run.')),
  'send-to-outer-run': ({ names }) =>
    said(l10n.t('Launch it outside of that run, or give that run {0} too.', names.join(', '))),
  'make-execution-role': () =>
    button(l10n.t('Show AWS Policy…'), () => commands.executeCommand(commandId('showAwsPolicy'))),
  run: ({ command }) =>
    button(l10n.t('Type It in a Terminal'), () => {
      typeInTerminal(command);
    }),
  'open-file': ({ path }) =>
    button(l10n.t('Open File'), () => commands.executeCommand('vscode.open', Uri.file(path))),
};

const shown = (action: Action): Shown => (SHOWN[action.do] as (action: Action) => Shown)(action);

/** Sentence of an action: its purpose, and the way to do it if no button does it. */
function sentenceOf(action: LedAction): string | undefined {
  const lead = action.lead && phraseText(action.lead);
  if (action.do === 'run') return lead === undefined ? action.command : `${lead}: ${action.command}`;
  const { sentence } = shown(action);
  if (lead === undefined) return sentence;
  return `${lead}${sentence === undefined ? '.' : `: ${sentence}`}`;
}

/** Remedies as sentences, one after the other. */
export const remedySentences = (remedies: readonly Remedy[]): string[] =>
  remedies.flatMap((remedy) => (remedy instanceof Phrase ? phraseText(remedy) : sentenceOf(remedy)) ?? []);

/** Remedies as buttons: one for each title. */
export function remedyButtons(remedies: readonly Remedy[]): RemedyButton[] {
  const buttons = new Map<string, RemedyButton>();
  for (const remedy of remedies) {
    const found = remedy instanceof Phrase ? undefined : shown(remedy).button;
    if (found !== undefined && !buttons.has(found.title)) buttons.set(found.title, found);
  }
  return [...buttons.values()];
}
