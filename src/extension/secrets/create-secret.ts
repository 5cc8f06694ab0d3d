import { l10n, type QuickPickItem, ThemeIcon, window } from 'vscode';
import { printable } from '../../core/system/printable.ts';
import type { VaultScope } from '../../core/secrets/scope.ts';
import { assertSecretName } from '../../core/secrets/secret-name.ts';
import type { SecretValue } from '../../core/secrets/secret-value.ts';
import type { Seen } from '../../core/secrets/writable-store.ts';
import { withoutLinks } from '../plain-text.ts';
import type { Services } from '../services.ts';
import { askInSteps, askPick, type Frame, type Step } from '../steps.ts';
import { detailSteps, noDetails, type SecretDetails } from './secret-details.ts';
import { askNewName } from './name-input.ts';
import { namedOf, vaultOrMissing } from './secret-argument.ts';
import { allSecrets, type FolderWorkspace, type SecretEntry, type VaultRoot } from '../state/secret-nodes.ts';
import { askValue } from './value-input.ts';
import { acceptStore, changingStore, openStore, type StoreAccess } from '../store-access.ts';
import { scopeTitle } from '../scope-words.ts';

/** A scope, with its folder for that of a workspace. */
export interface VaultChoice {
  readonly scope: VaultScope;
  readonly workspace: FolderWorkspace | undefined;
  /** Reason that the person may not change it; undefined if they may. */
  readonly cannotWrite?: string | undefined;
  /** The service that it is in; undefined for a vault. */
  readonly service?: VaultRoot['service'];
}

/** Creates a secret. It asks for everything that the caller did not give: scope, name, value, description. */
export async function createSecret(args: readonly unknown[], services: Services): Promise<void> {
  await services.secrets.settle();
  const from = vaultOrMissing(args);
  const named = namedOf(args);
  let vault: VaultChoice | undefined = from?.kind === 'vault' ? from : undefined;
  let name = from?.kind === 'missing' ? from.name : named?.name;
  if (name !== undefined) assertSecretName(name);
  if (named?.scope === 'user') vault = { scope: 'user', workspace: undefined };
  const offered = named?.scope === 'workspace' ? workspaceVaults(services) : vaultChoices(services);
  const [onlyOffered] = offered;
  if (vault === undefined && offered.length === 1) vault = onlyOffered;
  const vaultIsGiven = vault !== undefined;
  const nameIsGiven = name !== undefined;
  let access: StoreAccess | undefined;
  let value: SecretValue | undefined;
  const details = noDetails();
  let seen: Seen = null;
  const existing = (): SecretEntry | undefined =>
    allSecrets(services.secrets).find(
      (entry) =>
        entry.name === name &&
        entry.scope === vault?.scope &&
        entry.workspace?.directory === vault.workspace?.directory,
    );

  const steps: Step[] = [
    async (frame) => {
      if (!vaultIsGiven) vault = await askVault(frame, offered, vault, name);
      if (vault === undefined) return 'skip';
      access = await openStore(vault.scope, vault.workspace, services);
      await acceptStore(access);
      return vaultIsGiven ? 'skip' : undefined;
    },
    async (frame) => {
      if (nameIsGiven) return 'skip';
      await services.references.ready();
      await services.secrets.settle();
      const taken = allSecrets(services.secrets).filter(({ scope }) => scope === vault?.scope);
      name = await askNewName(frame, {
        missing: missingNames(services),
        taken: new Set(taken.map((entry) => entry.name)),
        current: name,
      });
      return undefined;
    },
    async (frame) => {
      // The person knows by now if it replaces a secret.
      seen = existing()?.info ?? null;
      value = await askValue(frame, { name: name ?? '', canKeep: false });
      return undefined;
    },
    ...detailSteps(details, () => ({ name: name ?? '', access, value, before: existing()?.info })),
  ];
  await askInSteps(l10n.t('Create Secret'), steps);
  if (access === undefined || name === undefined || value === undefined) return;
  await write(access, { name, value, ...details, replaces: seen }, services);
}

interface Written extends SecretDetails {
  readonly name: string;
  readonly value: SecretValue;
  /** The secret to replace, as the person saw it; absent if the new value wins in any case. */
  readonly replaces?: Seen;
}

/** Writes a secret to a store. The status bar shows the result, since it disturbs nobody. */
export async function write(
  access: StoreAccess,
  { name, value, description, expires, replaces }: Written,
  services: Services,
): Promise<void> {
  await changingStore(services, access, () =>
    access.store.set(name, value, { description, expires, ...(replaces !== undefined && { replaces }) }),
  );
  const other = allSecrets(services.secrets).some(
    (entry) => entry.name === name && entry.scope !== access.scope && entry.scope === 'user',
  );
  const note = other ? ` ${l10n.t('Your user secret of the same name overrides it.')}` : '';
  window.setStatusBarMessage(
    `$(key) ${l10n.t('{0} is set ({1}).', name, scopeTitle(access.scope))}${note}`,
    5_000,
  );
}

function workspaceVaults({ secrets }: Services): VaultChoice[] {
  const { folders, roots } = secrets.snapshot;
  return folders.flatMap(({ of }): VaultChoice[] => {
    if (of === undefined) return [];
    const root = roots.find((one) => one.kind === 'vault' && one.workspace?.folder === of.folder);
    const { cannotWrite, service }: Partial<VaultRoot> = root?.kind === 'vault' ? root : {};
    return [{ scope: 'workspace', workspace: of, cannotWrite, service }];
  });
}

/** The scopes that a secret can be created in: `user` first, as for the command. */
export function vaultChoices(services: Services): VaultChoice[] {
  return [{ scope: 'user', workspace: undefined }, ...workspaceVaults(services)];
}

/** Names that code refers to and that are set nowhere. */
function missingNames({ secrets }: Services): string[] {
  return secrets.snapshot.roots.flatMap((root) =>
    root.kind === 'missingRoot' ? root.missing.map(({ name }) => name) : [],
  );
}

const sharedWords = ({ service }: VaultChoice): string =>
  service === undefined
    ? l10n.t('Shared with the members of the workspace, encrypted in a file that you can commit')
    : l10n.t('In {0}', withoutLinks(printable(service.title)));

interface VaultItem extends QuickPickItem {
  readonly vault: VaultChoice;
}

/** Asks for a scope. @throws CancellationError */
export async function askVault(
  frame: Frame,
  choice: readonly VaultChoice[],
  current: VaultChoice | undefined,
  name: string | undefined,
): Promise<VaultChoice> {
  const items = choice.map((vault): VaultItem => ({
    label: scopeTitle(vault.scope),
    description: withoutLinks(printable(vault.workspace?.title ?? '')),
    detail:
      vault.scope === 'user'
        ? l10n.t('Yours, for every pipeline that you launch')
        : (vault.cannotWrite ?? sharedWords(vault)),
    iconPath: new ThemeIcon(vault.scope === 'user' ? 'account' : 'root-folder'),
    vault,
  }));
  const placeholder =
    name === undefined ? l10n.t('Whose secret is it?') : l10n.t('Whose secret is {0}?', printable(name));
  const active = items.find(({ vault }) => vault === current);
  const isChoosable = ({ vault }: VaultItem): boolean => vault.cannotWrite === undefined;
  return (await askPick(frame, { placeholder, items, active, isChoosable })).vault;
}
