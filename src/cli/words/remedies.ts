import { printable, shellWord } from '../../core/system/printable.ts';
import type { Reason } from '../../core/system/notice.ts';
import {
  type Action,
  type LedAction,
  type Remedies,
  remediesOf,
  type Remedy,
} from '../../core/system/remedy.ts';
import { Phrase } from '../../core/system/phrase.ts';

// The remedies of the core, as command lines and options.

type Words<D extends Action['do']> = (
  action: Extract<Action, { readonly do: D }>,
  lead: string | undefined,
) => string | undefined;

function sweepCommand({ run, cancelJobs, after }: Extract<Action, { readonly do: 'sweep' }>): string {
  const first = after === undefined ? '' : `${after} && `;
  const ofRun = run === undefined ? '' : ` --run ${run}`;
  return `${first}nf-secrets sweep${ofRun}${cancelJobs === true ? ' --cancel-jobs' : ''}`;
}

const LEAVE_RUN = 'env -u NF_SECRETS_RUN nf-secrets';

const ACCEPT = {
  members: 'If you know all of them (nf-secrets member list), add --accept-members.',
  'data-key': 'If a member has rotated its key, add --accept-members. Else put the file back from git.',
  unsigned: 'If you know who made these changes, and want them, add --accept-members.',
  store: 'If it is what your team uses, add --accept-members.',
  'kms-keys': 'If they are those of your team (nf-secrets member list), add --accept-members.',
} as const;

const WORDS: { readonly [D in Action['do']]: Words<D> } = {
  'set-secret': ({ name = 'NAME', scope }, lead = scope === undefined ? 'Set it' : 'Set its new value') =>
    `${lead}: nf-secrets set ${printable(name)}${scope === 'workspace' ? ' --scope workspace' : ''}`,
  'rename-secret': ({ name }, lead = 'Give it another name, here and in the code') =>
    `${lead}: nf-secrets rename ${printable(name)} NEW_NAME`,
  'delete-secret': ({ name, scope }, lead = 'Delete it') =>
    `${lead}: nf-secrets delete ${printable(name)} --scope ${scope}`,
  'import-nextflow': (_, lead = 'Take them over') => `${lead}: nf-secrets import nextflow`,
  'decide-import': () => 'Add --overwrite to change them, or --skip-existing to leave them as they are.',
  'accept-members': ({ changed }) => ACCEPT[changed],
  'rotate-key': (_, lead = 'To give it a new data key') => `${lead}: nf-secrets member rotate`,
  'request-membership': ({ withSigningKey }, lead = 'Ask them for a request') =>
    `${lead}: nf-secrets member request${withSigningKey === true ? ' --signing-key FILE.pub' : ''}`,
  'add-member': (_, lead = 'Add one') => `${lead}: nf-secrets member add REQUEST`,
  'name-label': (_, lead = 'Name it') => `${lead}: --label LABEL`,
  'change-role': ({ label, role = 'ROLE' }, lead = 'Change the role') =>
    `${lead}: nf-secrets member role ${printable(label)} ${role}`,
  'remove-member': ({ label }, lead = 'Remove the member') =>
    `${lead}: nf-secrets member remove ${printable(label)}`,
  'list-members': (_, lead = 'To see all members') => `${lead}: nf-secrets member list`,
  'sign-vault': (_, lead = 'To take the change over') => `${lead}: nf-secrets member sign`,
  resolve: ({ side }, lead = 'Merge them') =>
    `${lead}: nf-secrets resolve${side === undefined ? '' : ` --${side}`}`,
  'undo-change': ({ name, scope = 'workspace' }, lead = 'Put it back') =>
    `${lead}: nf-secrets undo ${printable(name)} --scope ${scope}`,
  'show-history': ({ name, scope = 'workspace' }, lead = 'To see its versions') =>
    `${lead}: nf-secrets history ${printable(name)} --scope ${scope}`,
  'back-up-identity': () => 'nf-secrets identity backup FILE makes a copy under a passphrase.',
  'show-identity': () => 'nf-secrets identity show makes one.',
  'use-workspace': ({ directory }, lead = 'To use it') => `${lead}: --workspace ${shellWord(directory)}`,
  'choose-run-root': (_, lead = 'Choose a directory of your own') =>
    `${lead}: --run-root or NF_SECRETS_RUN_ROOT`,
  grant: ({ names }, lead = 'If it may') =>
    `${lead}: ${names.map((name) => `--grant ${printable(name)}`).join(' ')}`,
  'list-secrets': (_, lead = 'To see all names') => `${lead}: nf-secrets list`,
  'list-grants': () => 'nf-secrets grant list shows all of them.',
  'send-only': (_, lead) =>
    lead === undefined
      ? 'To leave them out: --only NAME for each secret that it should have.'
      : `${lead}: --only NAME, or --all.`,
  'send-secret': ({ name }, lead = 'Send it too') =>
    `${lead}: --secret ${name === undefined ? 'NAME, or --all' : printable(name)}`,
  'allow-missing': ({ name }, lead = 'If this run does not reach that code') =>
    `${lead}: --allow-missing${name === undefined ? '' : `=${printable(name)}`}`,
  sweep: (action, lead = action.isKept === true ? 'Its --keep holds until you release it' : 'Release it') =>
    `${lead}: ${sweepCommand(action)}`,
  'place-options': ({ names, of }) => {
    const options = names.map((name) => `--${printable(name)}`).join(' ');
    if (of === 'platform')
      return `Put options of nf-secrets before it: nf-secrets platform launch ${options} PIPELINE`;
    return [
      `Put options of nf-secrets before it: nf-secrets launch ${options} PIPELINE`,
      `If Nextflow is to get them: nf-secrets launch -- nextflow run PIPELINE ${options}`,
    ].join('. ');
  },
  'list-runs': (_, lead = 'To see whether it is over') => `${lead}: nf-secrets runs`,
  'stop-run': ({ run }, lead = 'End it') => `${lead}: nf-secrets stop${run === undefined ? '' : ` ${run}`}`,
  'launch-in-background': (_, lead = 'Launch one') => `${lead}: nf-secrets launch --background PIPELINE`,
  'list-logs': (_, lead = 'Those that are known') => `${lead}: nf-secrets logs`,
  'run-command': ({ isNextflow }) =>
    isNextflow
      ? 'For any other subcommand: nf-secrets exec -- nextflow …'
      : 'For any other command: nf-secrets exec -- COMMAND …',
  'name-nextflow': (_, lead = 'Name the nextflow executable') => `${lead}: --nextflow PATH`,
  'ask-nextflow': (_, lead = 'To ask Nextflow, which then runs the code of the pipeline') =>
    `${lead}: --preview`,
  'ask-again': (_, lead = 'To ask Nextflow again') => `${lead}: --ask-again`,
  'find-leaks': (_, lead = 'Look for leaks') => `${lead}: nf-secrets leaks PATH`,
  'choose-target': ({ target }, lead = 'If it does not run there') => `${lead}: --target ${target}`,
  'leave-run': ({ toLaunch }, lead = toLaunch ? 'Launch it by itself' : 'Leave that run') =>
    `${lead}: ${LEAVE_RUN} ${toLaunch ? 'launch …' : '…'}`,
  'send-to-outer-run': ({ names }) =>
    `Start the outer launch or exec with ${names.map((name) => `--secret ${printable(name)}`).join(' ')}, or leave that run: ${LEAVE_RUN} …`,
  'make-execution-role': (_, lead = 'Make the role') => `${lead}: nf-secrets aws policy execution-role`,
  'choose-profile': () => undefined,
  'add-statement': ({ statement }, lead = 'Have this added to the policies') => `${lead}:\n  ${statement}`,
  'name-in-check': ({ what }) => `Name the pipeline, or --${what}.`,
  'leave-out-user': () =>
    'Name those that are wanted (--only NAME), or give --without-user to the outer launch or exec.',
  'submit-launch': () =>
    'Submit a job that runs nf-secrets launch: it makes and removes the secrets inside of the job. See ' +
    'examples/slurm/launch.sbatch and docs/hpc.md.',
  'platform-login': (_, lead = 'Log in') => `${lead}: nf-secrets platform login`,
  'list-platform-workspaces': (_, lead = 'To see those that there are') =>
    `${lead}: nf-secrets platform workspaces`,
  'set-platform-secret': ({ name, context }, lead = 'Set it there') =>
    `${lead}: nf-secrets platform set ${printable(name)} --in ${contextWord(context)}`,
  'launch-as-pushed': (_, lead = 'To launch it all the same') => `${lead}: --yes`,
  'watch-platform-run': ({ run, context }, lead = 'To wait for it') =>
    `${lead}: nf-secrets platform wait ${printable(run)} --in ${contextWord(context)}`,
  'cancel-platform-run': ({ run, context }, lead = 'To end it') =>
    `${lead}: nf-secrets platform cancel ${printable(run)} --in ${contextWord(context)}`,
  run: ({ command }, lead) => (lead === undefined ? command : `${lead}: ${command}`),
  // A terminal opens no files: the message names it.
  'open-file': () => undefined,
};

/** The title of a workspace of Seqera Platform, as an option takes it. */
const contextWord = (title: string): string => (/^[\w./-]+$/.test(title) ? title : shellWord(title));

function lineOf(action: LedAction): string | undefined {
  const words = WORDS[action.do] as (action: Action, lead: string | undefined) => string | undefined;
  return words(action, action.lead && String(action.lead));
}

/** The remedies, one line each. */
export function remedyLines(remedies: readonly Remedy[]): string[] {
  return remedies.flatMap((remedy) => {
    const line = remedy instanceof Phrase ? String(remedy) : lineOf(remedy);
    return line === undefined ? [] : line.split('\n');
  });
}

/** The remedies in one line. */
export const inOneLine = (remedies: readonly Remedy[]): string =>
  remedyLines(remedies)
    .map((line) => line.trim())
    .join(' ');

/** The command line of an action that has one: nothing but the command, for a script. */
export function remedyCommand(action: LedAction): string {
  if (action.do === 'run') return action.command;
  return action.do === 'sweep' ? sweepCommand(action) : (lineOf(action) ?? '');
}

/** A notice and its remedy in one line; several remedies have a line each. */
export function noticeLine(notice: Phrase, remedies: Remedies | undefined): string {
  const all = remediesOf(remedies);
  return [String(notice), ...remedyLines(all)].join(all.length > 1 ? '\n  ' : ' ');
}

/** A reason as the end of a sentence, and its remedies. */
export function reasonSentence({ reason, remedies = [] }: Reason): string {
  const ways = remedies.map((remedy) => inOneLine([remedy])).filter((way) => way !== '');
  return ways.length === 0 ? `${String(reason)}.` : `${String(reason)}. ${ways.join('; ')}`;
}

/** The same for a field of JSON, which has no full stop at its end. */
export const reasonText = (reason: Reason): string => reasonSentence(reason).replace(/\.$/, '');
