import { l10n, type TreeView, window, workspace } from 'vscode';
import type { CommandId } from '../command-id.ts';
import type { Handler } from '../commands.ts';
import { contextKeys } from '../context-key.ts';
import type { DisposableStore } from '../disposables.ts';
import type { Services } from '../services.ts';
import { isSupported } from '../trust.ts';
import { askOrder, askWhatToShow, showTitle } from './arrange-view.ts';
import { ClipboardGuard } from './clipboard.ts';
import { copySecretName, copySecretValue } from './copy-secret.ts';
import { transferToScope } from './transfer-secret.ts';
import { createSecret } from './create-secret.ts';
import { deleteSelected } from './delete-secret.ts';
import { SecretDragging } from './drag-secrets.ts';
import { exportNames } from './export-names.ts';
import { findReferences } from './find-references.ts';
import { importSecrets } from './import-secrets.ts';
import { openStoreFile } from './open-store-file.ts';
import { forgetEarlierValues, putBack, showHistory } from './past-of-secret.ts';
import { acceptStoreOf, showStoreProblem } from './store-problem.ts';
import { renameSelected } from './rename-secret.ts';
import { createSecretFromSelection } from './secret-from-selection.ts';
import type { SecretNode } from '../state/secret-nodes.ts';
import { SecretsTree } from './secrets-tree.ts';
import { describeSecret, setExpiry, updateSecret } from './update-secret.ts';

type SecretCommand = Extract<
  CommandId,
  | 'acceptStore'
  | 'copySecretName'
  | 'copySecretValue'
  | 'copyToScope'
  | 'createSecret'
  | 'createSecretFromSelection'
  | 'deleteSecret'
  | 'describeSecret'
  | 'exportNames'
  | 'findReferences'
  | 'forgetEarlierValues'
  | 'importSecrets'
  | 'moveToScope'
  | 'openStoreFile'
  | 'putBackSecrets'
  | 'renameSecret'
  | 'showAllSecrets'
  | 'showOnlySecrets'
  | 'sortSecrets'
  | 'showHistory'
  | 'setExpiry'
  | 'showStoreProblem'
  | 'updateSecret'
>;

/** Opens the view of secrets. */
export function openSecretsView(
  { secrets, arrangement, log }: Services,
  store: DisposableStore,
): TreeView<SecretNode> {
  const treeDataProvider = store.add(new SecretsTree(secrets, arrangement));
  return store.add(
    window.createTreeView('nextflowSecrets.secrets', {
      treeDataProvider,
      canSelectMany: true,
      showCollapseAll: true,
      dragAndDropController: new SecretDragging(log),
    }),
  );
}

/** Registers the actions on secrets, in their view and as commands. */
export function registerSecrets(
  services: Services,
  store: DisposableStore,
  view: TreeView<SecretNode>,
): Record<SecretCommand, Handler> {
  const clipboard = store.add(new ClipboardGuard());
  const show = (): void => {
    showState(view, services);
  };
  store.add(services.arrangement.onDidChange(show));
  store.add(workspace.onDidGrantWorkspaceTrust(show));
  show();

  const act = (run: (args: readonly unknown[], selected: readonly SecretNode[]) => unknown): Handler => ({
    needsTrust: true,
    run: (...args) => run(args, view.selection),
  });
  const look = (run: (args: readonly unknown[], selected: readonly SecretNode[]) => unknown): Handler => ({
    needsTrust: false,
    run: (...args) => run(args, view.selection),
  });
  return {
    createSecret: act((args) => createSecret(args, services)),
    createSecretFromSelection: act((args) => createSecretFromSelection(args, services)),
    updateSecret: act((args, selected) => updateSecret(args, services, selected)),
    describeSecret: act((args, selected) => describeSecret(args, services, selected)),
    setExpiry: act((args, selected) => setExpiry(args, services, selected)),
    deleteSecret: act((args, selected) => deleteSelected(args, services, selected)),
    renameSecret: act((args, selected) => renameSelected(args, services, selected)),
    copySecretName: look((args, selected) => copySecretName(args, services, selected)),
    copySecretValue: act((args, selected) => copySecretValue(args, services, selected, clipboard)),
    copyToScope: act((args, selected) => transferToScope('copy', args, services, selected)),
    moveToScope: act((args, selected) => transferToScope('move', args, services, selected)),
    importSecrets: act((args) => importSecrets(args, services)),
    exportNames: look(() => exportNames(services)),
    openStoreFile: look(openStoreFile),
    showOnlySecrets: look(() => askWhatToShow(services)),
    showAllSecrets: look(() => {
      services.arrangement.showOnly('all');
    }),
    sortSecrets: look(() => askOrder(services)),
    acceptStore: act((args) => acceptStoreOf(args, services)),
    showStoreProblem: act((args) => showStoreProblem(args, services)),
    showHistory: act((args, selected) => showHistory(args, services, selected)),
    forgetEarlierValues: act((args, selected) => forgetEarlierValues(args, services, selected)),
    putBackSecrets: act((args) => putBack(args, services)),
    findReferences: look((args, selected) => findReferences(args, services, selected)),
  };
}

/** Shows the number of missing secrets at the view, and the reason that something cannot be seen. */
function showState(view: TreeView<SecretNode>, { secrets, arrangement }: Services): void {
  const { roots } = secrets.snapshot;
  contextKeys.state.set(!isSupported ? 'unsupported' : roots.length === 0 ? 'empty' : 'filled');
  const missing = roots
    .flatMap((root) => (root.kind === 'missingRoot' ? root.missing : []))
    .filter(({ optional }) => !optional);
  view.badge =
    missing.length === 0
      ? undefined
      : {
          value: missing.length,
          tooltip:
            missing.length === 1
              ? l10n.t('1 secret is missing')
              : l10n.t('{0} secrets are missing', missing.length),
        };
  const isFiltered = arrangement.show !== 'all';
  contextKeys.isFiltered.set(isFiltered);
  // Always beside the title: names that are hidden must not look like names that are not there.
  view.description = isFiltered ? l10n.t('only: {0}', showTitle(arrangement.show)) : '';
  const isRestricted = roots.length > 0 && !workspace.isTrusted;
  view.message = [
    ...(isRestricted ? [l10n.t('Restricted Mode: names and references only.')] : []),
    ...(isFiltered && arrangement.roots.length === 0 ? [l10n.t('No secret is like that now.')] : []),
  ].join(' ');
}
