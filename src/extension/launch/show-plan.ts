import {
  type Disposable,
  EventEmitter,
  l10n,
  languages,
  type TextDocumentContentProvider,
  Uri,
  window,
  workspace,
} from 'vscode';
import { PageLinks } from '../code/linked-page.ts';
import { isSupported } from '../trust.ts';
import { DisposableStore } from '../disposables.ts';
import type { Services } from '../services.ts';
import { type LaunchDefinition, readDefinition } from './launch-definition.ts';
import { planFor } from './launch-plan.ts';
import { planPage } from './plan-page.ts';
import type { Pipeline } from './pipelines.ts';

const SCHEME = 'nextflow-secrets-plan';

/** Plans of launches as read-only texts, which follow changes. */
export class PlanDocuments implements TextDocumentContentProvider, Disposable {
  readonly #store = new DisposableStore();
  readonly #changed = this.#store.add(new EventEmitter<Uri>());
  readonly onDidChange = this.#changed.event;
  readonly #links = this.#store.add(new PageLinks(SCHEME));

  constructor(private readonly services: Services) {
    this.#store.add(workspace.registerTextDocumentContentProvider(SCHEME, this));
    const refresh = (): void => {
      for (const { uri } of workspace.textDocuments) if (uri.scheme === SCHEME) this.#changed.fire(uri);
    };
    // A plan is made from saved files: unsaved text changes nothing.
    this.#store.add(services.stores.onDidChange(refresh));
    this.#store.add(
      services.references.onDidChange((change) => {
        if (change === 'files') refresh();
      }),
    );
    this.#store.add(workspace.onDidSaveTextDocument(refresh));
    this.#store.add(workspace.onDidGrantWorkspaceTrust(refresh));
    this.#store.add(
      workspace.onDidChangeConfiguration((event) => {
        // Target, region, arguments.
        if (event.affectsConfiguration('nextflowSecrets')) refresh();
      }),
    );
  }

  async provideTextDocumentContent(uri: Uri): Promise<string> {
    const { query, fragment } = uri;
    const folder = workspace.getWorkspaceFolder(Uri.parse(fragment));
    if (folder === undefined) return '';
    const definition = readDefinition(JSON.parse(query) as LaunchDefinition);
    const pipeline = { word: definition.pipeline, folder, isRemote: false };
    const plan = await planFor(pipeline, definition, this.services);
    const isCode = (code: string): boolean => this.services.references.files.has(code);
    const mayAct = isSupported && workspace.isTrusted;
    return this.#links.text(uri, planPage({ pipeline, definition, plan, isCode, mayAct }));
  }

  dispose(): void {
    this.#store.dispose();
  }
}

/** Opens a plan as a text that can be read, searched and copied. */
export async function showPlanOf(
  { word, folder }: Pipeline,
  definition: LaunchDefinition,
  { secrets }: Services,
): Promise<void> {
  await secrets.refresh();
  const uri = Uri.from({
    scheme: SCHEME,
    path: `/${l10n.t('Launch plan of {0}', word).replaceAll('/', ' ')}`,
    query: JSON.stringify(definition),
    fragment: folder.uri.toString(),
  });
  const document = await workspace.openTextDocument(uri);
  // Its title ends as that of a script, and it is none.
  await languages.setTextDocumentLanguage(document, 'plaintext');
  await window.showTextDocument(document, { preview: true });
}
