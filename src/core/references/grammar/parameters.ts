import { isKindOf, TokenKind as T, type Tokens } from '../tokens.ts';

const AFTER_DECLARED = isKindOf(T.end, T.comma, T.assign, T.arrow, T.colon);

/** Tells whether a list of parameters, or a loop's head, names a variable `secrets`. */
export function declaresSecrets(tokens: Tokens, open: number): boolean {
  const close = tokens.partner(open);
  for (let index = open + 1; index < close; index++) {
    const partner = tokens.partner(index);
    if (partner > index) {
      index = partner;
      continue;
    }
    if (!tokens.is(index, 'secrets') || tokens.kind(index) !== T.word) continue;
    const next = index + 1 < close ? tokens.kind(index + 1) : T.end;
    const isDeclared = AFTER_DECLARED(next) || tokens.is(index + 1, 'in');
    const previous = tokens.kind(index - 1);
    const follows =
      index - 1 === open || previous === T.comma || previous === T.word || previous === T.operator;
    if (isDeclared && follows && !tokens.is(index - 1, 'in')) return true;
  }
  return false;
}
