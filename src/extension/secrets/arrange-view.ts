import { l10n, type QuickPickItem, ThemeIcon } from 'vscode';
import { countOf, type Show, SHOWS, type Sort, SORTS } from '../state/arrange.ts';
import type { Services } from '../services.ts';
import { alone, askPick } from '../steps.ts';

type Item<Choice> = QuickPickItem & { readonly choice: Choice };

/** Asks which names the view is to show. Each is offered with its number, also where there is none. */
export async function askWhatToShow({ arrangement, secrets }: Services): Promise<void> {
  await secrets.refresh();
  const { roots } = secrets.snapshot;
  const items = SHOWS.map((show) => ({
    ...item(show, arrangement.show, showTitle(show)),
    description: String(countOf(roots, show)),
  }));
  const chosen = await ask(l10n.t('Show Only'), l10n.t('Which secrets?'), items, arrangement.show);
  arrangement.showOnly(chosen);
}

/** Asks for the order of the view. */
export async function askOrder({ arrangement }: Services): Promise<void> {
  const items = SORTS.map((sort) => item(sort, arrangement.sort, sortTitle(sort)));
  const chosen = await ask(l10n.t('Sort By'), l10n.t('In which order?'), items, arrangement.sort);
  await arrangement.sortBy(chosen);
}

async function ask<Choice>(
  title: string,
  placeholder: string,
  items: readonly Item<Choice>[],
  current: Choice,
): Promise<Choice> {
  const active = items.find(({ choice }) => choice === current);
  return (await askPick(alone(title), { placeholder, items, active })).choice;
}

/** An item with a tick if it is the current one. */
const item = <Choice>(choice: Choice, current: Choice, label: string): Item<Choice> => ({
  label,
  iconPath: new ThemeIcon(choice === current ? 'check' : 'blank'),
  choice,
});

/** Title of what is shown, also beside the view's own. */
export function showTitle(show: Show): string {
  switch (show) {
    case 'all':
      return l10n.t('All');
    case 'missing':
      return l10n.t('Missing');
    case 'unused':
      return l10n.t('Unused');
    case 'overridden':
      return l10n.t('Overridden');
    case 'exposed':
      return l10n.t('Exposed');
    case 'expiring':
      return l10n.t('Expired, or soon');
    case 'unread':
      return l10n.t('Not used here yet');
  }
}

function sortTitle(sort: Sort): string {
  switch (sort) {
    case 'name':
      return l10n.t('Name');
    case 'state':
      return l10n.t('State: what needs a look first');
    case 'changed':
      return l10n.t('Last change');
  }
}
