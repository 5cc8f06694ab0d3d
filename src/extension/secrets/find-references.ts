import { commands, l10n, Location, type QuickPickItem, Uri, window } from 'vscode';
import { ExitCode, HumanError } from '../../core/system/human-error.ts';
import { printable } from '../../core/system/printable.ts';
import { rangeOf } from '../code/document-scan.ts';
import type { Use } from '../code/uses.ts';
import { withoutLinks } from '../plain-text.ts';
import type { Services } from '../services.ts';
import { alone, askPick } from '../steps.ts';
import { namedOf } from './secret-argument.ts';
import type { SecretNode } from '../state/secret-nodes.ts';

/** Shows the uses of a name: a single one at its location, several in a peek view. */
export async function findReferences(
  args: readonly unknown[],
  services: Services,
  selected: readonly SecretNode[],
): Promise<void> {
  await services.references.buildAll();
  await services.references.settle();
  const uses = services.references.usesIn(undefined);
  const nodes = args.length > 0 ? [args[0]] : selected;
  const node = nodes.find((one): one is { readonly name: string } => namedNode(one));
  const name = node?.name ?? namedOf(args)?.name ?? (await askName(uses));
  const found = uses.get(name) ?? [];
  const [first] = found;
  if (first === undefined) {
    throw new HumanError(ExitCode.usage, l10n.t('The code here does not use {0}.', printable(name)));
  }
  const editor = await window.showTextDocument(Uri.parse(first.uri), { selection: rangeOf(first) });
  if (found.length === 1) return;
  const locations = found.map((use) => new Location(Uri.parse(use.uri), rangeOf(use)));
  await commands.executeCommand(
    'editor.action.peekLocations',
    editor.document.uri,
    rangeOf(first).start,
    locations,
    'peek',
  );
}

function namedNode(value: unknown): value is { readonly name: string } {
  return typeof value === 'object' && value !== null && 'name' in value && typeof value.name === 'string';
}

async function askName(uses: ReadonlyMap<string, readonly Use[]>): Promise<string> {
  if (uses.size === 0) {
    throw new HumanError(ExitCode.usage, l10n.t('No code here refers to a secret.'));
  }
  const items = [...uses].map(([name, found]): QuickPickItem & { readonly name: string } => ({
    name,
    label: withoutLinks(printable(name)),
    description: found.length === 1 ? l10n.t('1 place') : l10n.t('{0} places', found.length),
  }));
  const question = { placeholder: l10n.t('Which one?'), items };
  return (await askPick(alone(l10n.t('Find References')), question)).name;
}
