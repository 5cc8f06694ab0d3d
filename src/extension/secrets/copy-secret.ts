import { env, l10n, window } from 'vscode';
import { assertAsSeen, type Seen, transferSecret } from '../../core/vault/change-secrets.ts';
import { ExitCode, HumanError } from '../../core/system/human-error.ts';
import { readNextflowStore } from '../../core/nextflow/nextflow-store.ts';
import type { SecretValue } from '../../core/secrets/secret-value.ts';
import { assertSecretName } from '../../core/secrets/secret-name.ts';
import { updateVault } from '../../core/vault/update-vault.ts';
import { readSecret } from '../../core/vault/vault.ts';
import { recordUsage } from '../../core/secrets/usage.ts';
import type { Services } from '../services.ts';
import { settings } from '../settings.ts';
import { alone } from '../steps.ts';
import type { ClipboardGuard } from './clipboard.ts';
import { askVault, type VaultChoice, vaultChoices } from './create-secret.ts';
import { secretsFor } from './secret-argument.ts';
import { allSecrets, type SecretEntry, type SecretNode } from '../state/secret-nodes.ts';
import { acceptMembers, changing, openAccess } from '../vault-access.ts';
import { scopeTitle } from '../scope-words.ts';

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

async function valueOf({ name, scope, workspace }: SecretEntry, services: Services): Promise<SecretValue> {
  if (scope !== 'nextflow') {
    const { location, world } = openAccess(scope, workspace, services);
    return (await readSecret(location, name, world)).value;
  }
  const value = (await readNextflowStore(services.openWorld(undefined))).get(name);
  if (value !== undefined) return value;
  throw new HumanError(ExitCode.missing, l10n.t('Secret {0} is not set.', name));
}

/** Copies secrets to another scope: to the only other one, or to one that the person picks. */
export async function copyToScope(
  args: readonly unknown[],
  services: Services,
  selected: readonly SecretNode[],
): Promise<void> {
  const title = l10n.t('Copy to Other Scope');
  const entries = await secretsFor(
    args,
    services.secrets,
    { title, placeholder: l10n.t('Which one?') },
    selected,
  );
  const [first] = entries;
  if (first === undefined) return;
  const others = vaultChoices(services).filter((vault) => entries.some((entry) => !isAt(entry, vault)));
  const [only, second] = others;
  if (only === undefined) {
    throw new HumanError(
      ExitCode.usage,
      l10n.t('There is no other scope here: open the folder of a workspace.'),
    );
  }
  const to =
    second === undefined
      ? only
      : await askVault(alone(title), others, undefined, entries.length === 1 ? first.name : undefined);
  const target = openAccess(to.scope, to.workspace, services);
  await acceptMembers(target);
  const moving = entries.filter((entry) => !isAt(entry, to));
  // The person agrees to lose the present values, not those at the time of the answer.
  await services.secrets.refresh();
  const there = allSecrets(services.secrets).filter((entry) => isAt(entry, to));
  const replaced = ({ name }: SecretEntry): SecretEntry | undefined =>
    there.find((entry) => entry.name === name);
  if (
    !(await confirmCopy(
      moving,
      to,
      moving.filter((entry) => replaced(entry) !== undefined),
    ))
  )
    return;
  await changing(services, target, async (by) => {
    for (const entry of moving)
      await transfer(entry, { ...target, replaces: replaced(entry)?.info ?? null }, by, services);
  });
}

async function transfer(
  entry: SecretEntry,
  { location, world, replaces }: ReturnType<typeof openAccess> & { readonly replaces: Seen },
  by: string,
  services: Services,
): Promise<void> {
  const { name, scope, workspace } = entry;
  if (scope === 'nextflow') {
    assertSecretName(name);
    const value = await valueOf(entry, services);
    await updateVault(location, world, by, (draft) => {
      assertAsSeen(draft, name, replaces);
      draft.set(name, value);
    });
    return;
  }
  const source = openAccess(scope, workspace, services).location;
  await transferSecret(name, { source, target: location, verb: 'copy', replaces }, by, world);
}

function isAt(entry: SecretEntry, { scope, workspace }: VaultChoice): boolean {
  return entry.scope === scope && entry.workspace?.directory === workspace?.directory;
}

/** Asks for a yes if the copy shows values to more people, or if values are lost. */
async function confirmCopy(
  entries: readonly SecretEntry[],
  to: VaultChoice,
  lost: readonly SecretEntry[],
): Promise<boolean> {
  if (to.scope === 'user' && lost.length === 0) return true;
  const names = entries.map(({ name }) => name).join(', ');
  const detail = [
    ...(to.scope === 'workspace' ? [l10n.t('All members of the workspace can read it then.')] : []),
    ...(lost.length > 0
      ? [l10n.t('These values are lost: {0}', lost.map(({ name }) => name).join(', '))]
      : []),
  ].join('\n');
  const copy = lost.length > 0 ? l10n.t('Copy and Replace') : l10n.t('Copy');
  const destination = [scopeTitle(to.scope), to.workspace?.title ?? ''].filter(Boolean).join(' ');
  const question = l10n.t('Copy {0} to {1}?', names, destination);
  return (await window.showWarningMessage(question, { modal: true, detail }, copy)) === copy;
}
