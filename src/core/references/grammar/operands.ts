import { inCall } from '../flow/call-values.ts';
import { chained, noteMember, noteVariable } from '../flow/operands.ts';
import { TASK } from '../reading/sinks.ts';
import type { Test } from '../reading/guards.ts';
import { NOTHING, type Read, readBlock, readExpression, readList, type Reading } from '../reading/reading.ts';
import type { Scope } from '../reading/scope.ts';
import { isSecrets } from '../rules/secret-property.ts';
import { noteLoaderCall } from '../rules/secrets-loader.ts';
import { TokenKind as T } from '../tokens.ts';
import { readClosure, readClosureOfNames } from './closures.ts';
import { IS_DOT, isName, isSafeIndex, startsOperand } from '../reading/operand-starts.ts';
import { declaresSecrets } from './parameters.ts';
import { readSecrets, readSecretVariable } from './secret-operands.ts';

/** Reads a value with the calls on it: `a.b(c)[d] { e }`. */
export const readOperand = (reading: Reading): Read => chained(reading, readValue);

function readValue(reading: Reading): Read {
  const { cursor, tokens } = reading;
  const start = cursor.at;
  let test: Test | undefined;
  switch (cursor.kind() as number) {
    case T.word: {
      const read = readWord(reading);
      if (read !== undefined) return read;
      break;
    }
    case T.openParen: {
      const next = cursor.after(start);
      if (cursor.kind(next) === T.arrow) return readLambda(reading, next + 1, declaresSecrets(tokens, start));
      reading.within(start, () => {
        test = readGroup(reading);
      });
      break;
    }
    case T.openBracket:
      reading.within(start, readList);
      break;
    case T.openBrace:
      if (reading.scope.names === undefined) readClosure(reading, start);
      else readClosureOfNames(reading, start);
      break;
    case T.openText:
      readText(reading, start);
      break;
    default:
      cursor.at += 1;
  }
  const end = cursor.at;
  readSuffixes(reading, start);
  return cursor.at === end ? { test } : NOTHING;
}

/** Reads a word. @returns undefined if it is any variable, whose suffixes are still to be read. */
function readWord(reading: Reading): Read | undefined {
  const { cursor, tokens, variables } = reading;
  const start = cursor.at;
  const isThis =
    cursor.isWord('this') && cursor.kind(start + 1) === T.dot && cursor.isWord('secrets', start + 2);
  if (isThis) {
    cursor.at += 2;
    return readSecrets(reading, readSuffixes);
  }
  if (cursor.kind(start + 1) === T.arrow) return readLambda(reading, start + 2, cursor.isWord('secrets'));
  if (isSecrets(reading)) return readSecrets(reading, readSuffixes);
  noteVariable(reading, start);
  const name = variables.areNone ? '' : tokens.source(start);
  const variable = variables.get(name);
  if (variable !== undefined) return readSecretVariable(reading, name, variable, readSuffixes);
  cursor.at += 1;
  if (tokens.is(start, 'new')) {
    while (cursor.kind() === T.word || cursor.kind() === T.dot) cursor.at += 1;
  }
  return undefined;
}

/** Reads the code in parentheses. @returns the test that it is. */
function readGroup(reading: Reading): Test | undefined {
  const { cursor, grammar } = reading;
  const { test } = grammar.expression(reading);
  if (cursor.isAtEnd) return test;
  if (cursor.kind() === T.assign) cursor.at += 1;
  grammar.list(reading);
  return undefined;
}

/** Reads the suffixes of a value: `.b`, `(c)`, `[d]`, `{ e }`. */
function readSuffixes(reading: Reading, from: number): void {
  const { cursor } = reading;
  for (;;) {
    const kind = cursor.kind();
    if (kind === T.newLine) {
      const next = cursor.afterNewLines();
      if (!IS_DOT(cursor.kind(next))) return;
      cursor.at = next;
    } else if (IS_DOT(kind)) {
      if (!readMember(reading)) return;
    } else if (kind === T.openParen) {
      inCall(reading, from, () => {
        reading.within(cursor.at, readList);
      });
    } else if (kind === T.openBracket) {
      reading.within(cursor.at, readList);
    } else if (kind === T.openBrace) {
      inCall(reading, from, () => {
        readClosure(reading, cursor.at);
      });
    } else if (kind === T.question && isSafeIndex(reading, cursor.at)) {
      cursor.at += 1;
    } else {
      return;
    }
  }
}

/** Reads `.b`, `."b"`, `*.b`. @returns false if there is no name. */
function readMember(reading: Reading): boolean {
  const { cursor } = reading;
  cursor.at += 1;
  cursor.skipNewLines();
  if (cursor.kind() === T.operator || cursor.kind() === T.at) cursor.at += 1;
  const name = cursor.kind();
  if (name === T.word) noteMember(reading);
  if (name === T.word || name === T.string) {
    cursor.at += 1;
    if (name === T.word) noteLoaderCall(reading, cursor.at - 1);
  } else if (name === T.openText) readText(reading, cursor.at);
  else if (name === T.openParen) reading.within(cursor.at, readList);
  else return false;
  return true;
}

/** Reads the arguments of a call without parentheses, up to the end of the statement, with the calls on it. */
export function readCommand(reading: Reading, from: number): void {
  const { cursor, grammar, scope } = reading;
  const { callEnd } = scope;
  scope.callEnd = cursor.end;
  inCall(reading, from, () => {
    grammar.arguments(reading);
    while (cursor.kind() === T.word && isName(reading, cursor.at)) {
      cursor.at += 1;
      readSuffixes(reading, cursor.at);
      if (startsOperand(cursor.kind())) grammar.arguments(reading);
    }
  });
  scope.callEnd = callEnd;
}

/** Reads the body of `a -> b`. */
function readLambda(reading: Reading, body: number, shadows: boolean): Read {
  const { cursor } = reading;
  reading.scoped(shadows ? { isShadowed: true } : {}, () => {
    cursor.at = body;
    cursor.skipNewLines();
    readExpression(reading);
  });
  return NOTHING;
}

/** Reads the expressions in a text. */
function readText(reading: Reading, open: number): void {
  const { sink, section } = reading.scope;
  const inText: Partial<Scope> = {
    names: undefined,
    isClosure: true,
    // A text has no directives.
    section: section === 'directives' ? undefined : section,
    sink: sink ?? (section === 'script' ? TASK : undefined),
  };
  reading.scoped(inText, () => {
    reading.within(open, readInterpolations);
  });
}

function readInterpolations(reading: Reading): void {
  const { cursor } = reading;
  while (!cursor.isAtEnd) {
    const kind = cursor.kind();
    if (kind === T.openExpression) reading.within(cursor.at, readBlock);
    else if (kind === T.openPath) reading.within(cursor.at, readOperand);
    else cursor.at += 1;
  }
}
