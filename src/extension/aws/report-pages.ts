import {
  commands,
  type Disposable,
  EventEmitter,
  type TextDocumentContentProvider,
  Uri,
  workspace,
} from 'vscode';
import { DisposableStore } from '../disposables.ts';

const SCHEME = 'nextflow-secrets-report';

/** Read-only pages in Markdown. VS Code's own preview shows them. */
export class ReportPages implements TextDocumentContentProvider, Disposable {
  readonly #store = new DisposableStore();
  readonly #changed = this.#store.add(new EventEmitter<Uri>());
  readonly onDidChange = this.#changed.event;
  readonly #pages = new Map<string, string>();

  constructor() {
    this.#store.add(workspace.registerTextDocumentContentProvider(SCHEME, this));
  }

  provideTextDocumentContent({ path }: Uri): string {
    return this.#pages.get(path) ?? '';
  }

  /** Shows a page. It replaces a page of the same title. */
  async show(title: string, markdown: string): Promise<void> {
    const uri = Uri.from({ scheme: SCHEME, path: `/${title.replaceAll('/', ' ')}.md` });
    this.#pages.set(uri.path, markdown);
    this.#changed.fire(uri);
    await commands.executeCommand('markdown.showPreview', uri);
  }

  dispose(): void {
    this.#store.dispose();
  }
}
