import { l10n } from 'vscode';
import type { SecretValue } from '../../core/secrets/secret-value.ts';
import type { Services } from '../services.ts';
import { alone, askInSteps } from '../steps.ts';
import { askDescription, write } from './create-secret.ts';
import { vaultSecretsFor } from './secret-argument.ts';
import type { SecretNode } from '../state/secret-nodes.ts';
import { askValue } from './value-input.ts';
import { acceptStore, changingStore, openStore } from '../store-access.ts';

/** Gives a secret another value, another description, or both. */
export async function updateSecret(
  args: readonly unknown[],
  services: Services,
  selected: readonly SecretNode[],
): Promise<void> {
  const [entry] = await vaultSecretsFor(args, services.secrets, l10n.t('Update Secret'), selected);
  if (entry === undefined) return;
  const access = await openStore(entry.scope, entry.workspace, services);
  await acceptStore(access);
  const { name } = entry;
  const before = entry.info.description ?? '';
  let value: SecretValue | undefined;
  let description = before;
  await askInSteps(l10n.t('Update Secret'), [
    async (frame) => {
      value = await askValue(frame, { name, canKeep: true });
      return undefined;
    },
    async (frame) => {
      description = await askDescription(frame, name, before);
      return undefined;
    },
  ]);
  if (value !== undefined) {
    await write(access, { name, value, description }, services);
  } else if (description !== before) {
    await changingStore(services, access, () => access.store.setDescription(name, description));
  }
}

/** Gives a secret another description. Its value is neither asked for nor changed. */
export async function describeSecret(
  args: readonly unknown[],
  services: Services,
  selected: readonly SecretNode[],
): Promise<void> {
  const title = l10n.t('Edit Description');
  const [entry] = await vaultSecretsFor(args, services.secrets, title, selected);
  if (entry === undefined) return;
  const access = await openStore(entry.scope, entry.workspace, services);
  await acceptStore(access);
  const { name } = entry;
  const before = entry.info.description ?? '';
  const description = await askDescription(alone(title), name, before);
  if (description === before) return;
  await changingStore(services, access, () => access.store.setDescription(name, description));
}
