import { inFunction, namesBetween } from '../flow/call-values.ts';
import { NOTHING, type Read, readBlock, readList, type Reading } from '../reading/reading.ts';
import { isKeyword, isKindOf, TokenKind as T } from '../tokens.ts';
import { readAssignments, readExpressionStatement } from './assignments.ts';
import { declaresSecrets } from './parameters.ts';
import { afterType } from './types.ts';

/** Words that a declaration may start with. */
const MODIFIERS = new Set(
  'def var final static private public protected abstract synchronized transient volatile native strictfp'.split(
    ' ',
  ),
);

const AFTER_VARIABLE = isKindOf(T.assign, T.newLine, T.semicolon, T.comma, T.end);
const IN_THROWS = isKindOf(T.word, T.dot, T.comma);

/**
 * Reads `def x = …`, `String x`, `def f(x) { … }`. It may make `secrets` a variable or parameter of the script itself.
 *
 * @returns false if the statement is something else.
 */
export function readDeclaration(reading: Reading): boolean {
  const { cursor, tokens } = reading;
  const start = cursor.at;
  let index = start;
  while (cursor.kind(index) === T.word && MODIFIERS.has(tokens.source(index))) index += 1;
  const hasModifier = index > start;
  if (hasModifier && cursor.kind(index) === T.openParen) return readManyVariables(reading, index);
  const type = afterType(cursor, index);
  const name = type !== undefined && cursor.kind(type) === T.word ? type : hasModifier ? index : undefined;
  if (name === undefined || cursor.kind(name) !== T.word) return false;
  if (name === start) return false;
  const next = cursor.kind(name + 1);
  if (next === T.openParen) return readFunction(reading, name, hasModifier || type === name);
  if (isKeyword(tokens.source(name)) && !hasModifier) return false;
  if (!AFTER_VARIABLE(next) && !hasModifier) return false;
  readVariables(reading, name);
  return true;
}

/** Reads the rest of `def (a, b) = c`. */
function readManyVariables(reading: Reading, open: number): boolean {
  const { cursor, tokens, flow } = reading;
  const declares = declaresSecrets(tokens, open);
  const names = namesBetween(tokens, open, tokens.partner(open));
  const mark = flow.mark();
  cursor.at = cursor.after(open);
  if (cursor.kind() === T.assign) {
    cursor.at += 1;
    cursor.skipNewLines();
    readExpressionStatement(reading);
  }
  for (const name of names) {
    flow.declare(name);
    flow.assign(name, undefined, mark);
  }
  if (declares) reading.scope.isShadowed = true;
  return true;
}

function readVariables(reading: Reading, first: number): void {
  const { cursor, tokens, flow } = reading;
  cursor.at = first;
  const isTruth = /^[Bb]oolean$/.test(tokens.source(first - 1));
  for (;;) {
    const isSecrets = cursor.isWord('secrets');
    const name = tokens.source(cursor.at);
    const mark = flow.mark();
    cursor.at += 1;
    const { test } = readInitialValue(reading, name);
    reading.variables.declare(name, test);
    flow.declare(name);
    if (!isTruth) flow.assign(name, undefined, mark);
    // The value of the variable itself still reads the former `secrets`.
    if (isSecrets) reading.scope.isShadowed = true;
    if (cursor.kind() !== T.comma) break;
    cursor.at += 1;
    cursor.skipNewLines();
    if (cursor.kind() !== T.word) break;
  }
}

function readInitialValue(reading: Reading, name: string): Read {
  const { cursor } = reading;
  reading.lastRead = NOTHING;
  if (cursor.kind() !== T.assign) return NOTHING;
  cursor.at += 1;
  cursor.skipNewLines();
  if (cursor.kind() === T.openBrace) reading.call.closureName = name;
  readAssignments(reading);
  return reading.lastRead;
}

/** Reads `f(x) { … }` after a type or `def`. @returns false if no body follows. */
function readFunction(reading: Reading, name: number, isDeclared: boolean): boolean {
  const { cursor, tokens, globals } = reading;
  const open = name + 1;
  const brace = bodyOf(reading, open);
  if (cursor.kind(brace) !== T.openBrace || !isDeclared) return false;
  // A function sees no variables of the script around it, but its own parameters.
  const isShadowed = reading.scope.isType || declaresSecrets(tokens, open);
  const outside = { process: null, section: undefined, isBody: false, binding: globals };
  reading.scoped({ ...outside, isShadowed }, () => {
    const parameters = namesBetween(tokens, open, tokens.partner(open));
    inFunction(reading, tokens.source(name), parameters, () => {
      reading.within(open, readList);
      readFunctionBody(reading, brace);
    });
  });
  return true;
}

/** The index of the brace after a list of parameters, if a body follows. */
function bodyOf({ cursor, tokens }: Reading, open: number): number {
  let index = tokens.partner(open) + 1;
  if (cursor.isWord('throws', index)) {
    while (IN_THROWS(cursor.kind(index))) index += 1;
  }
  // `-> Map<String, Path>`
  if (cursor.kind(index) === T.arrow) index = afterType(cursor, index + 1) ?? index;
  if (cursor.kind(index) === T.question) index += 1;
  return cursor.afterNewLines(index);
}

function readFunctionBody(reading: Reading, brace: number): void {
  const { cursor, grammar } = reading;
  const after = cursor.after(brace);
  if (grammar.passesOver(reading, brace, after - 1)) {
    cursor.at = after;
    return;
  }
  cursor.at = brace;
  reading.variables.hiding(() => {
    reading.within(brace, readBlock);
  });
}

/** Reads `class A extends B { … }`. */
export function readTypeDefinition(reading: Reading): void {
  const { cursor } = reading;
  while (cursor.kind() !== T.openBrace && cursor.kind() !== T.end && cursor.kind() !== T.semicolon)
    cursor.at += 1;
  if (cursor.kind() !== T.openBrace) return;
  reading.scoped({ isShadowed: true, isType: true }, () => {
    reading.within(cursor.at, readBlock);
  });
}
