import { TokenKind } from '../tokens.ts';

type Sign = readonly [sign: string, kind: TokenKind];

const SIGNS: readonly Sign[] = [
  ['>>>=', TokenKind.assignWith],
  ['...', TokenKind.operator],
  ['..<', TokenKind.operator],
  ['<..', TokenKind.operator],
  ['??.', TokenKind.otherDot],
  ['==~', TokenKind.operator],
  ['===', TokenKind.equal],
  ['!==', TokenKind.notEqual],
  ['<=>', TokenKind.operator],
  ['**=', TokenKind.assignWith],
  ['<<=', TokenKind.assignWith],
  ['>>=', TokenKind.assignWith],
  ['..', TokenKind.operator],
  ['*.', TokenKind.otherDot],
  ['?.', TokenKind.safeDot],
  ['?:', TokenKind.elvis],
  ['?=', TokenKind.assignWith],
  ['.&', TokenKind.otherDot],
  ['.@', TokenKind.otherDot],
  ['::', TokenKind.otherDot],
  ['=~', TokenKind.operator],
  ['**', TokenKind.operator],
  ['->', TokenKind.arrow],
  ['==', TokenKind.equal],
  ['!=', TokenKind.notEqual],
  ['<=', TokenKind.operator],
  ['>=', TokenKind.operator],
  ['&&', TokenKind.and],
  ['||', TokenKind.or],
  ['++', TokenKind.step],
  ['--', TokenKind.step],
  ['+=', TokenKind.assignWith],
  ['-=', TokenKind.assignWith],
  ['*=', TokenKind.assignWith],
  ['/=', TokenKind.assignWith],
  ['&=', TokenKind.assignWith],
  ['|=', TokenKind.assignWith],
  ['^=', TokenKind.assignWith],
  ['%=', TokenKind.assignWith],
  [';', TokenKind.semicolon],
  [',', TokenKind.comma],
  [':', TokenKind.colon],
  ['?', TokenKind.question],
  ['.', TokenKind.dot],
  ['!', TokenKind.not],
  ['=', TokenKind.assign],
  ['@', TokenKind.at],
];

/** The longest sign that starts at an offset. */
const LONGEST = new RegExp(
  SIGNS.map(([sign]) => sign.replace(/\W/g, String.raw`\$&`))
    .sort((a, b) => b.length - a.length)
    .join('|'),
  'y',
);
const KINDS: ReadonlyMap<string, TokenKind> = new Map(SIGNS);

/** By code, the characters before which a sign may be longer than one character, or a number as `.5`. */
export const CONTINUES_SIGN = new Uint8Array(128);
const LATER = SIGNS.map(([sign]) => sign.slice(1)).join('') + '0123456789';
for (let index = 0; index < LATER.length; index++) CONTINUES_SIGN[LATER.charCodeAt(index)] = 1;

/** The end of the longest sign that starts at an offset. */
export function endOfSign(text: string, start: number): number {
  LONGEST.lastIndex = start;
  return LONGEST.test(text) ? LONGEST.lastIndex : start + 1;
}

export const kindOfSign = (sign: string): TokenKind => KINDS.get(sign) ?? TokenKind.operator;
