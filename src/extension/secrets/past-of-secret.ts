import { l10n, type QuickPickItem, ThemeIcon, window } from 'vscode';
import { assertSecretName } from '../../core/secrets/secret-name.ts';
import type { KeptPast, SecretVersion } from '../../core/secrets/writable-store.ts';
import { ExitCode, HumanError } from '../../core/system/human-error.ts';
import { printable } from '../../core/system/printable.ts';
import { withoutLinks } from '../plain-text.ts';
import { day } from '../secret-text.ts';
import type { Services } from '../services.ts';
import { alone, askPick } from '../steps.ts';
import { acceptStore, changingStore, openStore, type StoreAccess } from '../store-access.ts';
import type { SecretEntry, SecretNode } from '../state/secret-nodes.ts';
import { askVault, type VaultChoice, vaultChoices } from './create-secret.ts';
import { namedOf, rootOf, vaultSecretsThat } from './secret-argument.ts';

/** A store that keeps earlier values and deleted secrets. */
interface AccessWithPast extends StoreAccess {
  readonly past: KeptPast;
}

interface VersionItem extends QuickPickItem {
  readonly version: SecretVersion;
}

/** Shows when a secret was set. One of its versions can be chosen, to be the current one. Reads no value. */
export async function showHistory(
  args: readonly unknown[],
  services: Services,
  selected: readonly SecretNode[],
): Promise<void> {
  const title = l10n.t('History of a Secret');
  const [entry] = await vaultSecretsThat((one) => keepsPast(one, services), args, services.secrets, {
    title,
    current: selected,
  });
  if (entry === undefined) return;
  const { name } = entry;
  const access = await openPast(entry, services);
  await acceptStore(access);
  const { versions } = await access.past.history(name);
  if (versions.length === 0)
    throw new HumanError(ExitCode.missing, l10n.t('Its store tells of no version of {0}.', name));
  const items = versions.map((version): VersionItem => ({ ...versionWords(version), version }));
  const { version } = await askPick(alone(l10n.t('History of {0}', name)), {
    placeholder: l10n.t('Choose a version to make it the current one. No value is read.'),
    items,
    isChoosable: ({ version: { isCurrent } }) => !isCurrent,
  });
  const back = l10n.t('Make It the Current One');
  const question = l10n.t('Give {0} the value of version {1} again?', name, version.number);
  const detail = l10n.t('The present value stays in the history, and can be chosen in the same way.');
  if ((await window.showWarningMessage(question, { modal: true, detail }, back)) !== back) return;
  await changingStore(services, access, () => access.past.undo(name, version.number));
  window.setStatusBarMessage(
    `$(history) ${l10n.t('{0} has the value of {1} again.', name, day(version.created ?? '') || l10n.t('before'))}`,
    5_000,
  );
}

function versionWords({
  number,
  created,
  by,
  lastUsed,
  isCurrent,
  isPrevious,
}: SecretVersion): QuickPickItem {
  const state = isCurrent ? l10n.t('current') : isPrevious ? l10n.t('the one before') : '';
  const time = created === null ? l10n.t('at an unknown time') : created.slice(0, 16).replace('T', ' ');
  return {
    label: l10n.t('Version {0}', number),
    description: [
      by === null
        ? l10n.t('set {0}', printable(time))
        : l10n.t('set {0} by {1}', printable(time), withoutLinks(printable(by))),
      state,
    ]
      .filter((part) => part !== '')
      .join(' · '),
    detail: lastUsed === null ? '' : l10n.t('Last used {0}', day(lastUsed)),
    iconPath: new ThemeIcon(isCurrent ? 'key' : 'history'),
  };
}

/** Puts deleted secrets back: the one that is named, or those that the person picks of all that can be. */
export async function putBack(args: readonly unknown[], services: Services): Promise<void> {
  const title = l10n.t('Put Back Deleted Secrets');
  const access = await openPast(await storeWithPast(args, services, title), services);
  await acceptStore(access);
  const named = namedOf(args)?.name;
  if (named !== undefined) assertSecretName(named);
  const names = named === undefined ? await askDeleted(title, access) : [named];
  if (names.length === 0) return;
  await changingStore(services, access, async () => {
    for (const name of names) await access.past.undo(name);
  });
  window.setStatusBarMessage(`$(discard) ${l10n.t('Put back: {0}', names.join(', '))}`, 5_000);
}

async function askDeleted(title: string, { past }: AccessWithPast): Promise<string[]> {
  const items = [...(await past.deleted())].map(([name, until]) => ({
    label: name,
    description: until === null ? '' : l10n.t('until {0}', day(until)),
  }));
  if (items.length === 0)
    throw new HumanError(ExitCode.missing, l10n.t('This store has no deleted secret that can be put back.'));
  const chosen = await window.showQuickPick(items, {
    title,
    placeHolder: l10n.t('Which ones are to be put back?'),
    canPickMany: true,
    ignoreFocusOut: true,
  });
  return chosen?.map(({ label }) => label) ?? [];
}

/** Vaults keep the past of their secrets, that of a workspace in git, and so do some services. */
const keepsPast = ({ workspace, hasPast }: SecretEntry, { secrets }: Services): boolean =>
  hasPast === true ||
  secrets.snapshot.folders.every(({ of, service }) => of !== workspace || service === undefined);

/** Removes the earlier values of a secret, after a question: they cannot be put back then. */
export async function forgetEarlierValues(
  args: readonly unknown[],
  services: Services,
  selected: readonly SecretNode[],
): Promise<void> {
  const title = l10n.t('Forget Earlier Values');
  const isUsers = ({ scope }: SecretEntry): boolean => scope === 'user';
  const [entry] = await vaultSecretsThat(isUsers, args, services.secrets, { title, current: selected });
  if (entry === undefined) return;
  const { name } = entry;
  const access = await openPast(entry, services);
  const { versions } = await access.past.history(name);
  const count = versions.filter(({ isCurrent }) => !isCurrent).length;
  if (count === 0) {
    void window.showInformationMessage(l10n.t('{0} has no earlier value.', name));
    return;
  }
  const forget = l10n.t('Forget');
  const question = l10n.t('Forget the earlier values of {0}?', name);
  const detail = [
    l10n.t('Earlier values: {0}. They cannot be put back then; the present value stays.', count),
    l10n.t('Copies elsewhere, as in backups, are not reached.'),
  ].join(' ');
  if ((await window.showWarningMessage(question, { modal: true, detail }, forget)) !== forget) return;
  await changingStore(services, access, () => access.past.forget([name]));
  window.setStatusBarMessage(`$(trash) ${l10n.t('Earlier values of {0} are forgotten.', name)}`, 5_000);
}

/**
 * The store to put secrets back in: that of the row or of the named scope, the only one, or one that the person picks.
 *
 * @throws CancellationError
 */
async function storeWithPast(
  args: readonly unknown[],
  services: Services,
  title: string,
): Promise<WithScope> {
  const root = rootOf(args);
  if (root !== undefined) return root;
  await services.secrets.settle();
  const scope = namedOf(args)?.scope;
  const choice = vaultChoices(services).filter(
    (one) =>
      (one.scope === scope || one.scope === 'user' || one.service?.hasPast === true) &&
      (scope ?? one.scope) === one.scope,
  );
  const all = choice.length > 1 ? await withDeletedOfUser(choice, services) : choice;
  const [only, ...others] = all;
  if (only === undefined)
    throw new HumanError(
      ExitCode.missing,
      l10n.t('No workspace of this window keeps deleted secrets: the history of a vault is in git.'),
    );
  return others.length === 0 ? only : askVault(alone(title), all, undefined, undefined);
}

/** Leaves the user's vault out if it has nothing to put back: to look costs no request. */
async function withDeletedOfUser(
  choice: readonly VaultChoice[],
  services: Services,
): Promise<readonly VaultChoice[]> {
  const user = choice.find(({ scope }) => scope === 'user');
  if (user === undefined || (await (await openPast(user, services)).past.deleted()).size > 0) return choice;
  return choice.filter((one) => one !== user);
}

type WithScope = Pick<VaultChoice, 'scope' | 'workspace'>;

async function openPast({ scope, workspace }: WithScope, services: Services): Promise<AccessWithPast> {
  const access = await openStore(scope, workspace, services);
  return { ...access, past: access.store.past };
}
