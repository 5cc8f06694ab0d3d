import { l10n, window } from 'vscode';
import { ExitCode, HumanError } from '../../core/system/human-error.ts';
import { showProblem } from '../error-boundary.ts';
import type { Services } from '../services.ts';
import { alone } from '../steps.ts';
import { acceptStore, openStore } from '../store-access.ts';
import type { VaultRoot } from '../state/secret-nodes.ts';
import { askVault, vaultChoices } from './create-secret.ts';
import { rootOf } from './secret-argument.ts';

/** Accepts the store that a workspace's file names, after a question that shows it. Before it, nothing is sent there. */
export async function acceptStoreOf(args: readonly unknown[], services: Services): Promise<void> {
  const workspace = (rootOf(args) ?? (await askServiceRoot(services, l10n.t('Accept Store')))).workspace;
  const access = await openStore('workspace', workspace, services);
  await acceptStore(access);
  await services.secrets.ask();
  window.setStatusBarMessage(`$(shield) ${l10n.t('You have accepted the store of this workspace.')}`, 5_000);
}

/** Shows why a service does not answer as it should, with what can be done about it as buttons. */
export async function showStoreProblem(args: readonly unknown[], services: Services): Promise<void> {
  const title = l10n.t('Show Problem of Store');
  const { workspace } = rootOf(args) ?? (await askServiceRoot(services, title));
  const failure = services.stores.services.failureIn(workspace?.folder ?? '');
  if (failure === undefined) {
    await services.secrets.ask();
    return;
  }
  const again = { title: l10n.t('Ask Again'), run: () => services.secrets.ask() };
  // Not awaited: the command is done, and a person may answer much later.
  void showProblem(failure, services.log, [again]);
}

/** @throws HumanError 66 if no workspace of the window has its secrets in a service; CancellationError. */
async function askServiceRoot(services: Services, title: string): Promise<Pick<VaultRoot, 'workspace'>> {
  await services.secrets.settle();
  const choice = vaultChoices(services).filter(({ service }) => service !== undefined);
  const [only, ...others] = choice;
  if (only === undefined)
    throw new HumanError(
      ExitCode.missing,
      l10n.t('No workspace of this window has its secrets in a service.'),
    );
  return others.length === 0 ? only : askVault(alone(title), choice, undefined, undefined);
}
