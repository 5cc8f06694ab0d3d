import { l10n, window } from 'vscode';
import type { Deletion } from '../../core/secrets/writable-store.ts';
import { ExitCode, HumanError } from '../../core/system/human-error.ts';
import { guarded } from '../error-boundary.ts';
import type { Services } from '../services.ts';
import { type VaultSecret, vaultSecretsFor } from './secret-argument.ts';
import type { SecretEntry, SecretNode } from '../state/secret-nodes.ts';
import { acceptStore, changingStore, openStore, type StoreAccess } from '../store-access.ts';
import { day } from '../secret-text.ts';
import { overriddenWords, scopeTitle } from '../scope-words.ts';

/** Deletes secrets after one question that names them and their uses. */
export async function deleteSelected(
  args: readonly unknown[],
  services: Services,
  selected: readonly SecretNode[],
): Promise<void> {
  const entries = await vaultSecretsFor(args, services.secrets, l10n.t('Delete Secret'), selected);
  const vaults = await Promise.all(
    byVault(entries).map(async (group) => ({
      access: await openStore(group[0].scope, group[0].workspace, services),
      names: group.map(({ name }) => name),
    })),
  );
  for (const { access } of vaults) await acceptStore(access);
  const remove = l10n.t('Delete');
  const [first] = entries;
  const question =
    entries.length === 1 && first !== undefined
      ? l10n.t('Delete {0} ({1})?', first.name, scopeTitle(first.scope))
      : l10n.t('Delete {0} secrets?', entries.length);
  const detail = entries.map(lossOf).join('\n');
  if ((await window.showWarningMessage(question, { modal: true, detail }, remove)) !== remove) return;
  const deleted: Deleted[] = [];
  for (const { access, names } of vaults) {
    await changingStore(services, access, async () => {
      deleted.push({ access, names, deletion: await access.store.delete(names) });
    });
  }
  // Not awaited: the command is done, and a person may answer much later.
  void offerUndo(deleted, services);
}

/** Deleted secrets of one store. Values of a vault are only in memory. */
interface Deleted {
  readonly access: StoreAccess;
  readonly names: readonly string[];
  readonly deletion: Deletion;
}

/** Milliseconds that a deleted value stays in memory. */
const UNDO_TIME = 5 * 60_000;

async function offerUndo(deleted: readonly Deleted[], services: Services): Promise<void> {
  const kept = new Set(deleted);
  const forget = setTimeout(() => {
    for (const one of kept) if (one.deletion.until === undefined) kept.delete(one);
  }, UNDO_TIME);
  const undo = l10n.t('Undo');
  const chosen = await window.showInformationMessage(deletedWords(deleted), undo);
  clearTimeout(forget);
  if (chosen !== undo) return;
  await guarded(services.log, async () => {
    if (kept.size === 0) throw new HumanError(ExitCode.missing, l10n.t('The five minutes are over.'));
    for (const { access, deletion } of kept) await changingStore(services, access, () => deletion.undo());
  });
}

/** What was deleted, and how long it can be put back: the shortest time counts. */
function deletedWords(deleted: readonly Deleted[]): string {
  const names = deleted.flatMap((one) => one.names);
  const times = deleted.map(({ deletion }) => deletion.until);
  const [until] = times.includes(undefined) ? [] : times.sort();
  if (until !== undefined) {
    return names.length === 1
      ? l10n.t('{0} was deleted. It can be put back until {1}.', names.join(''), day(until))
      : l10n.t('{0} secrets were deleted. They can be put back until {1}.', names.length, day(until));
  }
  return names.length === 1
    ? l10n.t('{0} was deleted. Its value is kept for five minutes.', names.join(''))
    : l10n.t('{0} secrets were deleted. Their values are kept for five minutes.', names.length);
}

/** Loss that the deletion of a secret causes, in one line. */
function lossOf({ name, scope, uses, overrides }: SecretEntry): string {
  const used =
    uses.length === 0
      ? l10n.t('not used in the code here')
      : uses.length === 1
        ? l10n.t('used once')
        : l10n.t('used {0} times', uses.length);
  const then =
    overrides.length === 0 ? '' : `; ${l10n.t('then that of {0} counts', overriddenWords(overrides))}`;
  return `${name} (${scopeTitle(scope)}): ${used}${then}`;
}

function byVault(entries: readonly VaultSecret[]): [VaultSecret, ...VaultSecret[]][] {
  const groups = new Map<string, [VaultSecret, ...VaultSecret[]]>();
  for (const entry of entries) {
    const key = `${entry.scope} ${entry.workspace?.directory ?? ''}`;
    groups.set(key, [...(groups.get(key) ?? []), entry] as [VaultSecret, ...VaultSecret[]]);
  }
  return [...groups.values()];
}
