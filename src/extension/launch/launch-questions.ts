import { l10n, type QuickPickItem, ThemeIcon, window } from 'vscode';
import { printable } from '../../core/system/printable.ts';
import { withoutLinks } from '../plain-text.ts';
import type { Services } from '../services.ts';
import { alone, askPick, askText } from '../steps.ts';
import { type Answers, definitionOf } from './answers.ts';
import type { LaunchOption } from '../target-view.ts';
import { viewOf } from '../target-views.ts';
import { type TargetChoice, TARGETS } from './launch-definition.ts';
import { planFor } from './launch-plan.ts';
import { targetWords } from './launch-target.ts';
import { paramsFiles, type Pipeline, profilesOf } from './pipelines.ts';
import { scopeTitle } from '../scope-words.ts';

// The questions about a launch: one for each line of the wizard.

export async function askTarget(current: TargetChoice): Promise<TargetChoice> {
  const items = TARGETS.map((target) => ({
    label: capitalized(targetWords({ choice: target, destination: undefined })),
    iconPath: new ThemeIcon(viewOf(target)?.icon ?? 'wand'),
    target,
  }));
  const active = items.find(({ target }) => target === current);
  const question = { placeholder: l10n.t('Where do the secrets go?'), items, active };
  return (await askPick(alone(l10n.t('Target')), question)).target;
}

const capitalized = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** Asks for the value of a target's option. */
export function askOption(option: LaunchOption, current = ''): Promise<string> {
  const { problem, ...question } = option.question();
  return askText(alone(option.title()), {
    ...question,
    value: current,
    validate: (text) => (text === '' || option.isRight(text) ? undefined : problem),
  });
}

/** Asks for profiles. Several may be combined; those of a remote pipeline are not known here. */
export async function askProfile(
  pipeline: Pipeline,
  current: string,
  { references }: Services,
): Promise<string> {
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

export async function askParamsFile({ folder }: Pipeline, current: string): Promise<string> {
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

export async function askSecrets(
  pipeline: Pipeline,
  answers: Answers,
  services: Services,
): Promise<readonly string[] | undefined> {
  const { folder } = pipeline;
  const current = answers.secrets;
  const byCode = definitionOf(pipeline, { ...answers, secrets: undefined });
  const plan = pipeline.isRemote ? undefined : await planFor(pipeline, byCode, services);
  const key = folder.uri.toString();
  const rows = services.secrets.inFolder(key)?.rows ?? [];
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
  // Exactly those that the code names: then also those that it names later.
  const isByCode = names.length === named.length && names.every((name) => named.includes(name));
  return isByCode && plan !== undefined ? undefined : names;
}
