import { isKindOf, TokenKind as T } from '../tokens.ts';
import type { Reading } from '../reading/reading.ts';
import { chainSink, LOOKS_AT, shiftSink } from './calls.ts';

const IS_ASSIGNMENT = isKindOf(T.assign, T.assignWith);

/** A variable, or a field of it, that gets the value after `=`. */
export interface Target {
  readonly name: string;
  readonly field: string | undefined;
  readonly since: number;
}

/** The values of operands with signs between them. */
export interface OperandValues {
  /** Mark after which the values are theirs; `shifted` is the mark of the values after `<<`. */
  readonly mark: number;
  shifted: number | undefined;
  /** True if the result only tells something about the values. */
  isComparison: boolean;
  negations: number;
}

/** Signs that give true or false, or an order. */
const VALUE_TESTS = new Set('== != === !== < > <= >= <=> ==~'.split(' '));

/** Reads an operand with all calls on it: its values are one chain. */
export function chained<R>(reading: Reading, read: (reading: Reading) => R): R {
  const { call } = reading;
  const outer = call.chain;
  call.chain = call.piped ?? reading.flow.mark();
  call.piped = undefined;
  const result = read(reading);
  call.chain = outer;
  return result;
}

/** Notes a variable, or a field of it: `a`, `a.b`, `a['b']`. */
export function noteVariable(reading: Reading, word: number): void {
  const { cursor, tokens } = reading;
  const kind = cursor.kind(word + 1);
  if (kind === T.openParen || kind === T.colon) return;
  const field = fieldAfter(reading, word);
  reading.flow.variable(tokens.source(word), cursor.range(word), field, reading.scope.sink);
}

function fieldAfter({ cursor, tokens }: Reading, word: number): string | undefined {
  const kind = cursor.kind(word + 1);
  const inside = word + 2;
  if ((kind === T.dot || kind === T.safeDot) && cursor.kind(inside) === T.word) {
    const next = cursor.kind(inside + 1);
    if (next !== T.openParen && next !== T.openBrace) return tokens.source(inside);
  }
  return kind === T.openBracket && cursor.kind(inside) === T.string ? tokens.constant(inside) : undefined;
}

/** Notes the name of a member that is read next. Some members only look at the value before them. */
export function noteMember({ cursor, tokens, flow, call }: Reading): void {
  if (LOOKS_AT.has(tokens.source(cursor.at))) flow.lookedAt(call.chain);
}

/** The variable before a `=` that is read next. */
export function targetOf(reading: Reading, start: number): Target | undefined {
  const { cursor, tokens } = reading;
  if (cursor.kind(start) !== T.word || !IS_ASSIGNMENT(cursor.kind())) return undefined;
  return { name: tokens.source(start), field: fieldAfter(reading, start), since: reading.flow.mark() };
}

/** Tells whether `x.text` is before a `=`: the content of a file. */
export function isContentOfFile({ cursor, tokens }: Reading): boolean {
  const isText = tokens.is(cursor.at - 1, 'text') || tokens.is(cursor.at - 1, 'bytes');
  return isText && tokens.kind(cursor.at - 2) === T.dot;
}

/** Notes the sign that is read next: `a | view`, `a << b`, `a == b`. */
export function noteSign(reading: Reading, values: OperandValues): void {
  const { cursor, tokens } = reading;
  const sign = tokens.source(cursor.at);
  // The lexer gives `<<` and `>>` as two tokens.
  const isDouble = tokens.is(cursor.at + 1, sign) && tokens.end(cursor.at) === tokens.start(cursor.at + 1);
  if (isDouble && sign === '<') values.shifted ??= reading.flow.mark();
  else if (!isDouble && VALUE_TESTS.has(sign)) values.isComparison = true;
  else if (sign === '|') notePipe(reading, values.mark);
}

function notePipe({ cursor, tokens, flow, call }: Reading, since: number): void {
  const next = cursor.afterNewLines(cursor.at + 1);
  const name = cursor.kind(next) === T.word ? tokens.source(next) : '';
  call.piped = since;
  if (name === '' || cursor.kind(next + 1) === T.openBrace) return;
  const sink = chainSink(name);
  if (sink !== undefined) flow.shown(since, sink);
  else flow.call(name, [since]);
}

/** Decides where the operands' values go together. @param from - the first of their tokens. */
export function settleValues(
  { tokens, flow }: Reading,
  { mark, shifted, isComparison, negations }: OperandValues,
  from: number,
): void {
  if (isComparison || negations > 0) {
    flow.lookedAt(mark);
  } else if (shifted !== undefined) {
    const first = tokens.source(from);
    const sink = shiftSink(first);
    if (sink !== undefined) flow.shown(shifted, sink);
    else if (tokens.kind(from) === T.word) flow.assign(first, undefined, shifted);
  }
}
