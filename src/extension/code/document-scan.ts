import {
  type DocumentSelector,
  type Position,
  Range,
  type TextDocument,
  type Uri,
  workspace,
  type WorkspaceFolder,
} from 'vscode';
import { scanSource } from '../../core/references/scan-source.ts';
import type { SourceReference, SourceScan, SourceSpan } from '../../core/references/scan.ts';
import { MAX_SOURCE_BYTES, sourceLanguage } from '../../core/pipeline/source-file.ts';

// The base of all features of the editor: the scan of a document as it is now, unsaved text included. A provider takes
// it and waits for nothing, so that its answer belongs to the text of the request:
//
//   const reference = referenceAt(document, position);
//
// A provider that has to wait compares `document.version` afterwards. If it has changed, the provider answers nothing.
// The secrets that are set for the folder of a document: `services.secrets.at(document.uri)`.

/** Selects documents by their names: the language of such files depends on other extensions. */
export const SOURCES: DocumentSelector = [{ pattern: '**/*.nf' }, { pattern: '**/*.config' }];

/** Tells whether a document is a script or config that a person may work on, not an old version of one. */
export function isSource({ scheme, path }: Uri): boolean {
  if (!/\.(nf|config)$/.test(path)) return false;
  const isInFolder = (folder: WorkspaceFolder): boolean => folder.uri.scheme === scheme;
  return scheme === 'file' || scheme === 'untitled' || (workspace.workspaceFolders ?? []).some(isInFolder);
}

/** The text of a document; empty if it is larger than any text that a person writes. */
export function sourceText(document: TextDocument): string {
  const text = document.getText();
  return text.length > MAX_SOURCE_BYTES ? '' : text;
}

interface Scanned {
  readonly version: number;
  readonly scan: SourceScan;
}

const scanned = new WeakMap<TextDocument, Scanned>();

/** Scans the text of a document for secrets. Each version of it is scanned once. */
export function scanOf(document: TextDocument): SourceScan {
  const { version } = document;
  const known = scanned.get(document);
  if (known?.version === version) return known.scan;
  const scan = scanSource(sourceText(document), sourceLanguage(document.uri.path));
  scanned.set(document, { version, scan });
  return scan;
}

/** The reference that has its name at a position, or ends there. */
export function referenceAt(document: TextDocument, position: Position): SourceReference | undefined {
  if (!isSource(document.uri)) return undefined;
  const offset = document.offsetAt(position);
  return scanOf(document).references.find((found) => found.offset <= offset && offset <= found.endOffset);
}

/** A range in the form of VS Code: lines and columns count from 0. */
export function rangeOf({ line, column, endColumn }: Omit<SourceSpan, 'offset' | 'endOffset'>): Range {
  return new Range(line - 1, column - 1, line - 1, endColumn - 1);
}
