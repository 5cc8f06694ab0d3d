import {
  type Disposable,
  EventEmitter,
  l10n,
  type TextDocumentContentProvider,
  Uri,
  window,
  workspace,
} from 'vscode';
import { DisposableStore } from '../disposables.ts';
import type { Services } from '../services.ts';
import { type LaunchDefinition, readDefinition } from './launch-definition.ts';
import { planFor, planText } from './launch-plan.ts';
import type { Pipeline } from './pipelines.ts';

const SCHEME = 'nextflow-secrets-plan';

/** Plans of launches as read-only texts, which follow changes. */
export class PlanDocuments implements TextDocumentContentProvider, Disposable {
  readonly #store = new DisposableStore();
  readonly #changed = this.#store.add(new EventEmitter<Uri>());
  readonly onDidChange = this.#changed.event;

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
    this.#store.add(
      workspace.onDidChangeConfiguration((event) => {
        // Target, region, arguments.
        if (event.affectsConfiguration('nextflowSecrets')) refresh();
      }),
    );
  }

  async provideTextDocumentContent({ query, fragment }: Uri): Promise<string> {
    const folder = workspace.getWorkspaceFolder(Uri.parse(fragment));
    if (folder === undefined) return '';
    const definition = readDefinition(JSON.parse(query) as LaunchDefinition);
    const pipeline = { word: definition.pipeline, folder, isRemote: false };
    return planText(pipeline, await planFor(pipeline, definition, this.services));
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
  await window.showTextDocument(await workspace.openTextDocument(uri), { preview: true });
}
