import { TASK } from '../reading/sinks.ts';
import { isCalled, isSafeIndex } from '../reading/operand-starts.ts';
import type { FoundReference } from '../reading/findings.ts';
import type { Reading } from '../reading/reading.ts';
import { TokenKind as T } from '../tokens.ts';
import { addReference } from './invalid-name.ts';

/** Tells whether the next token is Nextflow's `secrets`, and no variable or member with that name. */
export const isSecrets = ({ cursor, scope }: Reading): boolean =>
  cursor.isWord('secrets') && !scope.isShadowed && !scope.binding.hasSecrets;

/** Reads the name after `secrets`: `.NAME`, `?.NAME`, `['NAME']`, `?['NAME']`, `."NAME"`. */
export function readProperty(reading: Reading, start: number): FoundReference | undefined {
  const { cursor, tokens } = reading;
  let next = cursor.afterNewLines();
  const kind = cursor.kind(next);
  if (kind === T.dot || kind === T.safeDot) {
    next = cursor.afterNewLines(next + 1);
    const name = cursor.kind(next);
    if (name !== T.word && name !== T.string) return undefined;
    const following = cursor.kind(next + 1);
    if (following === T.openParen) return readGetter(reading, next);
    // `secrets.with { … }`, `secrets.put 'a', 'b'` call a method.
    if (following === T.openBrace || isCalled(reading, next)) return undefined;
    cursor.at = next + 1;
    return addProperty(reading, next);
  }
  if (kind === T.question && isSafeIndex(reading, next)) next += 1;
  if (cursor.kind(next) === T.openBracket && (next === start + 1 || kind === T.question)) {
    const close = tokens.partner(next);
    if (cursor.kind(next + 1) !== T.string || close !== next + 2) return undefined;
    cursor.at = close + 1;
    return addProperty(reading, next + 1);
  }
  return undefined;
}

/** Reads `secrets.getProperty('NAME')`, `secrets.getAt('NAME')`. */
function readGetter(reading: Reading, method: number): FoundReference | undefined {
  const { cursor, tokens } = reading;
  const name = tokens.source(method);
  const close = tokens.partner(method + 1);
  const isGetter = name === 'getProperty' || name === 'getAt';
  if (!isGetter || cursor.kind(method + 2) !== T.string || close !== method + 3) return undefined;
  cursor.at = close + 1;
  return addProperty(reading, method + 2);
}

/** Notes a use of the secret that a word, or a text, names. */
export function addProperty(reading: Reading, token: number): FoundReference {
  const { cursor, tokens, guards, scope } = reading;
  const isText = tokens.kind(token) === T.string;
  const name = isText ? tokens.constant(token) : tokens.source(token);
  const reference: FoundReference = {
    name,
    kind: 'property',
    optional: guards.saySet(name),
    tested: false,
    process: scope.process,
    profile: reading.profile,
    guards: guards.nearest(),
    ignored: false,
    ...(isText ? cursor.content(token) : cursor.range(token)),
  };
  addReference(reading, reference);
  reading.flow.secret(reference, scope.sink ?? (scope.section === 'script' ? TASK : undefined));
  return reference;
}
