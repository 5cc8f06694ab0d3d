import type { Reading } from '../reading/reading.ts';
import { isKeyword, isKindOf, TokenKind as T, type Tokens } from '../tokens.ts';
import { SECTIONS } from './sections.ts';

/** Words without which code has no secret, no template, and nothing that belongs to the script around it. */
const MATTERS = /secret|template|(?<![.\w$])(?:include|process|workflow|agent)\b(?!\s*\.)/i;

/**
 * Tells whether code between two tokens is passed over: it is about no secret by itself, and sees no variable that is
 * one. It is read later if values of secrets may get into it from elsewhere.
 */
export function passesOver(reading: Reading, from: number, to: number): boolean {
  const { tokens } = reading;
  if (reading.isWhole || !reading.variables.areNone) return false;
  if (MATTERS.test(tokens.text.slice(tokens.start(from), tokens.start(to)))) return false;
  reading.hasPassedOver = true;
  return true;
}

/** A secret that is assigned, given to a call, or joined with something. */
const CARRIES = /[=(,?:|[<+][ \t]*(?:"[^"\n]*\$\{?)?secrets\b/;

/**
 * Tells whether values of secrets probably get into variables, parameters or results of functions: then nothing is
 * passed over, because the text would be read twice.
 */
export const isLikelyCarried = (text: string): boolean => CARRIES.test(text);

/** Tokens that may be the last of a statement. */
const ENDS_STATEMENT = isKindOf(
  T.word,
  T.number,
  T.string,
  T.closeText,
  T.closeBrace,
  T.closeParen,
  T.closeBracket,
  T.semicolon,
);
const STARTS_LINE = isKindOf(T.newLine, T.semicolon, T.closeBrace);

/** The index of the label that ends a section of a process, or of the end of its body; undefined if it is not clear. */
export function endOfSection(tokens: Tokens, from: number, end: number): number | undefined {
  let last = from;
  for (let index = from; index < end; index++) {
    const kind = tokens.kind(index);
    if (kind === T.word && tokens.kind(index + 1) === T.colon && SECTIONS.has(tokens.source(index))) {
      const isKey = isKeyword(tokens.source(last)) || !ENDS_STATEMENT(tokens.kind(last));
      return isKey || !STARTS_LINE(tokens.kind(index - 1)) ? undefined : index;
    }
    index = Math.max(index, tokens.partner(index));
    if (kind !== T.newLine) last = index;
  }
  return end;
}
