import type { SourceReference, SourceScan } from '../../core/references/scan.ts';
import type { Diagnostic } from '../../core/diagnostics/diagnostics.ts';

// What the code of the window refers to, as plain data. Knows no VS Code.

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

/** What code refers to, for whoever asks only that. */
export interface References {
  /** The uses in the files of one folder, or of all. */
  usesIn(folder: string | undefined): Uses;
  /** Whether the code of a folder is all read, names every secret that it uses, and there is some. */
  isComplete(folder: string | undefined): boolean;
}

/** What is kept of a file's scan. */
export type KeptScan = Pick<
  SourceScan,
  'references' | 'dynamic' | 'diagnostics' | 'entryWorkflow' | 'profiles'
>;

export const NOTHING_FOUND: KeptScan = {
  references: [],
  dynamic: [],
  diagnostics: [],
  entryWorkflow: null,
  profiles: [],
};

/** What is known of one file. Another object each time that it is scanned. */
export interface IndexedFile {
  /** The folder whose code it is; undefined for what is only open in an editor: a stranger, or ignored by git. */
  readonly folder: string | undefined;
  readonly scan: KeptScan;
  /** Keys that stand in the code. */
  readonly literals: readonly Diagnostic[];
  /** Why it is not read. */
  readonly problem: string | undefined;
}

/** The uses of each name in some files, those by the order of their URIs. */
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

/** Whether some files are all read and name every secret that they use, and there are any. */
export function nameAll(files: Iterable<IndexedFile>): boolean {
  let some = false;
  for (const { scan, problem } of files) {
    if (problem !== undefined || scan.dynamic.length > 0) return false;
    some = true;
  }
  return some;
}
