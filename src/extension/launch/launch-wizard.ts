import {
  l10n,
  type QuickPickItem,
  QuickPickItemKind,
  ThemeIcon,
  window,
  type WorkspaceFolder,
  workspace,
} from 'vscode';
import type { Use } from '../../core/launch/plan.ts';
import { printable } from '../../core/system/printable.ts';
import { createSecret } from '../secrets/create-secret.ts';
import { scopeTitle } from '../secrets/secret-item.ts';
import { withoutLinks } from '../plain-text.ts';
import type { Services } from '../services.ts';
import { alone, askPick, askText } from '../steps.ts';
import type { Answers } from './answers.ts';
import {
  type LaunchAws,
  launchAws,
  NO_CODE,
  type Said,
  saidWords,
  targetOf,
  targetWords,
} from './launch-aws.ts';
import {
  type TargetChoice,
  TARGETS,
  isProfile,
  isRegion,
  type LaunchDefinition,
  TASK_TYPE,
} from './launch-definition.ts';
import { type LaunchPlan, placeOfUse, planFor } from './launch-plan.ts';
import { launchWords } from './launch-task.ts';
import { type EntryScript, localPipeline, paramsFiles, type Pipeline, profilesOf } from './pipelines.ts';

interface PipelineItem extends QuickPickItem {
  /** Undefined for the one that asks for a remote pipeline. */
  readonly pipeline: Pipeline | undefined;
}

/** Which pipeline: one of the window's, or a remote one. @throws CancellationError */
export async function askPipeline(
  scripts: readonly EntryScript[],
  folder: WorkspaceFolder,
): Promise<Pipeline> {
  const items = scripts.map((script): PipelineItem => {
    const pipeline = localPipeline(script);
    return {
      label: withoutLinks(printable(pipeline.word)),
      description:
        (workspace.workspaceFolders?.length ?? 0) > 1 ? withoutLinks(printable(script.folder.name)) : '',
      iconPath: new ThemeIcon('file-code'),
      pipeline,
    };
  });
  const remote: PipelineItem = {
    label: l10n.t('Remote pipeline…'),
    description: 'owner/name',
    iconPath: new ThemeIcon('globe'),
    pipeline: undefined,
  };
  const frame = alone(l10n.t('Launch Pipeline'));
  const chosen = await askPick(frame, { placeholder: l10n.t('Which pipeline?'), items: [...items, remote] });
  if (chosen.pipeline !== undefined) return chosen.pipeline;
  const word = await askText(frame, {
    prompt: l10n.t('The name or URL of a pipeline, as for nextflow run'),
    placeholder: 'nf-core/rnaseq',
    validate: (text) =>
      /^[^\s-]\S*$/.test(text) ? undefined : l10n.t('It has no spaces and does not start with a dash.'),
  });
  return { word, folder, isRemote: true };
}

/** What a launch runs, as a task. */
export function definitionOf({ word }: Pipeline, answers: Answers, allowMissing = false): LaunchDefinition {
  const { profile, paramsFile, resume, secrets, target, awsRegion = '', awsProfile = '' } = answers;
  return {
    type: TASK_TYPE,
    pipeline: word,
    ...(profile !== '' && { profile }),
    ...(paramsFile !== '' && { paramsFile }),
    ...(resume && { resume }),
    ...(secrets !== undefined && { secrets }),
    ...(allowMissing && { allowMissing }),
    ...(target !== undefined && { target }),
    ...(awsRegion !== '' && { awsRegion }),
    ...(awsProfile !== '' && { awsProfile }),
  };
}

type Choice =
  | Decision['then']
  | 'profile'
  | 'paramsFile'
  | 'resume'
  | 'secrets'
  | 'target'
  | 'awsRegion'
  | 'awsProfile'
  | { readonly missing: string };

type NewItem = (choice: Choice, icon: string, label: string, description?: string) => ChoiceItem;

interface ChoiceItem extends QuickPickItem {
  readonly choice: Choice | undefined;
}

/** What a person wants at the end of the wizard. */
export interface Decision {
  readonly answers: Answers;
  readonly then: 'launch' | 'launchWithout' | 'plan' | 'keep';
}

/**
 * One list that shows what would be launched, with what is missing or overridden first. Return on the first line
 * launches; any other line changes what it shows, and the list comes back.
 *
 * @throws CancellationError
 */
export async function askHow(pipeline: Pipeline, before: Answers, services: Services): Promise<Decision> {
  let answers = before;
  for (;;) {
    const choice = await askChoice(pipeline, answers, services);
    if (typeof choice === 'string' && isLast(choice)) return { answers, then: choice };
    const change = await changeOf(choice, pipeline, answers, services);
    answers = { ...answers, ...change };
  }
}

const isLast = (choice: string): choice is Decision['then'] =>
  ['launch', 'launchWithout', 'plan', 'keep'].includes(choice);

async function askChoice(pipeline: Pipeline, answers: Answers, services: Services): Promise<Choice> {
  const definition = definitionOf(pipeline, answers);
  const plan = pipeline.isRemote ? undefined : await planFor(pipeline, definition, services);
  const item: NewItem = (choice, icon, label, description = '') => ({
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
  const none = l10n.t('none');
  const words = launchWords(definition, pipeline.folder).map(printable);
  const profiles = pipeline.isRemote || profilesOf(pipeline.folder, services.references).length > 0;
  const items: ChoiceItem[] = [
    ...(plan === undefined || plan.missing.length === 0
      ? [item('launch', 'play', l10n.t('Launch'), `nextflow run ${words.join(' ')}`)]
      : []),
    separator(l10n.t('Secrets')),
    ...(plan === undefined ? [] : planItems(plan, item)),
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
    item('resume', 'debug-continue', l10n.t('Resume'), answers.resume ? l10n.t('yes') : l10n.t('no')),
    ...awsItems(plan?.aws ?? awsOfRemote(definition, pipeline, services), plan === undefined, item),
    separator(l10n.t('More')),
    ...(plan === undefined ? [] : [item('plan', 'checklist', l10n.t('Show the plan'))]),
    item('keep', 'save', l10n.t('Keep as a task'), 'tasks.json'),
  ];
  const chosen = await askPick(alone(l10n.t('Launch {0}', printable(pipeline.word))), {
    placeholder:
      plan !== undefined && plan.missing.length > 0
        ? l10n.t('Something is missing; choose a line to set it')
        : l10n.t('Return launches; choose a line to change it'),
    items,
  });
  return chosen.choice ?? 'launch';
}

function planItems({ missing, secrets }: LaunchPlan, item: NewItem): ChoiceItem[] {
  return [
    ...missing.map(({ name, uses }) =>
      item({ missing: name }, 'warning', l10n.t('{0} is not set', printable(name)), setNow(uses)),
    ),
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

/** Whose code is known only when it was pulled. */
function awsOfRemote(definition: LaunchDefinition, { folder }: Pipeline, { openWorld }: Services): LaunchAws {
  const args = ['run', ...launchWords(definition, folder)];
  return launchAws(args, definition, NO_CODE, folder, openWorld(folder.uri));
}

/**
 * Where it goes, if that may be AWS. What a config of the pipeline says is not for the person to change here; the plan
 * says where it is said.
 */
function awsItems(aws: LaunchAws, isRemote: boolean, item: NewItem): ChoiceItem[] {
  const choice = (said: Said | undefined, own: 'awsRegion' | 'awsProfile'): Choice =>
    said?.isFixed === true ? 'plan' : own;
  return [
    ...(isRemote || aws.inCode !== 'no' || aws.target === 'aws-batch'
      ? [item('target', 'cloud', l10n.t('Target'), targetWords(aws))]
      : []),
    ...(aws.use === 'no'
      ? []
      : [
          item(choice(aws.region, 'awsRegion'), 'globe', l10n.t('AWS region'), saidWords(aws.region)),
          item(choice(aws.profile, 'awsProfile'), 'account', l10n.t('AWS profile'), saidWords(aws.profile)),
        ]),
  ];
}

function setNow([first]: readonly Use[]): string {
  return first === undefined ? l10n.t('set it now') : l10n.t('used in {0}; set it now', placeOfUse(first));
}

function sentWords({ secrets }: Answers, plan: LaunchPlan | undefined): string {
  if (secrets !== undefined) return secrets.length === 0 ? l10n.t('none') : secrets.map(printable).join(', ');
  if (plan === undefined) return l10n.t('those that its code names');
  const names = plan.secrets.map(({ name }) => printable(name));
  return names.length === 0 ? l10n.t('none, its code names none that is set') : names.join(', ');
}

async function changeOf(
  choice: Exclude<Choice, Decision['then']>,
  pipeline: Pipeline,
  answers: Answers,
  services: Services,
): Promise<Partial<Answers>> {
  if (typeof choice === 'object') {
    await createSecret([{ name: choice.missing }], services);
    return {};
  }
  switch (choice) {
    case 'profile':
      return { profile: await askProfile(pipeline, answers.profile, services) };
    case 'paramsFile':
      return { paramsFile: await askParamsFile(pipeline, answers.paramsFile) };
    case 'resume':
      return { resume: !answers.resume };
    case 'secrets':
      return { secrets: await askSecrets(pipeline, answers, services) };
    case 'target':
      return { target: await askTarget(targetOf(answers, pipeline.folder)) };
    case 'awsRegion':
      return { awsRegion: await askRegion(answers.awsRegion) };
    case 'awsProfile':
      return { awsProfile: await askAwsProfile(answers.awsProfile) };
  }
}

async function askTarget(current: TargetChoice): Promise<TargetChoice> {
  const icons = { auto: 'wand', local: 'vm', 'aws-batch': 'cloud' } as const;
  const items = TARGETS.map((target) => ({
    label: capitalized(targetWords({ target, use: 'no' })),
    iconPath: new ThemeIcon(icons[target]),
    target,
  }));
  const active = items.find(({ target }) => target === current);
  const question = { placeholder: l10n.t('Where do the secrets go?'), items, active };
  return (await askPick(alone(l10n.t('Target')), question)).target;
}

const capitalized = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

function askRegion(current = ''): Promise<string> {
  return askText(alone(l10n.t('AWS region')), {
    prompt: l10n.t('AWS_REGION of the launch; empty for that of your AWS configuration'),
    placeholder: 'eu-west-1',
    value: current,
    validate: (text) =>
      text === '' || isRegion(text) ? undefined : l10n.t('A region is written like eu-west-1.'),
  });
}

function askAwsProfile(current = ''): Promise<string> {
  return askText(alone(l10n.t('AWS profile')), {
    prompt: l10n.t('AWS_PROFILE of the launch; empty for that of your AWS configuration'),
    value: current,
    validate: (text) =>
      text === '' || isProfile(text) ? undefined : l10n.t('This cannot be the name of a profile.'),
  });
}

/** Several profiles may be combined; those of a remote pipeline are not known here. */
async function askProfile(pipeline: Pipeline, current: string, { references }: Services): Promise<string> {
  const title = l10n.t('Profile');
  if (pipeline.isRemote) {
    return askText(alone(title), {
      prompt: l10n.t('Profiles, separated by commas; empty for none'),
      value: current,
      validate: (text) =>
        /^([\w.,]([\w.,-])*)?$/.test(text) ? undefined : l10n.t('Names, separated by commas'),
    });
  }
  const picked = current.split(',');
  const items = profilesOf(pipeline.folder, references).map((name) => ({
    name,
    label: withoutLinks(printable(name)),
    picked: picked.includes(name),
  }));
  const options = { title, canPickMany: true, placeHolder: l10n.t('Which profiles?') } as const;
  const chosen = await window.showQuickPick(items, options);
  return chosen === undefined ? current : chosen.map(({ name }) => name).join(',');
}

async function askParamsFile({ folder }: Pipeline, current: string): Promise<string> {
  const none = l10n.t('None');
  const items = [
    { label: none, iconPath: new ThemeIcon('circle-slash'), path: '' },
    ...(await paramsFiles(folder)).map((path) => ({
      label: withoutLinks(printable(path)),
      iconPath: new ThemeIcon('file'),
      path,
    })),
  ];
  const { path } = await askPick<QuickPickItem & { readonly path: string }>(
    alone(l10n.t('Parameters file')),
    {
      placeholder: l10n.t('Which file has the parameters?'),
      items,
      active: items.find((item) => item.path === current),
    },
  );
  return path;
}

async function askSecrets(
  pipeline: Pipeline,
  answers: Answers,
  services: Services,
): Promise<readonly string[] | undefined> {
  const { folder } = pipeline;
  const current = answers.secrets;
  const byCode = definitionOf(pipeline, { ...answers, secrets: undefined });
  const plan = pipeline.isRemote ? undefined : await planFor(pipeline, byCode, services);
  const key = folder.uri.toString();
  const rows = services.secrets.snapshot.layers.find(({ of }) => of?.folder === key)?.rows ?? [];
  const winning = rows.filter(({ overriddenBy }) => overriddenBy === null);
  const named = (plan?.secrets ?? []).map(({ name }) => name);
  const items = winning.map(({ name, scope }) => ({
    label: name,
    description: scopeTitle(scope),
    picked: current?.includes(name) ?? named.includes(name),
  }));
  const options = {
    title: l10n.t('Secrets that are sent'),
    canPickMany: true,
    ignoreFocusOut: true,
  } as const;
  const chosen = await window.showQuickPick(items, options);
  if (chosen === undefined) return current;
  const names = chosen.map(({ label }) => label);
  // Just those that the code names: then also those that it names later.
  const isByCode = names.length === named.length && names.every((name) => named.includes(name));
  return isByCode && plan !== undefined ? undefined : names;
}
