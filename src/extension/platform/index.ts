import { type ExtensionContext, languages, type TreeView, window } from 'vscode';
import { printable } from '../../core/system/printable.ts';
import { SOURCES } from '../code/document-scan.ts';
import type { CommandId } from '../command-id.ts';
import type { Handler } from '../commands.ts';
import { contextKeys } from '../context-key.ts';
import type { DisposableStore } from '../disposables.ts';
import type { Services } from '../services.ts';
import type { SecretNode } from '../state/secret-nodes.ts';
import { createThere, deleteThere, updateThere } from './change-secret.ts';
import { chooseForFolder, chooseShown } from './choose-workspaces.ts';
import { copyToPlatform } from './copy-to-platform.ts';
import { PlatformLogin } from './login.ts';
import { NotInPlatform } from './not-in-platform.ts';
import { PlatformChoice } from './platform-choice.ts';
import { PlatformFixes, PlatformHover } from './platform-editor.ts';
import { PlatformModel } from './platform-model.ts';
import type { PlatformRoom } from './platform-room.ts';
import { PlatformTree } from './platform-tree.ts';
import { signIn, signOut } from './sign-in.ts';

type PlatformCommand = Extract<
  CommandId,
  | 'choosePlatformForFolder'
  | 'choosePlatformWorkspaces'
  | 'copyToPlatform'
  | 'createPlatformSecret'
  | 'deletePlatformSecret'
  | 'refreshPlatform'
  | 'signInPlatform'
  | 'signOutPlatform'
  | 'updatePlatformSecret'
>;

/**
 * Registers the view of Seqera Platform, its commands, and what the editor says of it.
 *
 * @param secretsView - whose selection can be copied there.
 */
export function registerPlatform(
  services: Services,
  store: DisposableStore,
  context: ExtensionContext,
  secretsView: TreeView<SecretNode>,
): Record<PlatformCommand, Handler> {
  const { references, log, secrets } = services;
  const login = store.add(new PlatformLogin(context.secrets));
  const choice = new PlatformChoice(context.globalState, context.workspaceState);
  const model = store.add(new PlatformModel({ login, choice, references, log }));
  const room: PlatformRoom = { services, login, choice, model };
  const treeDataProvider = store.add(new PlatformTree(model));
  const view = store.add(
    window.createTreeView('nextflowSecrets.platform', {
      treeDataProvider,
      canSelectMany: true,
      showCollapseAll: true,
    }),
  );
  const show = (): void => {
    const signedIn = model.signedIn?.login;
    contextKeys.platform.set(signedIn === undefined ? 'signedOut' : 'signedIn');
    view.description =
      signedIn === undefined ? '' : printable(`${signedIn.userName} · ${signedIn.endpoint.host}`);
  };
  store.add(model.onDidChange(show));
  store.add(new NotInPlatform(model, context.extensionUri));
  const fixes = new PlatformFixes(model, secrets);
  store.add(languages.registerCodeActionsProvider(SOURCES, fixes, PlatformFixes.metadata));
  store.add(languages.registerHoverProvider(SOURCES, new PlatformHover(model)));

  const act = (run: (args: readonly unknown[]) => unknown): Handler => ({
    needsTrust: true,
    run: (...args) => run(args),
  });
  return {
    signInPlatform: act(() => signIn(room)),
    signOutPlatform: act(() => signOut(room)),
    refreshPlatform: act(() => model.restart()),
    choosePlatformWorkspaces: act(() => chooseShown(room)),
    choosePlatformForFolder: act((args) => chooseForFolder(args, room)),
    createPlatformSecret: act((args) => createThere(args, room)),
    updatePlatformSecret: act((args) => updateThere(args, room, view.selection)),
    deletePlatformSecret: act((args) => deleteThere(args, room, view.selection)),
    copyToPlatform: act((args) => copyToPlatform(args, room, secretsView.selection)),
  };
}
