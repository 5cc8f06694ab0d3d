import { isKindOf, TokenKind as T } from '../../references/tokens.ts';
import { type SourceCode } from './source-code.ts';

/** A statement: the indices of its first and its last token. A label is a separate statement. */
export interface Statement {
  readonly first: number;
  readonly last: number;
}

/** Signs between two parts of a statement, on whichever line. */
const BETWEEN = [
  T.colon,
  T.question,
  T.elvis,
  T.dot,
  T.safeDot,
  T.otherDot,
  T.and,
  T.or,
  T.assign,
  T.equal,
  T.notEqual,
];

/** Tells whether a statement continues in the next line after a token of this kind. */
export const wantsMore = isKindOf(...BETWEEN, T.comma, T.not, T.assignWith, T.operator);

const isBetween = isKindOf(...BETWEEN);
/** Signs that may also start a statement. */
const PREFIXES = new Set(['+', '-', '~', '...']);
const JOINING_WORDS = ['as', 'in', 'instanceof'];

/** The statements between two tokens of one level, in order. The content of their brackets is not read. */
export function statementsOf(code: SourceCode, open: number, close: number): Statement[] {
  const { tokens } = code;
  const statements: Statement[] = [];
  let first: number | undefined;
  let last = open;
  const end = (): void => {
    if (first !== undefined) statements.push({ first, last });
    first = undefined;
  };
  for (let index = open + 1; index < close; index++) {
    const kind = tokens.kind(index);
    if (kind === T.semicolon) {
      end();
    } else if (kind === T.newLine) {
      const next = tokens.afterNewLines(index);
      if (!wantsMore(tokens.kind(last)) && !continuesStatement(code, next)) end();
      index = next - 1;
    } else {
      const isLabel = first === undefined && kind === T.word && tokens.kind(index + 1) === T.colon;
      first ??= index;
      if (isLabel) index += 1;
      else if (tokens.partner(index) > index) index = Math.min(tokens.partner(index), close - 1);
      last = index;
      if (isLabel) end();
    }
  }
  end();
  return statements;
}

/** Tells whether a line that starts with this token continues the statement before it. */
export function continuesStatement({ tokens }: SourceCode, index: number): boolean {
  const kind = tokens.kind(index);
  if (kind === T.operator) return !PREFIXES.has(tokens.source(index));
  return isBetween(kind) || (kind === T.word && JOINING_WORDS.some((word) => tokens.is(index, word)));
}
