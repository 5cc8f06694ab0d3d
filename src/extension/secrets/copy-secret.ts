import { env, l10n, window } from 'vscode';
import { ExitCode, HumanError } from '../../core/system/human-error.ts';
import { readNextflowStore } from '../../core/nextflow/nextflow-store.ts';
import type { SecretValue } from '../../core/secrets/secret-value.ts';
import { recordUsage } from '../../core/secrets/usage.ts';
import type { Services } from '../services.ts';
import { settings } from '../settings.ts';
import type { ClipboardGuard } from './clipboard.ts';
import { secretsFor } from './secret-argument.ts';
import type { SecretEntry, SecretNode } from '../state/secret-nodes.ts';
import { openStore } from '../store-access.ts';

/** Puts names on the clipboard, one a line. */
export async function copySecretName(
  args: readonly unknown[],
  services: Services,
  selected: readonly SecretNode[],
): Promise<void> {
  const names = namesIn(args.length > 0 ? args : [undefined, [...selected]]);
  const found =
    names.length > 0
      ? names
      : (
          await secretsFor(args, services.secrets, {
            title: l10n.t('Copy Name'),
            placeholder: l10n.t('Which one?'),
          })
        ).map(({ name }) => name);
  await env.clipboard.writeText([...new Set(found)].join('\n'));
}

/** Names of secrets and of missing ones among nodes of the tree. */
function namesIn([node, selection]: readonly unknown[]): string[] {
  const nodes: unknown[] = Array.isArray(selection) && selection.length > 0 ? selection : [node];
  return nodes.flatMap((one) =>
    typeof one === 'object' && one !== null && 'name' in one && typeof one.name === 'string'
      ? [one.name]
      : [],
  );
}

/** Puts one value on the clipboard, and clears it again after the set time. */
export async function copySecretValue(
  args: readonly unknown[],
  services: Services,
  selected: readonly SecretNode[],
  clipboard: ClipboardGuard,
): Promise<void> {
  const [entry] = await secretsFor(
    args,
    services.secrets,
    { title: l10n.t('Copy Value'), placeholder: l10n.t('Which one?') },
    selected,
  );
  if (entry === undefined) return;
  const seconds = settings.clipboardClearSeconds.get();
  await clipboard.copy(await valueOf(entry, services), seconds);
  const world = services.openWorld(undefined);
  await recordUsage([{ name: entry.name, from: entry.scope }], entry.workspace?.directory ?? '', world);
  window.setStatusBarMessage(
    seconds === 0
      ? `$(copy) ${l10n.t('The value of {0} is on the clipboard.', entry.name)}`
      : `$(copy) ${l10n.t('The value of {0} is on the clipboard for {1} s.', entry.name, seconds)}`,
    Math.min(seconds === 0 ? 5 : seconds, 10) * 1000,
  );
}

/** Reads a value, after the question whether its store is accepted. */
export async function valueOf(
  { name, scope, workspace }: SecretEntry,
  services: Services,
): Promise<SecretValue> {
  if (scope !== 'nextflow') {
    const { store } = await openStore(scope, workspace, services);
    await store.ensureAccepted(false);
    return (await store.fetch(name)).value;
  }
  const value = (await readNextflowStore(services.openWorld(undefined))).get(name);
  if (value !== undefined) return value;
  throw new HumanError(ExitCode.missing, l10n.t('Secret {0} is not set.', name));
}
