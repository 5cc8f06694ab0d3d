import { l10n, type QuickPickItem, ThemeIcon, window, workspace } from 'vscode';
import { printable } from '../../core/system/printable.ts';
import { type CodeRename, renamingOf } from '../code/rename-code.ts';
import type { Services } from '../services.ts';
import { alone, askPick, askText } from '../steps.ts';
import { vaultSecretsFor } from './secret-argument.ts';
import { allSecrets, type SecretNode } from '../state/secret-nodes.ts';
import { acceptStore, changingStore, openStore, type StoreAccess } from '../store-access.ts';
import { nameProblem } from '../name-problem.ts';
import { scopeTitle } from '../scope-words.ts';

/** Gives a secret another name, also in the code that uses it if the person wants so. */
export async function renameSelected(
  args: readonly unknown[],
  services: Services,
  selected: readonly SecretNode[],
): Promise<void> {
  const [entry] = await vaultSecretsFor(args, services.secrets, l10n.t('Rename Secret'), selected);
  if (entry === undefined) return;
  const { name, scope, workspace: of, uses } = entry;
  const access = await openStore(scope, of, services);
  await acceptStore(access);
  const title = l10n.t('Rename {0} ({1})', name, scopeTitle(scope));
  const to = await askText(alone(title), {
    prompt: l10n.t('Its new name'),
    value: name,
    validate: (text) => (text === name ? l10n.t('It has that name already.') : nameProblem(text)),
  });
  const taken = allSecrets(services.secrets).find(
    (other) => other.name === to && other.scope === scope && other.workspace?.directory === of?.directory,
  );
  if (taken !== undefined) {
    const replace = l10n.t('Replace');
    const question = l10n.t('{0} is set already ({1}). Replace it?', to, scopeTitle(scope));
    const detail = access.store.hasTrash ? '' : l10n.t('Its value cannot be read again afterwards.');
    if ((await window.showWarningMessage(question, { modal: true, detail }, replace)) !== replace) return;
  }
  const code = uses.length === 0 ? 'keep' : await askForCode(title, name, uses.length);
  const withCode = code !== 'keep';
  const folder = scope === 'user' ? undefined : of?.folder;
  const rename: Rename = { from: name, to, access, folder, withPreview: code === 'preview' };
  if (withCode && taken === undefined) {
    await renameWithCode(rename, services);
    return;
  }
  await changingStore(services, access, () =>
    access.store.rename({ from: name, to, replaces: taken?.info ?? null }),
  );
  services.renamed.fire({ from: name, to });
  // The replaced secret is gone: the change cannot be undone.
  if (withCode) await changeCode(rename, services);
}

interface Rename extends CodeRename {
  readonly access: StoreAccess;
  readonly withPreview: boolean;
}

/** Keeps both names of the secret while the code is changed: the code finds its name in any case. */
async function renameWithCode(rename: Rename, services: Services): Promise<void> {
  const { from, to, access, folder } = rename;
  const { store } = access;
  await changingStore(services, access, () => store.addName({ name: from, second: to }));
  const isChanged = await changeCode(rename, services);
  await services.references.settle();
  // If the person kept the old name in the preview, both are needed.
  const isKept = isChanged && services.references.usesIn(folder).has(from);
  if (isKept) return;
  await changingStore(services, access, () => store.delete([isChanged ? from : to]));
  if (isChanged) services.renamed.fire({ from, to });
}

/** @returns false if the person refused it in the preview. */
async function changeCode(rename: Rename, services: Services): Promise<boolean> {
  const edit = await renamingOf(rename, services, { isForced: rename.withPreview });
  return workspace.applyEdit(edit, { isRefactoring: true });
}

type CodeChoice = 'change' | 'preview' | 'keep';

interface CodeItem extends QuickPickItem {
  readonly choice: CodeChoice;
}

async function askForCode(title: string, name: string, uses: number): Promise<CodeChoice> {
  const items: CodeItem[] = [
    {
      label: l10n.t('Change the code too'),
      description: uses === 1 ? l10n.t('1 place') : l10n.t('{0} places', uses),
      iconPath: new ThemeIcon('replace-all'),
      choice: 'change',
    },
    {
      label: l10n.t('Choose what to change in the code…'),
      detail: l10n.t('Shows each change; those that you tick are made'),
      iconPath: new ThemeIcon('checklist'),
      choice: 'preview',
    },
    {
      label: l10n.t('Only the secret'),
      detail: l10n.t('The code still uses {0}, which is then not set', printable(name)),
      iconPath: new ThemeIcon('key'),
      choice: 'keep',
    },
  ];
  return (await askPick(alone(title), { placeholder: l10n.t('What about the code?'), items })).choice;
}
