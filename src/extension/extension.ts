import { type ExtensionContext, window } from 'vscode';
import { registerAws } from './aws/index.ts';
import { registerCommands } from './commands.ts';
import { DisposableStore } from './disposables.ts';
import { registerEditor } from './editor/index.ts';
import { registerLeaks } from './leaks/index.ts';
import { LeaksModel } from './leaks/leaks-model.ts';
import { registerMembers } from './members/index.ts';
import { registerRuns } from './runs/index.ts';
import { registerLaunch } from './launch/index.ts';
import { openSecretsView, registerSecrets } from './secrets/index.ts';
import { registerPlatform } from './platform/index.ts';
import { openServices } from './services.ts';
import { offerCommandInTerminals } from './terminal.ts';

/** Called by VS Code when the extension is first needed. */
export function activate(context: ExtensionContext): void {
  const store = new DisposableStore();
  context.subscriptions.push(store);
  const log = store.add(window.createOutputChannel('Nextflow Secrets', { log: true }));
  const services = openServices(context, log, store);
  const view = openSecretsView(services, store);
  const leaks = store.add(new LeaksModel(services.openWorld(undefined)));
  const handlers = {
    ...registerEditor(services, store, view, context.extensionUri),
    ...registerSecrets(services, store, view),
    ...registerLaunch(services, store),
    ...registerMembers(services, store),
    ...registerRuns(services, store, leaks),
    ...registerLeaks(services, store, leaks, context.extensionUri),
    ...registerAws(services, store, context.extensionUri),
    ...registerPlatform(services, store, context, view),
  };
  store.add(registerCommands(handlers, services));
  void offerCommandInTerminals(context, services);
}
