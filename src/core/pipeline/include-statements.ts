import { isKindOf, TokenKind as T, type Tokens } from '../references/tokens.ts';
import type { TokenRange } from './token-ranges.ts';
import { isStart } from './unit.ts';

/** A name that a script gives to something of another file. */
export interface Import {
  readonly file: string;
  readonly name: string;
}

/** The files that a script includes, by the offsets of their paths in the text, in order. */
export type IncludedFiles = readonly { readonly offset: number; readonly file: string }[];

const INCLUDED = isKindOf(T.openBrace, T.word, T.string, T.openText);

/** Include statements of a script, read one after another. */
export class IncludeStatements {
  /** Included things by the names that the script gives them. */
  readonly imports = new Map<string, Import[]>();
  /** Ranges of the lists of names, which call nothing. */
  readonly lists: TokenRange[] = [];
  /** True if all statements are of a known form. */
  arePlain = true;
  readonly #tokens: Tokens;
  readonly #files: IncludedFiles;
  #nextFile = 0;

  constructor(tokens: Tokens, files: IncludedFiles) {
    this.#tokens = tokens;
    this.#files = files;
  }

  /** Reads `include { A; B as C } from './path'` @returns the end of its list of names; undefined for anything else. */
  read(at: number): number | undefined {
    const tokens = this.#tokens;
    const isInclude = tokens.kind(at) === T.word && tokens.is(at, 'include') && isStart(tokens, at);
    if (!isInclude || !INCLUDED(tokens.kind(at + 1))) return undefined;
    const open = at + 1;
    if (tokens.kind(open) !== T.openBrace) {
      this.arePlain = false;
      return undefined;
    }
    const close = Math.min(tokens.partner(open), tokens.count);
    const file = this.#fileOf(at, close);
    for (let index = open + 1; index < close; index++) {
      if (tokens.kind(index) !== T.word) continue;
      const name = tokens.source(index);
      const isRenamed = tokens.is(index + 1, 'as');
      if (file !== undefined) this.#add(isRenamed ? tokens.source(index + 2) : name, { file, name });
      if (isRenamed) index += 2;
    }
    this.lists.push([at, close + 1]);
    return close + 1;
  }

  /** Finds the file of an include; undefined if it is no file of the pipeline. */
  #fileOf(include: number, close: number): string | undefined {
    const tokens = this.#tokens;
    while ((this.#files[this.#nextFile]?.offset ?? Infinity) < tokens.start(include)) this.#nextFile += 1;
    const next = this.#files[this.#nextFile];
    const from = tokens.afterNewLines(close + 1);
    if (next === undefined || !tokens.is(from, 'from')) return undefined;
    let path = from + 1;
    while (tokens.kind(path) === T.newLine || tokens.kind(path) === T.openParen) path += 1;
    // An include of a plugin leads to no file: the next known file belongs to another include.
    const isOwn = tokens.start(path) <= next.offset && next.offset <= tokens.end(path);
    return isOwn ? next.file : undefined;
  }

  #add(alias: string, one: Import): void {
    const known = this.imports.get(alias);
    if (known === undefined) this.imports.set(alias, [one]);
    else known.push(one);
  }
}
