import { isContentOfFile, type Target, targetOf } from '../flow/operands.ts';
import { FILE, PARAMS } from '../reading/sinks.ts';
import type { Reading } from '../reading/reading.ts';
import { isKindOf, TokenKind as T } from '../tokens.ts';

const CLOSING = isKindOf(T.closeBrace, T.closeParen, T.closeBracket, T.closeText);

/** Reads a statement that is an expression: an assignment, a call without parentheses, … */
export function readExpressionStatement(reading: Reading): void {
  const { cursor, tokens, scope } = reading;
  const start = cursor.at;
  // Without `scoped`, because most statements are expressions: nothing else of the scope changes.
  const { isBody, sink } = scope;
  scope.isBody = false;
  readAssignments(reading);
  scope.isBody = isBody;
  scope.sink = sink;
  const isAssignment = cursor.at - start >= 2 && tokens.kind(start + 1) === T.assign;
  if (isAssignment && !scope.isShadowed && tokens.is(start, 'secrets')) scope.binding.hasSecrets = true;
}

/** Reads expressions with `=` between them, up to the end of the statement, or to a comma. */
export function readAssignments(reading: Reading): void {
  const targets: Target[] = [];
  readUpTo(reading, targets);
  for (const { name, field, since } of targets) reading.flow.assign(name, field, since);
}

function readUpTo(reading: Reading, targets: Target[]): void {
  const { cursor, tokens, scope } = reading;
  while (!cursor.isEndOfStatement() && cursor.kind() !== T.comma) {
    const before = cursor.at;
    reading.lastRead = reading.grammar.expression(reading);
    const kind = cursor.kind();
    if (kind === T.assign || kind === T.assignWith) {
      if (tokens.is(before, 'params') && cursor.at - before > 1) scope.sink = PARAMS;
      else if (isContentOfFile(reading)) scope.sink = FILE;
      const target = targetOf(reading, before);
      if (target !== undefined) targets.push(target);
      cursor.at += 1;
      cursor.skipNewLines();
    } else if (cursor.at === before) {
      if (kind === T.colon || kind === T.arrow || CLOSING(kind)) return;
      cursor.at += 1;
    } else if (kind === T.colon) {
      return;
    }
  }
}
