import { l10n, type QuickPickItem, QuickPickItemKind, ThemeIcon } from 'vscode';
import type { Use } from '../../core/launch/plan.ts';
import { nearEnd } from '../../core/secrets/expiry.ts';
import { printable } from '../../core/system/printable.ts';
import type { Services } from '../services.ts';
import { type Answers, definitionOf } from './answers.ts';
import type { LaunchOption } from '../target-view.ts';
import type { LaunchDefinition } from './launch-definition.ts';
import { type PipelinePlan, locationOf } from './launch-plan.ts';
import { type LaunchTarget, launchTarget, NO_CODE, targetWords, valueWords } from './launch-target.ts';
import { launchWords } from './launch-task.ts';
import { type Pipeline, profilesOf } from './pipelines.ts';
import { scopeTitle } from '../scope-words.ts';
import { expiryOf } from '../secret-text.ts';

/** Effect of a line of the list. */
export type Choice =
  | Decision['then']
  | 'profile'
  | 'paramsFile'
  | 'arguments'
  | 'resume'
  | 'secrets'
  | 'target'
  | { readonly option: LaunchOption }
  | { readonly missing: string };

export interface ChoiceItem extends QuickPickItem {
  /** Undefined for a separator. */
  readonly choice: Choice | undefined;
}

/** Result of the wizard. */
export interface Decision {
  readonly answers: Answers;
  readonly then: 'launch' | 'launchWithout' | 'plan' | 'keep';
}

const item = (choice: Choice, icon: string, label: string, description = ''): ChoiceItem => ({
  choice,
  label,
  description,
  iconPath: new ThemeIcon(icon),
});

const separator = (label: string): ChoiceItem => ({
  choice: undefined,
  label,
  kind: QuickPickItemKind.Separator,
});

/**
 * The lines of the wizard's list.
 *
 * @param plan - undefined for a remote pipeline: its code is known only after it was pulled.
 */
export function wizardLines(
  pipeline: Pipeline,
  answers: Answers,
  plan: PipelinePlan | undefined,
  services: Services,
): ChoiceItem[] {
  const definition = definitionOf(pipeline, answers);
  const none = l10n.t('none');
  const words = launchWords(definition, pipeline.folder).map(printable);
  const profiles = pipeline.isRemote || profilesOf(pipeline.folder, services.references).length > 0;
  return [
    ...(plan === undefined || plan.missing.length === 0
      ? [item('launch', 'play', l10n.t('Launch'), `nextflow run ${words.join(' ')}`)]
      : []),
    separator(l10n.t('Secrets')),
    ...(plan === undefined ? [] : planItems(plan)),
    item('secrets', 'key', l10n.t('Secrets that are sent'), sentWords(answers, plan)),
    ...(plan !== undefined && plan.missing.length > 0
      ? [
          item(
            'launchWithout',
            'play',
            l10n.t('Launch without what is missing'),
            l10n.t('if this run does not reach that code'),
          ),
        ]
      : []),
    separator(l10n.t('Options')),
    ...(profiles ? [item('profile', 'settings', l10n.t('Profile'), printable(answers.profile) || none)] : []),
    item('paramsFile', 'file', l10n.t('Parameters file'), printable(answers.paramsFile) || none),
    item('arguments', 'symbol-parameter', l10n.t('Arguments'), argumentWords(answers) || none),
    item('resume', 'debug-continue', l10n.t('Resume'), answers.resume ? l10n.t('yes') : l10n.t('no')),
    ...targetItems(plan?.target ?? targetOfRemote(definition, pipeline, services), plan === undefined),
    separator(l10n.t('More')),
    ...(plan === undefined ? [] : [item('plan', 'checklist', l10n.t('Show the plan'))]),
    item('keep', 'save', l10n.t('Keep as a task'), 'tasks.json'),
  ];
}

const argumentWords = ({ arguments: words = [] }: Answers): string => words.map(printable).join(' ');

function planItems({ missing, secrets, now }: PipelinePlan): ChoiceItem[] {
  return [
    ...missing.map(({ name, uses, isSet }) =>
      isSet
        ? item('secrets', 'warning', l10n.t('{0} is left out', printable(name)), sendToo(uses))
        : item({ missing: name }, 'warning', l10n.t('{0} is not set', printable(name)), setNow(uses)),
    ),
    ...secrets.flatMap(({ name, expires = null }) => {
      const end = nearEnd(expires, now);
      const words = expiryOf({ expires, end }).join('');
      return end === undefined ? [] : [item('plan', 'warning', printable(name), words)];
    }),
    ...secrets
      .filter(({ overrides }) => overrides.length > 0)
      .map(({ name, from, overrides }) =>
        item(
          'plan',
          'info',
          printable(name),
          l10n.t('{0} overrides {1}', scopeTitle(from), overrides.map(scopeTitle).join(', ')),
        ),
      ),
  ];
}

/** Target of a remote pipeline: its code is known only after it was pulled. */
function targetOfRemote(
  definition: LaunchDefinition,
  { folder }: Pipeline,
  { openWorld }: Services,
): LaunchTarget {
  const args = ['run', ...launchWords(definition, folder)];
  return launchTarget({ args, definition, code: NO_CODE }, folder, openWorld(folder.uri));
}

/**
 * Lines for the target, if that may be a service. A person cannot change values of the pipeline's configs here; the plan
 * shows their location.
 */
function targetItems(target: LaunchTarget, isRemote: boolean): ChoiceItem[] {
  const { inCode, destination, options } = target;
  return [
    ...(isRemote || inCode !== undefined || destination !== undefined
      ? [item('target', 'cloud', l10n.t('Target'), targetWords(target))]
      : []),
    ...options.map((found): ChoiceItem => {
      const { option } = found;
      const choice = found.found?.isFixed === true ? 'plan' : { option };
      return item(choice, option.icon, option.title(), valueWords(found));
    }),
  ];
}

function setNow([first]: readonly Use[]): string {
  return first === undefined ? l10n.t('set it now') : l10n.t('used in {0}; set it now', locationOf(first));
}

function sendToo([first]: readonly Use[]): string {
  return first === undefined ? l10n.t('send it too') : l10n.t('used in {0}; send it too', locationOf(first));
}

function sentWords({ secrets }: Answers, plan: PipelinePlan | undefined): string {
  if (secrets !== undefined) return secrets.length === 0 ? l10n.t('none') : secrets.map(printable).join(', ');
  if (plan === undefined) return l10n.t('those that its code names');
  const names = plan.secrets.map(({ name }) => printable(name));
  const named = names.length === 0 ? l10n.t('none, its code names none that is set') : names.join(', ');
  const also = plan.passedOn.length;
  return also === 0 ? named : l10n.t('{0}; and {1} of your own Nextflow store', named, also);
}
