import { l10n, window } from 'vscode';
import { isVaultScope } from '../../core/secrets/scope.ts';
import { assertSecretName } from '../../core/secrets/secret-name.ts';
import type { Seen } from '../../core/secrets/writable-store.ts';
import { type ScopeTransfer, transferBetween } from '../../core/stores/transfer.ts';
import { ExitCode, HumanError } from '../../core/system/human-error.ts';
import { printable } from '../../core/system/printable.ts';
import { scopeTitle } from '../scope-words.ts';
import type { Services } from '../services.ts';
import { allSecrets, type SecretEntry, type SecretNode } from '../state/secret-nodes.ts';
import { alone } from '../steps.ts';
import { acceptStore, changingStore, openStore, type StoreAccess } from '../store-access.ts';
import { valueOf } from './copy-secret.ts';
import { askVault, type VaultChoice, vaultChoices } from './create-secret.ts';
import { secretsFor } from './secret-argument.ts';

/** A scope that secrets can be moved to. */
export type VaultPlace = Pick<VaultChoice, 'scope' | 'workspace'>;

/** Copies or moves secrets to the scope that they were dropped on, to the only other one, or to one that is picked. */
export async function transferToScope(
  verb: ScopeTransfer['verb'],
  args: readonly unknown[],
  services: Services,
  selected: readonly SecretNode[],
): Promise<void> {
  const title = verb === 'copy' ? l10n.t('Copy to Other Scope') : l10n.t('Move to Other Scope');
  // Nothing is deleted in the person's own Nextflow store.
  const filter = ({ scope }: SecretEntry): boolean => verb === 'copy' || isVaultScope(scope);
  const question = { title, placeholder: l10n.t('Which one?'), filter };
  const entries = await secretsFor(args, services.secrets, question, selected);
  const [first] = entries;
  if (first === undefined) return;
  const others = vaultChoices(services).filter((vault) => entries.some((entry) => !isAt(entry, vault)));
  const to = await targetAmong(others, placeAmong(args), () =>
    askVault(alone(title), others, undefined, entries.length === 1 ? first.name : undefined),
  );
  const target = await openStore(to.scope, to.workspace, services);
  await acceptStore(target);
  if (verb === 'move') await acceptSources(entries, services);
  const moving = entries.filter((entry) => !isAt(entry, to));
  // The person agrees to lose the present values, not those at the time of the answer.
  await services.secrets.settle();
  const there = allSecrets(services.secrets).filter((entry) => isAt(entry, to));
  const replaced = ({ name }: SecretEntry): SecretEntry | undefined =>
    there.find((entry) => entry.name === name);
  if (
    !(await confirm(
      verb,
      moving,
      to,
      moving.filter((entry) => replaced(entry) !== undefined),
    ))
  )
    return;
  await changingStore(services, target, async () => {
    for (const entry of moving)
      await transfer(verb, entry, { ...target, replaces: replaced(entry)?.info ?? null }, services);
  });
}

/** The scope that secrets were dropped on, the only other one, or the one that the person picks. */
async function targetAmong(
  others: readonly VaultChoice[],
  place: VaultPlace | undefined,
  ask: () => Promise<VaultChoice>,
): Promise<VaultChoice> {
  const [only, second] = others;
  const given = place === undefined ? undefined : others.find((vault) => isSame(vault, place));
  if (given !== undefined) return given;
  if (only === undefined || place !== undefined) {
    throw new HumanError(
      ExitCode.usage,
      l10n.t('There is no other scope here: open the folder of a workspace.'),
    );
  }
  return second === undefined ? only : ask();
}

/** The scope that a command of a drop was called with, after the secrets. */
function placeAmong([, , place]: readonly unknown[]): VaultPlace | undefined {
  if (typeof place !== 'object' || place === null || !('scope' in place)) return undefined;
  return place.scope === 'user' || place.scope === 'workspace' ? (place as VaultPlace) : undefined;
}

/** Makes sure that the stores that secrets leave may be changed. */
async function acceptSources(entries: readonly SecretEntry[], services: Services): Promise<void> {
  const seen = new Set<string>();
  for (const { scope, workspace } of entries) {
    const key = `${scope} ${workspace?.directory ?? ''}`;
    if (!isVaultScope(scope) || seen.has(key)) continue;
    seen.add(key);
    await acceptStore(await openStore(scope, workspace, services));
  }
}

async function transfer(
  verb: ScopeTransfer['verb'],
  entry: SecretEntry,
  { scope: to, store, workspace: target, world, replaces }: StoreAccess & { readonly replaces: Seen },
  services: Services,
): Promise<void> {
  const { name, scope, workspace } = entry;
  if (scope === 'nextflow') {
    assertSecretName(name);
    const value = await valueOf(entry, services);
    await store.set(name, value, { replaces });
    return;
  }
  const source = await openStore(scope, workspace, services);
  await source.store.ensureAccepted(false);
  const from = { scope, workspace: workspace?.directory ?? '' };
  const transfer = { from, to: { scope: to, workspace: target?.directory ?? '' }, verb, replaces };
  await transferBetween(name, transfer, world);
}

/** Tells whether a secret is in a scope. */
export const isAt = (entry: SecretEntry, place: VaultPlace | 'nextflow'): boolean =>
  place === 'nextflow' ? entry.scope === place : isSame(entry, place);

const isSame = (
  a: Pick<SecretEntry, 'scope' | 'workspace'>,
  b: Pick<SecretEntry, 'scope' | 'workspace'>,
): boolean => a.scope === b.scope && a.workspace?.directory === b.workspace?.directory;

const readersOf = ({ service }: VaultChoice): string =>
  service === undefined
    ? l10n.t('All members of the workspace can read it then.')
    : l10n.t('Who may read it in {0} can read it then.', printable(service.title));

/** Asks for a yes if others may read the values then, if they leave their scope, or if values are lost. */
async function confirm(
  verb: ScopeTransfer['verb'],
  entries: readonly SecretEntry[],
  to: VaultChoice,
  lost: readonly SecretEntry[],
): Promise<boolean> {
  if (verb === 'copy' && to.scope === 'user' && lost.length === 0) return true;
  const names = entries.map(({ name }) => name).join(', ');
  const lostNames = lost.map(({ name }) => name).join(', ');
  const detail = [
    ...(to.scope === 'workspace' ? [readersOf(to)] : []),
    ...(lost.length === 0
      ? []
      : to.service?.hasPast === true
        ? [l10n.t('These get other values; the history keeps those of now: {0}', lostNames)]
        : [l10n.t('These values are lost: {0}', lostNames)]),
  ].join('\n');
  const destination = [scopeTitle(to.scope), to.workspace?.title ?? ''].filter(Boolean).join(' ');
  const [question, yes] =
    verb === 'copy'
      ? [
          l10n.t('Copy {0} to {1}?', names, destination),
          lost.length > 0 ? l10n.t('Copy and Replace') : l10n.t('Copy'),
        ]
      : [
          l10n.t('Move {0} to {1}?', names, destination),
          lost.length > 0 ? l10n.t('Move and Replace') : l10n.t('Move'),
        ];
  return (await window.showWarningMessage(question, { modal: true, detail }, yes)) === yes;
}
