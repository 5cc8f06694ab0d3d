import { scanSource } from '../../references/scan-source.ts';
import type { SourceLanguage, SourceReference, SourceScan } from '../../references/scan.ts';
import { tokenize } from '../../references/tokenize.ts';
import { TokenKind as T, type Tokens } from '../../references/tokens.ts';

/** A script or config with all facts that a fix needs. */
export interface SourceCode {
  readonly text: string;
  readonly language: SourceLanguage;
  readonly scan: SourceScan;
  readonly tokens: Tokens;
  /** For each token the index of the bracket, text or interpolation that it is in, or -1. */
  readonly parents: Int32Array;
}

/** @param scan - the scan of the same text, if there is one. */
export function readSourceCode(
  text: string,
  language: SourceLanguage,
  scan: SourceScan = scanSource(text, language),
): SourceCode {
  const tokens = tokenize(text);
  const parents = new Int32Array(tokens.count).fill(-1);
  const open: number[] = [];
  for (let index = 0; index < tokens.count; index++) {
    while (open.length > 0 && tokens.partner(open.at(-1) ?? -1) <= index) open.pop();
    parents[index] = open.at(-1) ?? -1;
    if (tokens.partner(index) > index) open.push(index);
  }
  return { text, language, scan, tokens, parents };
}

interface Indexed {
  readonly byOffset: ReadonlyMap<number, readonly SourceReference[]>;
  readonly byName: ReadonlyMap<string, readonly SourceReference[]>;
}

/** Cache, one index for each code: every diagnostic of the code needs it. */
const indexed = new WeakMap<SourceCode, Indexed>();

function indexOf(code: SourceCode): Indexed {
  const known = indexed.get(code);
  if (known !== undefined) return known;
  const { references } = code.scan;
  const made = {
    byOffset: grouped(references, ({ offset }) => offset),
    byName: grouped(references, ({ name }) => name),
  };
  indexed.set(code, made);
  return made;
}

function grouped<K, V>(values: readonly V[], keyOf: (value: V) => K): Map<K, V[]> {
  const groups = new Map<K, V[]>();
  for (const value of values) {
    const group = groups.get(keyOf(value));
    if (group === undefined) groups.set(keyOf(value), [value]);
    else group.push(value);
  }
  return groups;
}

/** The references that have their name at an offset. */
export const referencesAt = (code: SourceCode, offset: number): readonly SourceReference[] =>
  indexOf(code).byOffset.get(offset) ?? [];

/** The references to a secret. */
export const referencesTo = (code: SourceCode, name: string): readonly SourceReference[] =>
  indexOf(code).byName.get(name) ?? [];

/** The index of the nearest token before this one that is not a new line, or -1. */
export function beforeNewLines({ tokens }: SourceCode, from: number): number {
  let index = from;
  while (index >= 0 && tokens.kind(index) === T.newLine) index -= 1;
  return index;
}

/** The tokens of an expression, first and last. */
export interface TokenRange {
  readonly first: number;
  readonly last: number;
}

/** The whole of `secrets.NAME`, `this.secrets['NAME']`, … around its name; undefined if it is none of these. */
export function propertyAt(code: SourceCode, offset: number): TokenRange | undefined {
  const { tokens } = code;
  const name = tokens.lastFrom(offset);
  let before = beforeNewLines(code, name - 1);
  let last = name;
  const kind = tokens.kind(before);
  if (kind === T.openBracket) {
    last = name + 1;
    before -= 1;
  } else if (kind === T.openParen) {
    last = name + 1;
    // secrets.getProperty('NAME')
    before = beforeNewLines(code, beforeNewLines(code, before - 2) - 1);
  } else if (kind === T.dot || kind === T.safeDot) {
    before = beforeNewLines(code, before - 1);
  } else {
    return undefined;
  }
  if (before < 0 || !tokens.is(before, 'secrets')) return undefined;
  const isOfThis = tokens.kind(before - 1) === T.dot && tokens.is(before - 2, 'this');
  return { first: isOfThis ? before - 2 : before, last };
}
