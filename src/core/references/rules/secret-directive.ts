import { readList, type Reading } from '../reading/reading.ts';
import { isKindOf, TokenKind as T } from '../tokens.ts';
import { isTypedScript } from '../typed-script.ts';
import { readNames } from './directive-names.ts';

const IN_NAMES = isKindOf(T.string, T.comma, T.openParen, T.closeParen, T.openBracket, T.closeBracket);

/** Reads `secret 'A'`, `secret('A')`, `secret condition ? 'A' : ''`. */
export function readSecretDirective(reading: Reading): void {
  const { cursor, tokens, globals } = reading;
  cursor.at += 1;
  const { definition, isBody } = reading.scope;
  const areTexts = areOnlyTexts(reading);
  if (definition !== undefined && isBody && areTexts) definition.hasSecrets = true;
  reading.isTyped ??= isTypedScript(tokens);
  const isComputed = reading.isTyped && !areTexts;
  // Nextflow reads it when it defines the process, before there is any input.
  reading.scoped({ binding: globals }, () => {
    readNames(reading, readValue, ({ isInClosure }) =>
      isComputed || isInClosure ? 'directive-string' : undefined,
    );
  });
  cursor.skipStatement();
}

function readValue(reading: Reading): void {
  const { cursor } = reading;
  if (cursor.kind() === T.openParen && cursor.isLastOfStatement()) reading.within(cursor.at, readList);
  else reading.grammar.arguments(reading);
}

/** Tells whether the rest of the statement is only names, none of them computed. */
function areOnlyTexts({ cursor, tokens }: Reading): boolean {
  let isNamed = false;
  for (let index = cursor.at; !cursor.isEndOfStatement(index); index++) {
    const kind = cursor.kind(index);
    if (!IN_NAMES(kind)) return false;
    isNamed ||= kind === T.string && tokens.constant(index) !== '';
  }
  return isNamed;
}
