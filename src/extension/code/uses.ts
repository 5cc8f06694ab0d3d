import type { Phrase } from '../../core/system/phrase.ts';
import type { KeptScan } from '../../core/references/scan-keeper.ts';
import type { SourceReference } from '../../core/references/scan.ts';
import type { Diagnostic } from '../../core/diagnostics/diagnostics.ts';

// References in the code of the window, as plain data. Imports no VS Code.

/** A location in the window's code that uses a secret. Lines and columns count from 1, columns in UTF-16 units. */
export interface Use {
  readonly name: string;
  /** URI of the file, as text. */
  readonly uri: string;
  readonly line: number;
  readonly column: number;
  readonly endColumn: number;
  readonly kind: SourceReference['kind'];
  readonly optional: boolean;
  readonly guards: SourceReference['guards'];
  readonly ignored: boolean;
  /** The process, or the selector of a config. */
  readonly process: string | undefined;
}

/** The uses of each name. */
export type Uses = ReadonlyMap<string, readonly Use[]>;

/** The part of the index that knows only uses. */
export interface References {
  /** The uses in the files of one folder, or of all. */
  usesIn(folder: string | undefined): Uses;
  /** Tells whether the code of a folder is all read, names every secret that it uses, and is not empty. */
  isComplete(folder: string | undefined): boolean;
}

/** A file in the index. Each scan of the file makes a new object. */
export interface IndexedFile {
  /** Its folder; undefined for a file that is only open in an editor: outside the folders, or ignored by git. */
  readonly folder: string | undefined;
  readonly scan: KeptScan;
  /** Keys that are written in the code. */
  readonly literals: readonly Diagnostic[];
  /** Reason that it is not read. */
  readonly problem: Phrase | undefined;
}

/** The uses of each name in some files, in the order of the files' URIs. */
export function usesOf(files: Iterable<readonly [uri: string, file: IndexedFile]>): Map<string, Use[]> {
  const uses = new Map<string, Use[]>();
  const sorted = [...files].filter(([, { scan }]) => scan.references.length > 0);
  for (const [uri, { scan }] of sorted.sort(([a], [b]) => (a < b ? -1 : 1))) {
    for (const reference of scan.references) {
      const { name, line, column, endColumn, kind, optional, guards, ignored } = reference;
      const process = reference.process ?? undefined;
      const use = { name, uri, line, column, endColumn, kind, optional, guards, ignored, process };
      const others = uses.get(name);
      if (others === undefined) uses.set(name, [use]);
      else others.push(use);
    }
  }
  return uses;
}

/** Tells whether files are all read and name every secret that they use, and there is at least one file. */
export function nameAll(files: Iterable<IndexedFile>): boolean {
  let some = false;
  for (const { scan, problem } of files) {
    if (problem !== undefined || scan.dynamic.length > 0) return false;
    some = true;
  }
  return some;
}
