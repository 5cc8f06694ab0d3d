import { l10n, window } from 'vscode';
import { deleteSecrets, restoreSecrets } from '../../core/vault/change-secrets.ts';
import { ExitCode, HumanError } from '../../core/system/human-error.ts';
import { guarded } from '../error-boundary.ts';
import type { Services } from '../services.ts';
import { type VaultSecret, vaultSecretsFor } from './secret-argument.ts';
import type { SecretEntry, SecretNode } from '../state/secret-nodes.ts';
import { acceptMembers, changing, openAccess, type VaultAccess } from '../vault-access.ts';
import { overriddenWords, scopeTitle } from '../scope-words.ts';

/** Deletes secrets after one question that names them and their uses. */
export async function deleteSelected(
  args: readonly unknown[],
  services: Services,
  selected: readonly SecretNode[],
): Promise<void> {
  const entries = await vaultSecretsFor(args, services.secrets, l10n.t('Delete Secret'), selected);
  const vaults = byVault(entries).map((group) => ({
    access: openAccess(group[0].scope, group[0].workspace, services),
    names: group.map(({ name }) => name),
  }));
  for (const { access } of vaults) await acceptMembers(access);
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
    await changing(services, access, async (by) => {
      deleted.push({ access, secrets: await deleteSecrets(access.location, names, by, access.world) });
    });
  }
  // Not awaited: the command is done, and a person may answer much later.
  void offerUndo(deleted, services);
}

/** Deleted secrets of one vault. The values are only in memory. */
interface Deleted {
  readonly access: VaultAccess;
  readonly secrets: Awaited<ReturnType<typeof deleteSecrets>>;
}

/** Milliseconds that a deleted value stays in memory. */
const UNDO_TIME = 5 * 60_000;

async function offerUndo(deleted: readonly Deleted[], services: Services): Promise<void> {
  const kept = new Set(deleted);
  const forget = setTimeout(() => {
    kept.clear();
  }, UNDO_TIME);
  const names = deleted.flatMap(({ secrets }) => [...secrets.keys()]);
  const undo = l10n.t('Undo');
  const text =
    names.length === 1
      ? l10n.t('{0} was deleted. Its value is kept for five minutes.', names.join(''))
      : l10n.t('{0} secrets were deleted. Their values are kept for five minutes.', names.length);
  const chosen = await window.showInformationMessage(text, undo);
  clearTimeout(forget);
  if (chosen !== undo) return;
  await guarded(services.log, async () => {
    if (kept.size === 0) throw new HumanError(ExitCode.missing, l10n.t('The five minutes are over.'));
    for (const { access, secrets } of kept) {
      await changing(services, access, (by) => restoreSecrets(access.location, secrets, by, access.world));
    }
  });
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
