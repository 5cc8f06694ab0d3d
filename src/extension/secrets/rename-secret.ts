import { l10n, window } from 'vscode';
import { renameSecret } from '../../core/change-secrets.ts';
import type { Services } from '../services.ts';
import { alone, askText } from '../steps.ts';
import { nameProblem } from './name-input.ts';
import { allSecrets, vaultSecretsFor } from './secret-argument.ts';
import { scopeTitle } from './secret-item.ts';
import type { SecretNode } from './secret-state.ts';
import { acceptMembers, changing, openAccess } from './vault-access.ts';

/** Gives a secret another name. The code that uses it is left alone, which is said. */
export async function renameSelected(
  args: readonly unknown[],
  services: Services,
  selected: readonly SecretNode[],
): Promise<void> {
  const [entry] = await vaultSecretsFor(args, services.secrets, l10n.t('Rename Secret'), selected);
  if (entry === undefined) return;
  const { name, scope, workspace, uses } = entry;
  const to = await askText(alone(l10n.t('Rename {0} ({1})', name, scopeTitle(scope))), {
    prompt:
      uses.length === 0
        ? l10n.t('Its new name')
        : l10n.t('Its new name. The code that uses {0} ({1}) is not changed.', name, placesOf(uses.length)),
    value: name,
    validate: (text) => (text === name ? l10n.t('It has that name already.') : nameProblem(text)),
  });
  const taken = allSecrets(services.secrets).some(
    (other) =>
      other.name === to && other.scope === scope && other.workspace?.directory === workspace?.directory,
  );
  if (taken) {
    const replace = l10n.t('Replace');
    const question = l10n.t('{0} is set already ({1}). Replace it?', to, scopeTitle(scope));
    const detail = l10n.t('Its value cannot be read again afterwards.');
    if ((await window.showWarningMessage(question, { modal: true, detail }, replace)) !== replace) return;
  }
  const access = openAccess(scope, workspace, services);
  await acceptMembers(access);
  await changing(services, access, (by) =>
    renameSecret(access.location, name, to, { replace: taken }, by, access.world),
  );
}

const placesOf = (count: number): string => (count === 1 ? l10n.t('1 place') : l10n.t('{0} places', count));
