import {
  type Disposable,
  DocumentLink,
  type DocumentLinkProvider,
  languages,
  Range,
  type TextDocument,
  type Uri,
} from 'vscode';
import { DisposableStore } from '../disposables.ts';

/** Number of pages whose links are kept: VS Code closes a page without a word when its language changes. */
const MOST = 50;

/** A part of a page: a text, or one that leads somewhere. It has no line ends. */
export type PagePart = string | { readonly text: string; readonly target: Uri; readonly tooltip?: string };

/** A line of a page. */
export type PageLine = string | readonly PagePart[];

const partsOf = (line: PageLine): readonly PagePart[] => (typeof line === 'string' ? [line] : line);
const textOf = (part: PagePart): string => (typeof part === 'string' ? part : part.text);

/** Links of read-only pages in plain text, which screen readers and the search of the editor read. */
export class PageLinks implements DocumentLinkProvider, Disposable {
  readonly #store = new DisposableStore();
  readonly #links = new Map<string, readonly DocumentLink[]>();

  constructor(scheme: string) {
    this.#store.add(languages.registerDocumentLinkProvider({ scheme }, this));
  }

  /** Keeps the links of a page. @returns its text. */
  text(uri: Uri, lines: readonly PageLine[]): string {
    const links: DocumentLink[] = [];
    for (const [line, parts] of lines.map(partsOf).entries()) {
      let column = 0;
      for (const part of parts) {
        const text = textOf(part);
        if (typeof part !== 'string') {
          const link = new DocumentLink(new Range(line, column, line, column + text.length), part.target);
          if (part.tooltip !== undefined) link.tooltip = part.tooltip;
          links.push(link);
        }
        column += text.length;
      }
    }
    const key = uri.toString();
    this.#links.delete(key);
    this.#links.set(key, links);
    const [oldest] = this.#links.keys();
    if (this.#links.size > MOST && oldest !== undefined) this.#links.delete(oldest);
    return lines.map((line) => partsOf(line).map(textOf).join('')).join('\n');
  }

  provideDocumentLinks({ uri }: TextDocument): DocumentLink[] {
    return [...(this.#links.get(uri.toString()) ?? [])];
  }

  dispose(): void {
    this.#store.dispose();
  }
}
