import { type TextDocument, Uri, workspace, type WorkspaceFolder } from 'vscode';
import type { Diagnostic } from '../../core/diagnostics/diagnostics.ts';
import {
  checked,
  MAX_SOURCE_BYTES,
  readSourceFile,
  type SourceBytes,
} from '../../core/pipeline/source-file.ts';
import { listSourceFiles } from '../../core/pipeline/source-files.ts';
import { phraseOf } from '../../core/system/human-error.ts';
import type { Phrase } from '../../core/system/phrase.ts';
import type { SourceReader } from '../../core/pipeline/source-reader.ts';
import { mayHaveKey } from '../../core/diagnostics/key-signs.ts';
import type { World } from '../../core/system/world.ts';
import { isSource } from './document-scan.ts';
import { virtualFiles } from './virtual-files.ts';

/** The text of a file of code, or the reason that there is none. */
export type CodeText = { readonly text: string } | { readonly problem: Phrase };

/** The document of a file, if it is open. */
export const openDocument = (key: string): TextDocument | undefined =>
  workspace.textDocuments.find((document) => document.uri.toString() === key && !document.isClosed);

/** Reads a file: the open document, else the file on the disk, or from the file system of its folder. */
export async function readCode(uri: Uri): Promise<CodeText> {
  const open = openDocument(uri.toString());
  const typed = open?.getText();
  if (typed !== undefined && typed.length <= MAX_SOURCE_BYTES) return { text: typed };
  const source = await readSource(uri);
  // The decoder drops a byte order mark, which is no part of the text that VS Code shows.
  return 'problem' in source ? source : { text: new TextDecoder().decode(source.bytes) };
}

async function readSource(uri: Uri): Promise<SourceBytes> {
  if (uri.scheme === 'file') return readSourceFile(uri.fsPath);
  try {
    return checked(Buffer.from(await workspace.fs.readFile(uri)));
  } catch (error) {
    return { problem: phraseOf(error) };
  }
}

/** A file of code that was listed. */
export interface ListedCode {
  readonly uri: Uri;
  /** True for a regular file on the disk, and no link. */
  readonly isRegular: boolean;
}

/** Lists the files of code in a folder, without those that git ignores. @param openWorld - for git. */
export async function listCode(
  folder: WorkspaceFolder,
  openWorld: (folder: Uri) => World,
  signal: AbortSignal,
): Promise<ListedCode[]> {
  // If one folder is within another, a file belongs to the inner one.
  const hasOthers = (workspace.workspaceFolders ?? []).length > 1;
  const isOwn = (uri: Uri): boolean => !hasOthers || workspace.getWorkspaceFolder(uri) === folder;
  if (folder.uri.scheme !== 'file') {
    const uris = await virtualFiles(folder.uri, (uri) => isSource(uri) && isOwn(uri));
    return uris.map((uri) => ({ uri, isRegular: false }));
  }
  // In Restricted Mode nothing is started, not even git.
  const world = workspace.isTrusted ? openWorld(folder.uri) : undefined;
  const { paths, unusual } = await listSourceFiles(folder.uri.fsPath, world, { signal });
  return paths
    .map((path) => ({ uri: Uri.joinPath(folder.uri, path), isRegular: !unusual.has(path) }))
    .filter(({ uri }) => isOwn(uri));
}

/** Reads a listed file on the disk at once; without a text that matters, its text is empty. */
export function readListed({ uri, isRegular }: ListedCode, reader: SourceReader): CodeText {
  const source = reader.read(uri.fsPath, isRegular) ?? { text: '' };
  // VS Code shows no byte order mark.
  return 'text' in source && source.text.startsWith('\ufeff') ? { text: source.text.slice(1) } : source;
}

/** Finds keys that are written in texts. The rules for that load with the first text that may have one. */
export async function literalsIn(texts: readonly string[]): Promise<readonly (readonly Diagnostic[])[]> {
  if (!texts.some(mayHaveKey)) return [];
  const { findLiteralSecretsInEach } = await import('../../core/diagnostics/literal-secrets.ts');
  return findLiteralSecretsInEach(texts);
}
