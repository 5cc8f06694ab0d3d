import { noteReturned } from '../flow/call-values.ts';
import { PRINT } from '../reading/sinks.ts';
import { type Test, used } from '../reading/guards.ts';
import { readBlock, readList, type Reading } from '../reading/reading.ts';
import { TokenKind as T } from '../tokens.ts';
import { readExpressionStatement } from './assignments.ts';
import { readDeclaration, readTypeDefinition } from './declarations.ts';
import { declaresSecrets } from './parameters.ts';

/** Words with a block, or one statement, after them. */
const BLOCK_WORDS = new Set(['else', 'do', 'try', 'finally']);
const TYPE_WORDS = new Set(['class', 'interface', 'enum', 'trait']);

/** Reads statements up to the end of the code that is read. */
export function readStatements(reading: Reading): void {
  const { cursor, flow } = reading;
  const mark = flow.mark();
  while (!cursor.isAtEnd) {
    const kind = cursor.kind();
    if (kind === T.newLine || kind === T.semicolon || kind === T.comma) {
      cursor.at += 1;
      continue;
    }
    const before = cursor.at;
    // The value of the last statement is the value of all of them.
    flow.forget(mark);
    readStatement(reading);
    // No token is read twice.
    if (cursor.at === before) cursor.at += 1;
  }
}

const readStatement = (reading: Reading): void => {
  reading.deeper(readOneStatement, undefined);
};

function readOneStatement(reading: Reading): void {
  const { cursor, grammar } = reading;
  cursor.skipNewLines();
  while (cursor.kind() === T.at) readAnnotation(reading);
  const isWord = cursor.kind() === T.word;
  if (isWord && grammar.label(reading)) return;
  if (!isWord || !readWordStatement(reading)) grammar.otherStatement(reading);
}

/** Reads a statement with a special first word. @returns false if it has none. */
function readWordStatement(reading: Reading): boolean {
  const { cursor, tokens } = reading;
  const word = tokens.source(cursor.at);
  const next = cursor.kind(cursor.at + 1);
  const inParens = next === T.openParen;
  if (word === 'if' && inParens) readIf(reading);
  else if (word === 'while' && inParens) reading.guardedBy(readCondition(reading), true, readBody);
  else if ((word === 'for' || word === 'catch') && inParens) readForOrCatch(reading);
  else if (BLOCK_WORDS.has(word)) readBodyAfterWord(reading);
  else if (word === 'case') readCase(reading);
  else if (word === 'import' || word === 'package') cursor.skipStatement();
  else if (word === 'return') readReturn(reading);
  else if (word === 'throw') readThrow(reading);
  else if (word === 'assert') readAssertion(reading);
  else if (TYPE_WORDS.has(word) && next === T.word) readTypeDefinition(reading);
  else return reading.grammar.ownKeyword(reading, word, next) || readDeclaration(reading);
  return true;
}

function readBodyAfterWord(reading: Reading): void {
  reading.cursor.at += 1;
  readBody(reading);
}

function readValueAfterWord(reading: Reading): void {
  const { cursor } = reading;
  cursor.at += 1;
  if (!cursor.isEndOfStatement()) readExpressionStatement(reading);
}

/** Reads `throw`: Nextflow shows and logs the error that ends a run. */
function readThrow(reading: Reading): void {
  reading.scoped({ sink: PRINT }, readValueAfterWord);
}

function readReturn(reading: Reading): void {
  const mark = reading.flow.mark();
  readValueAfterWord(reading);
  noteReturned(reading, mark);
}

/** Reads `assert`. A failed one shows all values in it. One that only tests a secret fails if there is no value. */
function readAssertion(reading: Reading): void {
  const { cursor, flow, grammar } = reading;
  const mark = flow.mark();
  cursor.at += 1;
  reading.scoped({ sink: PRINT }, () => {
    flow.isAsserted = true;
    const { test } = grammar.expression(reading);
    flow.isAsserted = false;
    if (test !== undefined) flow.lookedAt(mark);
    const kind = cursor.kind();
    if (kind === T.colon || kind === T.comma) readValueAfterWord(reading);
    else if (!cursor.isEndOfStatement()) readExpressionStatement(reading);
  });
}

function readAnnotation(reading: Reading): void {
  const { cursor } = reading;
  cursor.at += 1;
  while (cursor.kind() === T.word || cursor.kind() === T.dot) cursor.at += 1;
  if (cursor.kind() === T.openParen) reading.within(cursor.at, readList);
  cursor.skipNewLines();
}

function readIf(reading: Reading): void {
  const { cursor } = reading;
  const test = readCondition(reading);
  reading.guardedBy(test, true, readBody);
  const next = afterEnds(reading);
  if (cursor.isWord('else', next)) {
    cursor.at = next + 1;
    reading.guardedBy(test, false, readBody);
  }
}

/** The index after line ends and one `;`: `else` may follow them. */
function afterEnds({ cursor }: Reading): number {
  const next = cursor.afterNewLines();
  return cursor.kind(next) === T.semicolon ? cursor.afterNewLines(next + 1) : next;
}

/** Reads the body of `if`, `else`, `for`, …: a block, or one statement. */
function readBody(reading: Reading): void {
  const { cursor } = reading;
  const next = cursor.afterNewLines();
  reading.scoped({ isConditional: true }, () => {
    if (cursor.kind(next) === T.openBrace) reading.within(next, readBlock);
    else readStatement(reading);
  });
}

/** Reads the condition in the parentheses after `if` or `while`. */
function readCondition(reading: Reading): Test | undefined {
  const { cursor, flow, grammar } = reading;
  const mark = flow.mark();
  cursor.at += 1;
  let test: Test | undefined;
  reading.within(cursor.at, () => {
    test = grammar.expression(reading).test;
    grammar.list(reading);
  });
  used(test);
  flow.lookedAt(mark);
  return test;
}

function readForOrCatch(reading: Reading): void {
  const { cursor, tokens } = reading;
  cursor.at += 1;
  reading.scoped(declaresSecrets(tokens, cursor.at) ? { isShadowed: true } : {}, () => {
    readLoopHead(reading);
    readBody(reading);
  });
}

/** `(x in list)`, `(int i = 0; …)`, `(Exception e)` */
function readLoopHead(reading: Reading): void {
  const { cursor, tokens, flow } = reading;
  const open = cursor.at;
  const close = tokens.partner(open);
  let sign = open + 1;
  while (sign < close && cursor.kind(sign) === T.word && !cursor.isWord('in', sign)) sign += 1;
  const isLoop = sign > open + 1 && (cursor.isWord('in', sign) || cursor.kind(sign) === T.colon);
  const mark = flow.mark();
  reading.within(open, () => {
    if (isLoop) cursor.at = sign + 1;
    readStatements(reading);
  });
  if (!isLoop) return;
  const name = tokens.source(sign - 1);
  flow.declare(name);
  flow.assign(name, undefined, mark);
}

function readCase(reading: Reading): void {
  const { cursor } = reading;
  cursor.at += 1;
  reading.grammar.expression(reading);
  if (cursor.kind() === T.colon) cursor.at += 1;
}
