import type { Reading } from '../reading/reading.ts';
import { TokenKind as T } from '../tokens.ts';
import { isSecrets, readProperty } from './secret-property.ts';

/** Finds plain uses of secrets in code that is nested too deep, without regard to the code around them. */
export function readFlat(reading: Reading): void {
  const { cursor, tokens } = reading;
  while (!cursor.isAtEnd) {
    const previous = cursor.at === 0 ? T.end : tokens.kind(cursor.at - 1);
    const isMember = previous === T.dot || previous === T.safeDot || previous === T.otherDot;
    const start = cursor.at;
    const isUse = isSecrets(reading) && !isMember;
    cursor.at += 1;
    if (isUse) readProperty(reading, start);
  }
}
