import { TokenKind } from './tokens.ts';

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

/** The signs by their first character, longest first. */
const SIGNS_BY_START: Sign[][] = [];
for (const entry of SIGNS) (SIGNS_BY_START[entry[0].charCodeAt(0)] ??= []).push(entry);

/** The signs that start with a character, longest first. */
export const signsFrom = (code: number): readonly Sign[] | undefined => SIGNS_BY_START[code];
