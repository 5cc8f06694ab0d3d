import { anyCase } from './keys/any-case.ts';
import { COMMAND_SIGN } from './keys/command-keys.ts';
import { keyWords, mayHaveSign } from './keys/key-words.ts';
import { NAME_SIGN } from './keys/names.ts';
import { SHAPE_SIGN } from './keys/shapes.ts';

// Loads no rule of secretlint: most code has no key, and those take longer to load than a small pipeline takes to read.

/** `://user:password@`, in any scheme. The classes are of ASCII alone: the pattern is also used on undecoded bytes. */
const URL_WITH_PASSWORD = ':\\/\\/[^:/ \\t\\n\\v\\f\\r]+:[^@/ \\t\\n\\v\\f\\r]+@';

/**
 * The shortest part that each key of a rule of secretlint has, as a pattern, by the rule's id. Each matches at least what the rule
 * does, and ASCII alone decides, so it can be tried on bytes before they are decoded. None has less than four
 * characters, so that V8 can skip some.
 */
export const KEY_SIGNS: Readonly<Record<string, string>> = {
  aws: 'A3T[A-Z0-9]|A(?:KIA|GPA|IDA|ROA|IPA|NPA|NVA|SIA)|[Ss](?:ECRET|ecret)_?[Aa](?:CCESS|ccess)',
  privatekey: 'PRIVATE KEY',
  npm: 'npm_',
  basicauth: URL_WITH_PASSWORD,
  slack: `xox[abopr]-|xapp-|${anyCase('hooks.slack.com')}`,
  sendgrid: 'SG\\.\\w',
  shopify: 'shp(?:pa|ca|at|ss)_',
  github: 'gh[opsur]_|github_pat_',
  openai: 'T3BlbkFJ',
  anthropic: 'sk-ant-',
  linear: 'lin_api_',
  '1password': 'ops_ey',
  'database-connection-string': URL_WITH_PASSWORD,
};

const WELL_KNOWN_SIGN = [...new Set(Object.values(KEY_SIGNS))].join('|');

/** Source of a pattern for texts that may have a key. */
export const KEY_SIGN = [WELL_KNOWN_SIGN, SHAPE_SIGN, NAME_SIGN, COMMAND_SIGN].join('|');

const SIGN = new RegExp(KEY_SIGN);
const WELL_KNOWN = new RegExp(WELL_KNOWN_SIGN);

/** Tells whether a text may have a key. Much cheaper than the search, which decides. */
export const mayHaveKey = (text: string): boolean => SIGN.test(text);

/** The look for keys of those who read bytes. ASCII alone decides. */
export const KEY_LOOK = {
  /** Tells whether a text may have a key. @param latin1 - the same as the bytes, one byte a character. */
  isIn: (bytes: Buffer, length: number, latin1: string): boolean =>
    mayHaveSign(bytes, length, latin1) && SIGN.test(latin1),
  /** Words, one of which is in each such text without a `@`. */
  words: keyWords,
};

/** Tells whether the rules of secretlint may find one. */
export const mayHaveWellKnownKey = (text: string): boolean => WELL_KNOWN.test(text);
