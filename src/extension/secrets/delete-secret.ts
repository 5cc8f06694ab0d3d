import { l10n, window } from 'vscode';
import { deleteSecrets } from '../../core/change-secrets.ts';
import type { Services } from '../services.ts';
import { secretsFor } from './secret-argument.ts';
import { scopeTitle } from './secret-item.ts';
import type { SecretEntry, SecretNode } from './secret-state.ts';
import { acceptMembers, changing, openAccess } from './vault-access.ts';

/** Deletes secrets after one question that names them and where they are used. */
export async function deleteSelected(
  args: readonly unknown[],
  services: Services,
  selected: readonly SecretNode[],
): Promise<void> {
  const entries = await secretsFor(
    args,
    services.secrets,
    {
      title: l10n.t('Delete Secret'),
      placeholder: l10n.t('Which one?'),
      filter: ({ scope }) => scope !== 'nextflow',
    },
    selected,
  );
  const remove = l10n.t('Delete');
  const [first] = entries;
  const question =
    entries.length === 1 && first !== undefined
      ? l10n.t('Delete {0} ({1})?', first.name, scopeTitle(first.scope))
      : l10n.t('Delete {0} secrets?', entries.length);
  const detail = [
    ...entries.map(lossOf),
    entries.length === 1
      ? l10n.t('Its value cannot be read again afterwards.')
      : l10n.t('Their values cannot be read again afterwards.'),
  ].join('\n');
  if ((await window.showWarningMessage(question, { modal: true, detail }, remove)) !== remove) return;
  for (const group of byVault(entries)) {
    const [one] = group;
    if (one === undefined || one.scope === 'nextflow') continue;
    const access = openAccess(one.scope, one.workspace, services);
    await acceptMembers(access);
    const names = group.map(({ name }) => name);
    await changing(services, access, (by) => deleteSecrets(access.location, names, by, access.world));
  }
}

/** What a person loses with a secret, in one line. */
function lossOf({ name, scope, uses, overrides }: SecretEntry): string {
  const used =
    uses.length === 0
      ? l10n.t('not used in the code here')
      : uses.length === 1
        ? l10n.t('used in 1 place')
        : l10n.t('used in {0} places', uses.length);
  const then = overrides.length === 0 ? '' : `; ${l10n.t('then that of {0} counts', overrides.join(', '))}`;
  return `${name} (${scopeTitle(scope)}): ${used}${then}`;
}

function byVault(entries: readonly SecretEntry[]): SecretEntry[][] {
  const groups = new Map<string, SecretEntry[]>();
  for (const entry of entries) {
    const key = `${entry.scope} ${entry.workspace?.directory ?? ''}`;
    groups.set(key, [...(groups.get(key) ?? []), entry]);
  }
  return [...groups.values()];
}
