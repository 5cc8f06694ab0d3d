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

/** Lists the files of code in a folder, without those that git ignores. @param openWorld - for git. */
export async function listCode(
  folder: WorkspaceFolder,
  openWorld: (folder: Uri) => World,
  signal: AbortSignal,
): Promise<Uri[]> {
  // If one folder is within another, a file belongs to the inner one.
  const isOwn = (uri: Uri): boolean => workspace.getWorkspaceFolder(uri) === folder;
  if (folder.uri.scheme !== 'file') {
    return virtualFiles(folder.uri, (uri) => isSource(uri) && isOwn(uri));
  }
  // In Restricted Mode nothing is started, not even git.
  const world = workspace.isTrusted ? openWorld(folder.uri) : undefined;
  const { paths } = await listSourceFiles(folder.uri.fsPath, world, signal);
  return paths.map((path) => Uri.joinPath(folder.uri, path)).filter(isOwn);
}

/** Finds keys that are written in texts. The rules for that load with the first text. */
export async function literalsIn(texts: readonly string[]): Promise<readonly (readonly Diagnostic[])[]> {
  if (texts.every((text) => text === '')) return [];
  const { findLiteralSecretsInEach } = await import('../../core/diagnostics/literal-secrets.ts');
  return findLiteralSecretsInEach(texts);
}
