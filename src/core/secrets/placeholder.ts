/**
 * Words that people write where a key or a password goes. A value of these words alone, in any order and with any
 * signs between them, is none.
 */
const WORDS = [
  ...[
    'passphrase',
    'password',
    'passwort',
    'passwd',
    'pass',
    'pwd',
    'secret',
    'token',
    'access',
    'private',
    'key',
  ],
  ...[
    'credential',
    'cred',
    'auth',
    'api',
    'client',
    'license',
    'licence',
    'account',
    'storage',
    'shared',
    'bearer',
  ],
  ...[
    'username',
    'user',
    'login',
    'email',
    'mail',
    'smtp',
    'name',
    'admin',
    'root',
    'guest',
    'anonymous',
    'host',
  ],
  ...[
    'your',
    'my',
    'the',
    'some',
    'this',
    'that',
    'here',
    'insert',
    'enter',
    'replace',
    'changeme',
    'change',
    'put',
  ],
  ...[
    'fill',
    'set',
    'add',
    'with',
    'from',
    'use',
    'example',
    'sample',
    'dummy',
    'demo',
    'default',
    'placeholder',
  ],
  ...[
    'redacted',
    'removed',
    'hidden',
    'mask',
    'todo',
    'fixme',
    'none',
    'null',
    'undefined',
    'empty',
    'missing',
  ],
  ...[
    'true',
    'false',
    'string',
    'text',
    'value',
    'test',
    'foo',
    'bar',
    'baz',
    'abc',
    'xyz',
    'required',
    'optional',
  ],
  ...[
    'database',
    'postgres',
    'mysql',
    'mariadb',
    'mongo',
    'redis',
    'proxy',
    'server',
    'local',
    'service',
    'public',
  ],
  ...[
    'nextflow',
    'tower',
    'seqera',
    'aws',
    'azure',
    'google',
    'github',
    'gitlab',
    'slack',
    'docker',
    'registry',
  ],
  ...[
    'ncbi',
    'entrez',
    'synapse',
    'basespace',
    'dnanexus',
    'sentieon',
    'illumina',
    'huggingface',
    'openai',
    'sql',
  ],
  ...[
    'invalid',
    'wrong',
    'bad',
    'passw0rd',
    'p4ssw0rd',
    'p4ssword',
    'p@ssw0rd',
    'p@ssword',
    'pa55word',
    'letmein',
    'welcome',
  ],
  ...[
    's3cret',
    'secr3t',
    'hunter2',
    'blah',
    'salt',
    'super',
    'strong',
    'very',
    'long',
    'random',
    'generated',
    'encrypted',
  ],
  ...['me', 'db', 'id', 'to', 'of', 'in', 'is', 'a'],
].sort((one, other) => other.length - one.length);

const WORD = new RegExp(WORDS.filter((word) => word.length > 2).join('|'), 'g');
const SHORT_WORD = new RegExp(
  `(?<![a-z0-9])(?:${WORDS.filter((word) => word.length <= 2).join('|')})(?![a-z0-9])`,
  'g',
);

/** Signs of a value that something else puts in, or that stands for one: `${KEY}`, `<your key>`, `{{ key }}`, `****`. */
const STANDS_FOR_ONE =
  /[<>*]|\$[{(]|\{\{|\}\}|^\{[^{}]*\}$|%[({][^)}]*[)}]|#\{|^[$%@]{1,2}\w+[$%@]?$|^__\w+__$|\.\.\.|\u2026|your[_\- ]|x{4}|example|placeholder|change.?me|redacted/i;

/** Longest value that may be made of such words. */
const MAX_WORDS_LENGTH = 100;

const plain = (text: string): string => text.toLowerCase().replace(/[^a-z0-9]/g, '');

/**
 * Tells whether a text is what people write instead of a key or a password.
 *
 * @param name - the name that has the value: one that repeats it is no key.
 */
export function isPlaceholder(value: string, name = ''): boolean {
  if (STANDS_FOR_ONE.test(value) || /^(.)\1*$/.test(value)) return true;
  const own = plain(value);
  if (own === '') return true;
  const called = plain(name);
  if (called !== '' && (own === called || called.endsWith(own))) return true;
  if (value.length > MAX_WORDS_LENGTH) return false;
  return restOf(value).length <= 3;
}

/** The letters and digits of a value that are no part of such words. */
export function restOf(value: string): string {
  const words = value.replace(/(?<=[a-z])(?=[A-Z])/g, ' ').toLowerCase();
  return plain(words.replace(WORD, ' ').replace(SHORT_WORD, ' '));
}
