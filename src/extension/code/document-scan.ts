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

// What all features of the editor stand on: the scan of a document as it is now, unsaved text included. A provider
// takes it without waiting for anything, so that its answer belongs to the text that it was asked about:
//
//   const reference = referenceAt(document, position);
//
// One that has to wait looks afterwards whether `document.version` is still what it was, and if not, answers nothing.
// What is set and what is not, for the folder of a document: `services.secrets.at(document.uri)`.

/** By their names, since the language of such files depends on what else is installed. */
export const SOURCES: DocumentSelector = [{ pattern: '**/*.nf' }, { pattern: '**/*.config' }];

/** Whether a document is a script or config that somebody may work on, not an old version of one. */
export function isSource({ scheme, path }: Uri): boolean {
  if (!/\.(nf|config)$/.test(path)) return false;
  const isInFolder = (folder: WorkspaceFolder): boolean => folder.uri.scheme === scheme;
  return scheme === 'file' || scheme === 'untitled' || (workspace.workspaceFolders ?? []).some(isInFolder);
}

/** The text of a document; empty if it is larger than what anybody wrote. */
export function sourceText(document: TextDocument): string {
  const text = document.getText();
  return text.length > MAX_SOURCE_BYTES ? '' : text;
}

interface Scanned {
  readonly version: number;
  readonly scan: SourceScan;
}

const scanned = new WeakMap<TextDocument, Scanned>();

/** What the text of a document says about secrets. Each version of it is scanned once, whoever asks. */
export function scanOf(document: TextDocument): SourceScan {
  const { version } = document;
  const known = scanned.get(document);
  if (known?.version === version) return known.scan;
  const scan = scanSource(sourceText(document), sourceLanguage(document.uri.path));
  scanned.set(document, { version, scan });
  return scan;
}

/** The reference whose name is at a position, or ends there. */
export function referenceAt(document: TextDocument, position: Position): SourceReference | undefined {
  if (!isSource(document.uri)) return undefined;
  const offset = document.offsetAt(position);
  return scanOf(document).references.find((found) => found.offset <= offset && offset <= found.endOffset);
}

/** A range of VS Code, whose lines and columns count from 0. */
export function rangeOf({ line, column, endColumn }: Omit<SourceSpan, 'offset' | 'endOffset'>): Range {
  return new Range(line - 1, column - 1, line - 1, endColumn - 1);
}
