import {
  type CancellationToken,
  DocumentHighlight,
  DocumentHighlightKind,
  type DocumentHighlightProvider,
  Location,
  type Position,
  type ReferenceProvider,
  type TextDocument,
  Uri,
} from 'vscode';
import type { Services } from '../services.ts';
import { rangeOf, referenceAt, scanOf } from '../code/document-scan.ts';

/** Lists all uses of a name in the window's code. */
export class SecretReferences implements ReferenceProvider {
  constructor(private readonly services: Services) {}

  async provideReferences(
    document: TextDocument,
    position: Position,
    _context: unknown,
    token: CancellationToken,
  ): Promise<Location[] | undefined> {
    const name = referenceAt(document, position)?.name;
    const { version } = document;
    if (name === undefined) return undefined;
    await this.services.references.ready();
    if (token.isCancellationRequested || document.version !== version) return undefined;
    const uses = this.services.references.usesIn(undefined).get(name) ?? [];
    return uses.map((use) => new Location(Uri.parse(use.uri), rangeOf(use)));
  }
}

/** Highlights the uses of a name in one document. */
export class SecretHighlights implements DocumentHighlightProvider {
  provideDocumentHighlights(document: TextDocument, position: Position): DocumentHighlight[] | undefined {
    const name = referenceAt(document, position)?.name;
    if (name === undefined) return undefined;
    return scanOf(document)
      .references.filter((reference) => reference.name === name)
      .map((reference) => new DocumentHighlight(rangeOf(reference), DocumentHighlightKind.Read));
  }
}
