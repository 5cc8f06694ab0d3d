import { type Test, used } from '../reading/guards.ts';
import { NOTHING, type Read, readExpression, type Reading } from '../reading/reading.ts';
import { TokenKind as T } from '../tokens.ts';
import { readOperands } from './signs.ts';

/** Reads an expression with its conditions: `a ? b : c`, `a ?: b`. */
export const readAnyExpression = (reading: Reading): Read => reading.deeper(readConditional, NOTHING);

function readConditional(reading: Reading): Read {
  const { cursor, flow, guards, scope } = reading;
  const { names } = scope;
  const undo: (() => void)[] = [];
  let read: Read;
  for (;;) {
    const namesBefore = names?.length ?? 0;
    const mark = flow.mark();
    read = readDisjunction(reading);
    const { test } = read;
    const next = cursor.afterNewLines();
    const kind = cursor.kind(next);
    if (kind === T.question) {
      used(test);
      flow.lookedAt(mark);
      if (names !== undefined) names.length = namesBefore;
      cursor.at = next + 1;
      cursor.skipNewLines();
      reading.guardedBy(test, true, readExpression);
      const colon = cursor.afterNewLines();
      if (cursor.kind(colon) !== T.colon) break;
      cursor.at = colon + 1;
    } else if (kind === T.elvis) {
      // If the secret is set, its value is the result.
      for (const { reference } of test?.atoms ?? []) reference.optional = true;
      cursor.at = next + 1;
    } else {
      break;
    }
    cursor.skipNewLines();
    undo.push(guards.push(test, false));
  }
  const isCondition = undo.length > 0;
  while (undo.length > 0) undo.pop()?.();
  return isCondition ? NOTHING : read;
}

const readDisjunction = (reading: Reading): Read => readJoined(reading, T.or, readConjunction);
const readConjunction = (reading: Reading): Read => readJoined(reading, T.and, readOperands);

/** Reads `a && b && c` or `a || b || c`. A test guards the operands on its right. */
function readJoined(reading: Reading, sign: T, read: (reading: Reading) => Read): Read {
  const { cursor, flow, guards, scope } = reading;
  const { names } = scope;
  const namesBefore = names?.length ?? 0;
  const mark = flow.mark();
  const first = read(reading);
  let next = cursor.afterNewLines();
  if (cursor.kind(next) !== sign) return first;
  const join = sign === T.and ? 'and' : 'or';
  const all: Test = { atoms: [], join };
  const undo: (() => void)[] = [];
  let { test } = first;
  for (;;) {
    if (test !== undefined) {
      used(test);
      if (test.join !== 'one' && test.join !== join) all.join = 'mixed';
      for (const atom of test.atoms) all.atoms.push(atom);
      undo.push(guards.push(test, sign === T.and));
    }
    if (cursor.kind(next) !== sign) break;
    cursor.at = next + 1;
    cursor.skipNewLines();
    ({ test } = read(reading));
    next = cursor.afterNewLines();
  }
  while (undo.length > 0) undo.pop()?.();
  flow.lookedAt(mark);
  if (names !== undefined) names.length = namesBefore;
  return all.atoms.length === 0 ? NOTHING : { test: all };
}
