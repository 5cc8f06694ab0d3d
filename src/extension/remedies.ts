import { commands, env, l10n, Uri, window } from 'vscode';
import { Phrase } from '../core/system/phrase.ts';
import { printable } from '../core/system/printable.ts';
import type { VaultScope } from '../core/secrets/scope.ts';
import type { Reason } from '../core/system/notice.ts';
import {
  type Action,
  type LedAction,
  type Remedies,
  remediesOf,
  type Remedy,
} from '../core/system/remedy.ts';
import { type CommandId, commandId } from './command-id.ts';
import { phraseText } from './phrase-text.ts';

/** A button that does something about an error. */
export interface RemedyButton {
  readonly title: string;
  readonly run: () => unknown;
}

/** A remedy in words, and as a button. */
interface Shown {
  /** Absent if nothing in VS Code does it, and the message says enough. */
  readonly sentence?: string;
  /** Sentence after a lead, if the other one has its own. */
  readonly led?: string;
  readonly button?: RemedyButton;
}

const button = (title: string, run: () => unknown, sentence: string): Shown => ({
  sentence,
  button: { title, run },
});

const openSettings = (name: string, sentence: string): Shown =>
  button(
    l10n.t('Open Settings'),
    () => {
      const query = `nextflowSecrets.${name}`;
      // Settings of a machine are not among those of the user in a remote window.
      return env.remoteName === undefined
        ? commands.executeCommand('workbench.action.openSettings', query)
        : commands.executeCommand('workbench.action.openRemoteSettings', { query });
    },
    sentence,
  );

const setting = (name: string): Shown =>
  openSettings(name, l10n.t('Set {0} in the settings.', `nextflowSecrets.${name}`));

const inWords = (sentence: string, led = sentence): Shown => ({ sentence, led });

/** Remedy that a command of ours carries out. */
const openCommand = (id: CommandId, title: string, sentence: string): Shown =>
  button(title, () => commands.executeCommand(commandId(id)), sentence);

/** Creates a secret, or lets the person name one. */
const create = (name: string | undefined): Shown =>
  button(
    l10n.t('Create Secret…'),
    () => commands.executeCommand(commandId('createSecret'), ...(name === undefined ? [] : [{ name }])),
    name === undefined
      ? l10n.t('Create one in the view Secrets.')
      : l10n.t('Create {0} in the view Secrets.', printable(name)),
  );

/** Gives a secret another value. */
const change = (name: string, scope: VaultScope): Shown =>
  button(
    l10n.t('Change Value…'),
    () => commands.executeCommand(commandId('updateSecret'), { name, scope }),
    l10n.t('Change its value in the view Secrets.'),
  );

/** Types a command and does not run it: the person decides. */
function typeInTerminal(command: string): void {
  const terminal = window.activeTerminal ?? window.createTerminal();
  terminal.show();
  terminal.sendText(command, false);
}

type Showing<D extends Action['do']> = (action: Extract<Action, { readonly do: D }>) => Shown;

const SHOWN: { readonly [D in Action['do']]: Showing<D> } = {
  'set-secret': ({ name, scope }) =>
    name !== undefined && scope !== undefined ? change(name, scope) : create(name),
  'rename-secret': ({ name }) =>
    inWords(l10n.t('Rename {0} in the code (F2): the secret gets the new name too.', printable(name))),
  'delete-secret': () => inWords(l10n.t('Delete it in the view Secrets.'), l10n.t('use the view Secrets.')),
  'import-nextflow': () =>
    button(
      l10n.t('Import Secrets…'),
      () => commands.executeCommand(commandId('importSecrets')),
      l10n.t('The command Import Secrets… takes them over.'),
    ),
  'decide-import': () => inWords(l10n.t('Choose whether they are replaced or kept.')),
  'accept-members': ({ changed }) =>
    changed === 'store'
      ? openCommand(
          'acceptStore',
          l10n.t('Accept Store…'),
          l10n.t('The command Accept Store… shows it, and asks you.'),
        )
      : inWords(l10n.t('Try it again, and accept only what you know.')),
  'rotate-key': () => inWords(l10n.t('In a terminal, nf-secrets can give it a new data key.')),
  'request-membership': () =>
    inWords(
      l10n.t('Ask them for a request: their command Copy Request to Become a Member makes it.'),
      l10n.t('the command Copy Request to Become a Member makes it.'),
    ),
  'add-member': () =>
    openCommand('addMember', l10n.t('Add Member…'), l10n.t('The command Add Member… adds one.')),
  'name-label': () => inWords(l10n.t('Name a label, such as alice/laptop.')),
  'change-role': ({ label }) =>
    openCommand(
      'changeMemberRole',
      l10n.t('Change Role…'),
      l10n.t('The view Secrets can change the role of {0}.', printable(label)),
    ),
  'remove-member': ({ label }) =>
    openCommand(
      'removeMember',
      l10n.t('Remove Member…'),
      l10n.t('The view Secrets can remove {0}.', printable(label)),
    ),
  'list-members': () => inWords(l10n.t('The view Secrets shows them.')),
  'sign-vault': () =>
    openCommand(
      'signChange',
      l10n.t('Sign Change…'),
      l10n.t('The command Sign Change… shows it, and signs it.'),
    ),
  resolve: ({ side }) => {
    if (side === undefined) {
      return openCommand(
        'resolveConflict',
        l10n.t('Resolve…'),
        l10n.t('The command Resolve Conflict… merges them.'),
      );
    }
    // One side as a whole, because the other cannot be read: the person should see what is lost.
    const command = `nf-secrets resolve --${side}`;
    return button(
      l10n.t('Type It in a Terminal'),
      () => {
        typeInTerminal(command);
      },
      l10n.t('In a terminal, nf-secrets can take one side: {0}.', command),
    );
  },
  'undo-change': ({ name, scope = 'workspace' }) =>
    button(
      l10n.t('Put Back'),
      () => commands.executeCommand(commandId('putBackSecrets'), { name, scope }),
      l10n.t('The command Put Back Deleted Secrets… puts {0} back.', printable(name)),
    ),
  'show-history': ({ name, scope = 'workspace' }) =>
    button(
      l10n.t('Show History…'),
      () => commands.executeCommand(commandId('showHistory'), { name, scope }),
      l10n.t('The command Show History of a Secret… shows the versions of {0}.', printable(name)),
    ),
  'back-up-identity': () =>
    openCommand(
      'backUpIdentity',
      l10n.t('Back Up…'),
      l10n.t('The command Back Up Identity… makes a copy of it under a passphrase.'),
    ),
  'show-identity': () =>
    openCommand('copyPublicKey', l10n.t('Copy Public Key'), l10n.t('The command Copy Public Key makes one.')),
  'use-workspace': ({ directory }) => inWords(l10n.t('Open the folder {0} to use it.', printable(directory))),
  'choose-run-root': () => setting('runRoot'),
  grant: () => inWords(l10n.t('Launch it again, and answer yes.')),
  'list-secrets': () => inWords(l10n.t('The view Secrets has them.')),
  'list-grants': () => ({}),
  'send-only': () => inWords(l10n.t('Launch it again with chosen secrets only.')),
  'send-secret': () => inWords(l10n.t('Launch it again, and choose which secrets it gets.')),
  'allow-missing': () =>
    inWords(
      l10n.t('If the run does not reach that code, launch it without them.'),
      l10n.t('Launch it without what is missing.'),
    ),
  sweep: ({ run, cancelJobs, after }) => {
    if (cancelJobs === true)
      return inWords(l10n.t('In a terminal, nf-secrets can end them: nf-secrets sweep --cancel-jobs.'));
    return button(
      l10n.t('Clean Up'),
      () => commands.executeCommand(commandId('sweepRuns'), ...(run === undefined ? [] : [run])),
      [
        ...(after === undefined ? [] : [l10n.t('First, in a terminal: {0}.', printable(after))]),
        run === undefined
          ? l10n.t('The view Runs can clean it up.')
          : l10n.t('The view Runs can clean up run {0}.', printable(run)),
      ].join(' '),
    );
  },
  'list-runs': () => inWords(l10n.t('The view Runs shows it.')),
  'stop-run': ({ run }) =>
    run === undefined
      ? inWords(l10n.t('In a terminal there, nf-secrets can end it.'))
      : button(
          l10n.t('Stop Run…'),
          () => commands.executeCommand(commandId('stopRun'), run),
          l10n.t('The view Runs can stop run {0}.', printable(run)),
        ),
  'place-options': () => inWords(l10n.t('Take it out of the arguments.')),
  'launch-in-background': () => ({}),
  'list-logs': () => ({}),
  'run-command': () => inWords(l10n.t('Run other commands in a terminal.')),
  'name-nextflow': () => setting('nextflowPath'),
  'ask-nextflow': () =>
    inWords(l10n.t('Only Nextflow knows: the launch asks it.'), l10n.t('The launch asks it.')),
  'ask-again': () => inWords(l10n.t('In a terminal, nf-secrets can launch it with --ask-again.')),
  'find-leaks': () =>
    openCommand(
      'findLeaks',
      l10n.t('Look for Leaks…'),
      l10n.t('The command Look for Leaks in Folder… looks at all files.'),
    ),
  'choose-target': ({ target }) =>
    openSettings(
      'launch.target',
      l10n.t('Set {0} to {1} in the settings.', 'nextflowSecrets.launch.target', target),
    ),
  'leave-run': () => inWords(l10n.t('Launch it outside of that run.')),
  'send-to-outer-run': ({ names }) =>
    inWords(
      l10n.t('Launch it outside of that run, or give that run {0} too.', names.map(printable).join(', ')),
    ),
  'make-execution-role': () =>
    button(
      l10n.t('Show AWS Policy…'),
      () => commands.executeCommand(commandId('showAwsPolicy')),
      l10n.t('The command Show AWS Policy… shows what it needs.'),
    ),
  'choose-profile': () =>
    openSettings('aws.profile', l10n.t('Set {0} in the settings.', 'nextflowSecrets.aws.profile')),
  'add-statement': ({ statement }) =>
    button(l10n.t('Copy Statement'), () => env.clipboard.writeText(statement), printable(statement)),
  'name-in-check': () => inWords(l10n.t('Check the permissions of a pipeline that names it.')),
  'leave-out-user': () => inWords(l10n.t('Launch it outside of that run.')),
  'submit-launch': () => inWords(l10n.t('Submit a job that launches it.')),
  'platform-login': () =>
    openCommand(
      'signInPlatform',
      l10n.t('Sign In…'),
      l10n.t('The command Sign In to Seqera Platform… takes another token.'),
    ),
  'list-platform-workspaces': () =>
    openCommand(
      'choosePlatformWorkspaces',
      l10n.t('Choose Workspaces…'),
      l10n.t('The command Choose Workspaces of Seqera Platform… shows those that there are.'),
    ),
  'set-platform-secret': ({ name }) => inWords(l10n.t('Create {0} on Seqera Platform.', printable(name))),
  'launch-as-pushed': () => inWords(l10n.t('Commit and push what is to be launched.')),
  'watch-platform-run': ({ run }) =>
    inWords(l10n.t('In a terminal: nf-secrets platform wait {0}.', printable(run))),
  'cancel-platform-run': ({ run }) =>
    inWords(l10n.t('In a terminal: nf-secrets platform cancel {0}.', printable(run))),
  run: ({ command, changes }) => {
    const shown = printable(command);
    // A terminal of VS Code changes nothing for VS Code itself.
    if (changes === 'environment') {
      return inWords(l10n.t('{0} in a shell, then close VS Code, and start it from that shell.', shown));
    }
    return button(
      l10n.t('Type It in a Terminal'),
      () => {
        typeInTerminal(command);
      },
      shown,
    );
  },
  'open-file': ({ path }) =>
    button(
      l10n.t('Open File'),
      () => commands.executeCommand('vscode.open', Uri.file(path)),
      l10n.t('Open {0}.', printable(path)),
    ),
};

const shown = (action: Action): Shown => (SHOWN[action.do] as (action: Action) => Shown)(action);

/** Actions with a sentence that is shown beside the button too: it has a text to read. */
const isInWords = (action: Action): boolean =>
  action.do === 'run' ||
  action.do === 'add-statement' ||
  (action.do === 'sweep' && action.after !== undefined);

/** Sentence of an action: its purpose, and the way to do it. A button alone is enough where there is no purpose. */
function sentenceOf(action: LedAction, hasButtons: boolean): string | undefined {
  const { sentence, led = sentence, button: has } = shown(action);
  if (action.lead === undefined) {
    return hasButtons && has !== undefined && !isInWords(action) ? undefined : sentence;
  }
  const lead = phraseText(action.lead);
  return led === undefined ? `${lead}.` : `${lead}: ${led}`;
}

/**
 * Remedies as sentences, one after the other.
 *
 * @param hasButtons - true if {@link remedyButtons} are beside them.
 */
export const remedySentences = (
  remedies: readonly Remedy[],
  { hasButtons }: { readonly hasButtons: boolean },
): string[] =>
  remedies.flatMap(
    (remedy) => (remedy instanceof Phrase ? phraseText(remedy) : sentenceOf(remedy, hasButtons)) ?? [],
  );

/** A fact and its remedies, in a text that has no buttons. */
export const factWithRemedies = (fact: Phrase, remedies: Remedies | undefined): string =>
  [phraseText(fact), ...remedySentences(remediesOf(remedies), { hasButtons: false })].join(' ');

/** A reason as the end of a sentence, and its remedies. */
export const reasonSentence = ({ reason, remedies }: Reason): string =>
  [`${phraseText(reason)}.`, ...remedySentences(remediesOf(remedies), { hasButtons: false })].join(' ');

/** Remedies as buttons: one for each title. */
export function remedyButtons(remedies: readonly Remedy[]): RemedyButton[] {
  const buttons = new Map<string, RemedyButton>();
  for (const remedy of remedies) {
    const found = remedy instanceof Phrase ? undefined : shown(remedy).button;
    if (found !== undefined && !buttons.has(found.title)) buttons.set(found.title, found);
  }
  return [...buttons.values()];
}
