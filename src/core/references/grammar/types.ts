import type { TokenCursor } from '../reading/token-cursor.ts';
import { isKindOf, TokenKind as T } from '../tokens.ts';

const PRIMITIVES = new Set('boolean char byte short int long float double void'.split(' '));
const IN_TYPE_ARGUMENTS = isKindOf(T.word, T.dot, T.comma, T.question);

/** The index after a type (`a.b.C<D>[]`), or undefined if it is no type: types start with a capital here. */
export function afterType(cursor: TokenCursor, from: number): number | undefined {
  const { tokens } = cursor;
  let index = from;
  let isType = false;
  for (;;) {
    if (cursor.kind(index) !== T.word) return undefined;
    const first = tokens.text.charCodeAt(tokens.start(index));
    isType = (first >= 65 && first <= 90) || PRIMITIVES.has(tokens.source(index));
    index += 1;
    if (cursor.kind(index) !== T.dot) break;
    index += 1;
  }
  if (!isType) return undefined;
  let after = tokens.is(index, '<') ? afterTypeArguments(cursor, index) : index;
  if (after === undefined) return undefined;
  while (cursor.kind(after) === T.openBracket && tokens.partner(after) === after + 1) after += 2;
  return after;
}

/** The index after `<A, B<C>>`. */
function afterTypeArguments(cursor: TokenCursor, from: number): number | undefined {
  let open = 0;
  for (let index = from; cursor.kind(index) !== T.end; index++) {
    const text = cursor.tokens.source(index);
    if (/^<+$/.test(text)) open += text.length;
    else if (/^>+$/.test(text)) open -= text.length;
    else if (!IN_TYPE_ARGUMENTS(cursor.kind(index))) return undefined;
    if (open <= 0) return index + 1;
  }
  return from;
}
