import { l10n, languages, type QuickPickItem, ThemeIcon, Uri } from 'vscode';
import { ExitCode, HumanError } from '../../core/system/human-error.ts';
import { printable } from '../../core/system/printable.ts';
import type { CommandId } from '../command-id.ts';
import type { Handler } from '../commands.ts';
import type { DisposableStore } from '../disposables.ts';
import { withoutLinks } from '../plain-text.ts';
import type { Services } from '../services.ts';
import { alone, askPick } from '../steps.ts';
import { findLeaks } from './find-leaks.ts';
import { LeakFixes } from './leak-fixes.ts';
import type { LeakGroup } from './leak-group.ts';
import { LeakProblems } from './leak-problems.ts';
import { countWords } from './leak-words.ts';
import type { LeaksModel } from './leaks-model.ts';

/**
 * Registers what is shown of leaks, and the commands about them.
 *
 * @param extension - directory that has the page about leaks.
 */
export function registerLeaks(
  services: Services,
  store: DisposableStore,
  model: LeaksModel,
  extension: Uri,
): Record<Extract<CommandId, 'dismissLeaks' | 'findLeaks'>, Handler> {
  const page = Uri.joinPath(extension, 'docs', 'leaks.md');
  store.add(new LeakProblems(model, services.references, page));
  const fixes = new LeakFixes(model, services);
  store.add(languages.registerCodeActionsProvider({ scheme: 'file' }, fixes, LeakFixes.metadata));
  return {
    findLeaks: { needsTrust: true, run: (...args) => findLeaks(args, services, model) },
    dismissLeaks: {
      needsTrust: true,
      run: async (...args) => {
        await model.dismiss(await groupFor(args, model));
      },
    },
  };
}

/** The group that a command was called on, by its row or id, or that the person picks. */
async function groupFor([value]: readonly unknown[], model: LeaksModel): Promise<LeakGroup> {
  await model.refresh();
  const given =
    typeof value === 'object' && value !== null ? (value as { group?: LeakGroup }).group?.id : value;
  const known = model.groups.find(({ id }) => id === given);
  if (known !== undefined) return known;
  if (model.groups.length === 0) throw new HumanError(ExitCode.usage, l10n.t('No leak is known.'));
  const items = model.groups.map((group): QuickPickItem & { readonly group: LeakGroup } => ({
    label: withoutLinks(printable(group.title)),
    description: countWords(group),
    iconPath: new ThemeIcon('warning'),
    group,
  }));
  return (await askPick(alone(l10n.t('Dismiss Leaks')), { placeholder: l10n.t('Whose leaks?'), items }))
    .group;
}
