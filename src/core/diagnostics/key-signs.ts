// Loads no rule: most code has no key, and the rules take longer to load than a small pipeline takes to read.

/** Any case of an ASCII text. */
const anyCase = (text: string): string =>
  text.replace(/[a-z]/g, (letter) => `[${letter.toUpperCase()}${letter}]`).replaceAll('.', '\\.');

/** `://user:password@`, in any scheme. The classes are of ASCII alone: the pattern is also used on undecoded bytes. */
const URL_WITH_PASSWORD = ':\\/\\/[^:/ \\t\\n\\v\\f\\r]+:[^@/ \\t\\n\\v\\f\\r]+@';

/**
 * The shortest part that each key of a rule has, as a pattern, by the rule's id. Each matches at least what the rule
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

/** Source of a pattern for texts that may have a key. */
export const KEY_SIGN = [...new Set(Object.values(KEY_SIGNS))].join('|');

const SIGN = new RegExp(KEY_SIGN);

/** Tells whether a text may have a key. Much cheaper than the rules, which decide. */
export const mayHaveKey = (text: string): boolean => SIGN.test(text);
