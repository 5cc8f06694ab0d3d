import { partsOfCall } from '../flow/call-values.ts';
import { readExpression, type Reading } from '../reading/reading.ts';
import { TokenKind as T } from '../tokens.ts';

/** Reads a list: arguments, elements, `key: value` entries. */
export function readAnyList(reading: Reading): void {
  const { cursor, flow } = reading;
  const parts = partsOfCall(reading);
  while (!cursor.isAtEnd) {
    const kind = cursor.kind();
    if (kind === T.comma || kind === T.newLine || kind === T.semicolon || kind === T.colon) {
      cursor.at += 1;
      continue;
    }
    const before = cursor.at;
    parts?.push(flow.mark());
    readEntry(reading);
    if (cursor.kind() === T.assign || cursor.kind() === T.assignWith || cursor.at === before) cursor.at += 1;
  }
}

/** Reads the arguments of a call without parentheses. */
export function readArguments(reading: Reading): void {
  const { cursor, flow } = reading;
  const parts = partsOfCall(reading);
  for (;;) {
    parts?.push(flow.mark());
    readEntry(reading);
    if (cursor.kind() !== T.comma) return;
    cursor.at += 1;
    cursor.skipNewLines();
  }
}

/** Reads an element or argument. One with a key gives no name of a secret. */
function readEntry(reading: Reading): void {
  const { cursor, tokens, flow } = reading;
  const key = cursor.at;
  const hasKey = skipKey(reading);
  const mark = flow.mark();
  if (hasKey && reading.scope.names !== undefined) reading.scoped({ names: undefined }, readExpression);
  else readExpression(reading);
  if (hasKey && flow.mark() > mark) {
    const isText = tokens.kind(key) === T.string;
    flow.keyed(mark, isText ? tokens.constant(key) : tokens.source(key));
  }
}

/** Skips `key:` of a map or a named argument. @returns false if there is none. */
function skipKey({ cursor }: Reading): boolean {
  const kind = cursor.kind();
  const isKey = kind === T.word || kind === T.string || kind === T.number;
  if (!isKey || cursor.kind(cursor.at + 1) !== T.colon) return false;
  cursor.at += 2;
  cursor.skipNewLines();
  return true;
}
