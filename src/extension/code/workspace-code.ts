import { type CancellationToken, type TextDocument, Uri, workspace } from 'vscode';
import type { CodeFile } from '../../core/diagnostics/fixes/in-params.ts';
import { readSourceCode, type SourceCode } from '../../core/diagnostics/fixes/source-code.ts';
import type { TextEdit } from '../../core/diagnostics/fixes/text-edit.ts';
import { sourceLanguage } from '../../core/pipeline/source-file.ts';
import { scanOf } from './document-scan.ts';
import { openDocument, readCode } from './read-code.ts';
import type { ReferenceIndex } from './reference-index.ts';

/** The code of a document as it is now. */
export function codeOf(document: TextDocument): SourceCode {
  return readSourceCode(document.getText(), sourceLanguage(document.uri.path), scanOf(document));
}

/**
 * The code of all indexed files that contain a word, by their URIs: the text of the editor for open files, the text
 * on the disk for others.
 *
 * @param folder - only the files of this folder, if it is given.
 */
export async function codeWith(
  word: string,
  references: ReferenceIndex,
  folder: string | undefined,
  token?: CancellationToken,
): Promise<CodeFile[]> {
  // A new file that is open may not be listed yet.
  const keys = [...references.files].filter(
    ([key, file]) => folder === undefined || (file.folder ?? folderOf(key)) === folder,
  );
  const saved = new Map<string, string>();
  for (const [key] of keys) {
    if (token?.isCancellationRequested === true) return [];
    if (openDocument(key) !== undefined) continue;
    const read = await readCode(Uri.parse(key));
    if ('text' in read) saved.set(key, read.text);
  }
  // Open documents are read last and at once: they may change while files are read.
  const texts = keys.map(([key]) => [key, openDocument(key)?.getText() ?? saved.get(key) ?? ''] as const);
  return texts
    .filter(([, text]) => text.includes(word))
    .map(([file, text]) => ({ file, code: readSourceCode(text, sourceLanguage(Uri.parse(file).path)) }));
}

const folderOf = (key: string): string | undefined =>
  workspace.getWorkspaceFolder(Uri.parse(key))?.uri.toString();

/** Range of an edit in a text, in lines and columns that count from 0. */
export interface EditRange {
  readonly start: { readonly line: number; readonly character: number };
  readonly end: { readonly line: number; readonly character: number };
}

/** Ranges of edits in a text that may be in no editor. VS Code takes `\r` alone for the end of a line too. */
export function rangesOf(text: string, edits: readonly TextEdit[]): EditRange[] {
  const starts = [0];
  for (const { index, 0: end } of text.matchAll(/\r\n|\n|\r/g)) starts.push(index + end.length);
  const positionOf = (offset: number): EditRange['start'] => {
    let low = 0;
    let high = starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return { line: low, character: offset - (starts[low] ?? 0) };
  };
  return edits.map(({ offset, endOffset }) => ({ start: positionOf(offset), end: positionOf(endOffset) }));
}
