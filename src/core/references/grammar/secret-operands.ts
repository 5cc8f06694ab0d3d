import { noteMember } from '../flow/operands.ts';
import type { FoundReference } from '../reading/findings.ts';
import { NOTHING, type Read, readList, type Reading } from '../reading/reading.ts';
import type { SecretVariable } from '../reading/secret-variables.ts';
import { addDynamic } from '../rules/dynamic-name.ts';
import { readProperty } from '../rules/secret-property.ts';
import { TokenKind as T } from '../tokens.ts';
import { isCalled } from '../reading/operand-starts.ts';

type ReadSuffixes = (reading: Reading, from: number) => void;

/** Reads the variable `secrets`, with the property that is read of it. */
export function readSecrets(reading: Reading, suffixes: ReadSuffixes): Read {
  const { cursor, tokens, scope } = reading;
  const start = cursor.at;
  cursor.at += 1;
  const kind = cursor.kind();
  // A call or a block with that name.
  if (kind === T.openParen || kind === T.openBrace || isCalled(reading, start)) {
    suffixes(reading, start);
    return NOTHING;
  }
  const reference = readProperty(reading, start);
  if (reference === undefined) {
    if (cursor.kind() === T.assign) return NOTHING;
    suffixes(reading, start);
    // `path 'x', emit: secrets`: the name of an output, or of a variable that a script has set.
    const isOutput = scope.section === 'output' && cursor.at === start + 1;
    if (!isOutput) addDynamic(reading, tokens.start(start), tokens.end(cursor.at - 1));
    return NOTHING;
  }
  return testOf(reading, { reference, set: true }, () => {
    suffixes(reading, start);
  });
}

/** Reads a variable that has a secret, with its suffixes. */
export function readSecretVariable(
  reading: Reading,
  name: string,
  { reference, set, uses }: SecretVariable,
  suffixes: ReadSuffixes,
): Read {
  const { cursor, scope } = reading;
  const start = cursor.at;
  cursor.at += 1;
  if (cursor.kind() === T.assign) {
    if (!scope.isConditional && !scope.isClosure) reading.variables.forget(name);
    return NOTHING;
  }
  const use = { ...reference, optional: reading.guards.saySet(reference.name), tested: false };
  uses.push(use);
  return testOf(reading, { reference: use, set }, () => {
    suffixes(reading, start);
  });
}

/** Reads the suffixes of a value. Without any, or with safe navigation only, the value is a test. */
function testOf(
  reading: Reading,
  atom: { readonly reference: FoundReference; readonly set: boolean },
  suffixes: () => void,
): Read {
  const { cursor } = reading;
  const isSafe = readSafeNavigation(reading);
  const end = cursor.at;
  suffixes();
  if (cursor.at !== end) return NOTHING;
  if (isSafe) atom.reference.optional = true;
  return { test: { atoms: [atom], join: 'one' } };
}

/** Reads suffixes that keep null if the secret is null: `?.trim()`. */
function readSafeNavigation(reading: Reading): boolean {
  const { cursor } = reading;
  const from = cursor.at;
  for (let next = cursor.afterNewLines(); cursor.kind(next) === T.safeDot; next = cursor.afterNewLines()) {
    cursor.at = next + 1;
    if (cursor.kind() === T.word) {
      noteMember(reading);
      cursor.at += 1;
    }
    if (cursor.kind() === T.openParen) reading.within(cursor.at, readList);
  }
  return cursor.at > from;
}
