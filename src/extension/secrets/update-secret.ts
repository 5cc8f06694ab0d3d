import { l10n, window } from 'vscode';
import { ExitCode, HumanError } from '../../core/system/human-error.ts';
import type { SecretValue } from '../../core/secrets/secret-value.ts';
import type { Services } from '../services.ts';
import { alone, askInSteps } from '../steps.ts';
import { write } from './create-secret.ts';
import { askExpiry } from './expiry-input.ts';
import { askDescription, detailSteps, noDetails } from './secret-details.ts';
import { type VaultSecret, vaultSecretsFor } from './secret-argument.ts';
import type { SecretNode } from '../state/secret-nodes.ts';
import { askValue } from './value-input.ts';
import { acceptStore, changingStore, openStore, type StoreAccess } from '../store-access.ts';

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
  const before = entry.info;
  const details = noDetails();
  let value: SecretValue | undefined;
  await askInSteps(l10n.t('Update Secret'), [
    async (frame) => {
      value = await askValue(frame, { name, canKeep: true });
      return undefined;
    },
    ...detailSteps(details, () => ({ name, access, value, before })),
  ]);
  const { description = '', expires } = details;
  if (value !== undefined) await write(access, { name, value, description, expires }, services);
  else if (expires !== undefined && expires !== before.expires)
    await writeExpiry(access, entry, { description, expires }, services);
  else if (description !== (before.description ?? ''))
    await changingStore(services, access, () => access.store.setDescription(name, description));
}

/** Says the last day of a secret's value, or that it has none. The value is neither asked for nor changed. */
export async function setExpiry(
  args: readonly unknown[],
  services: Services,
  selected: readonly SecretNode[],
): Promise<void> {
  const title = l10n.t('Set Expiry');
  const [entry] = await vaultSecretsFor(args, services.secrets, title, selected);
  if (entry === undefined) return;
  const access = await openStore(entry.scope, entry.workspace, services);
  if (!access.store.keepsExpiry) {
    throw new HumanError(
      ExitCode.usage,
      l10n.t('The store of {0} keeps no day of expiry. Write it into the description.', entry.name),
    );
  }
  await acceptStore(access);
  const { name, info } = entry;
  const question = { name, before: info.expires, value: undefined, now: access.world.now() };
  const expires = await askExpiry(alone(title), question);
  if (expires !== info.expires) await writeExpiry(access, entry, { expires }, services);
}

/** Changes what is beside a value. A value that somebody sets meanwhile is not lost for the one that is kept. */
async function writeExpiry(
  access: StoreAccess,
  { name, info }: VaultSecret,
  change: { readonly expires: string | null; readonly description?: string },
  services: Services,
): Promise<void> {
  await changingStore(services, access, async () => {
    const { value } = await access.store.fetch(name);
    try {
      await access.store.set(name, value, { ...change, replaces: info });
    } finally {
      value.forget();
    }
  });
  const { expires } = change;
  const words =
    expires === null ? l10n.t('{0} does not expire.', name) : l10n.t('{0} expires on {1}.', name, expires);
  window.setStatusBarMessage(`$(calendar) ${words}`, 5_000);
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
