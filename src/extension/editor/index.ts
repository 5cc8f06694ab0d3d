import { languages, type TreeView, type Uri } from 'vscode';
import type { CommandId } from '../command-id.ts';
import type { Handler } from '../commands.ts';
import type { DisposableStore } from '../disposables.ts';
import type { SecretNode } from '../state/secret-nodes.ts';
import type { Services } from '../services.ts';
import { CompanionIndex } from '../code/companion-index.ts';
import { CompanionProblems } from './companion-problems.ts';
import { SecretDiagnostics } from './diagnostics.ts';
import { SOURCES } from '../code/document-scan.ts';
import { NAME_TRIGGERS, NameCompletion } from './name-completion.ts';
import { QuickFixes } from './quick-fixes.ts';
import { SecretRename } from './rename.ts';
import { SecretHover } from './secret-hover.ts';
import { SecretLens } from './secret-lens.ts';
import { SecretPages } from './secret-page.ts';
import { SecretHighlights, SecretReferences } from './secret-references.ts';
import { StateHints } from './state-hints.ts';

/**
 * Registers the features of the editor for secrets in scripts and configs.
 *
 * @param view - of secrets; it shows a definition.
 * @param extension - directory that has the pages of the diagnostics.
 */
export function registerEditor(
  services: Services,
  store: DisposableStore,
  view: TreeView<SecretNode>,
  extension: Uri,
): Record<Extract<CommandId, 'showSecret'>, Handler> {
  store.add(new SecretDiagnostics(services, extension));
  const hasCode = async (folder: string): Promise<boolean> => {
    await services.references.ready();
    return [...services.references.files.values()].some((file) => file.folder === folder);
  };
  const companions = store.add(new CompanionIndex(services.log, services.openWorld, hasCode));
  store.add(new CompanionProblems(companions, extension));
  store.add(new SecretLens(services));
  store.add(new StateHints(services));
  const pages = store.add(new SecretPages(services, view));
  store.add(languages.registerDefinitionProvider(SOURCES, pages));
  store.add(languages.registerHoverProvider(SOURCES, new SecretHover(services)));
  store.add(languages.registerReferenceProvider(SOURCES, new SecretReferences(services)));
  store.add(languages.registerDocumentHighlightProvider(SOURCES, new SecretHighlights()));
  const completion = new NameCompletion(services);
  store.add(languages.registerCompletionItemProvider(SOURCES, completion, ...NAME_TRIGGERS));
  const fixes = new QuickFixes(services, extension);
  store.add(languages.registerCodeActionsProvider(SOURCES, fixes, QuickFixes.metadata));
  store.add(languages.registerRenameProvider(SOURCES, store.add(new SecretRename(services))));
  return { showSecret: { needsTrust: false, run: (...args) => pages.show(args) } };
}
