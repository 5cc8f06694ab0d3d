import { phrase, type Phrase } from '../../system/phrase.ts';
import { isExample, isPassword, isToken } from './plausible.ts';
import type { KeyHit } from './key-hit.ts';
import { anyCase } from './any-case.ts';

/** A program whose options take a password without a name beside it. */
interface Program {
  /** ASCII text or pattern that is in each such command. */
  readonly sign: string;
  /** The command up to the password, which is the group `key`. */
  readonly pattern: string;
  readonly isKey?: (key: string) => boolean;
  readonly kind?: Phrase;
}

/** Words of a command before the option, also in its next lines. Not past its end. */
const WORDS = '(?:[^\\n|;\\\\]|\\\\\\r?\\n|\\\\[^\\n]){0,400}?';
const OPEN = '\\\\?["\']?';
const VALUE = '(?<key>[^\\s"\'\\\\;|]{4,200})';

/** `program … -o value`. */
const option = (sign: string, programs: string, options: string, value = VALUE): Program => ({
  sign,
  pattern: `\\b(?:${programs})\\b${WORDS}\\s(?:${options})${OPEN}${value}`,
});

/** Hosts that documentation and tests have. */
const NOWHERE = 'localhost|127\\.0|0\\.0\\.0\\.0|\\[::1|(?:[\\w.-]{1,60}\\.)?example\\b';

const USER = '[^\\s:"\'$]{1,100}';

const PROGRAMS: readonly Program[] = [
  option('curl', 'curl', '(?:-[A-Za-z]{0,10}[uU]|--user|--proxy-user)[ =]{0,2}', `${USER}:${VALUE}`),
  option('mysql|mariadb', '(?:mysql|mariadb)[\\w-]{0,20}', '-p'),
  option('sshpass', 'sshpass', '-p ?'),
  option('login', '\\w{1,40} (?:registry )?login', '(?:-p|-P)[ =]{0,2}'),
  option('redis-cli', 'redis-cli', '-a ?'),
  option('smbclient', 'smbclient', '-U ?', `[^\\s%"']{1,100}%${VALUE}`),
  option('lftp|ncftp', 'lftp|ncftp\\w*', '-u ?', `[^\\s,"']{1,100},${VALUE}`),
  option('ncftp', 'ncftp\\w{0,20}', '-p ?'),
  option('unzip', 'unzip', '-P ?'),
  option('zip ', 'zip', '-P ?'),
  option('7z [xae]|7z[ar] ', '7z[ar]?', '-p'),
  option('ldapsearch', 'ldapsearch', '-w ?'),
  option('cypher-shell', 'cypher-shell', '-p ?'),
  option('skopeo', 'skopeo', '--(?:src-|dest-)?creds[ =]', `${USER}:${VALUE}`),
  option('sqlcmd|bcp ', 'sqlcmd|bcp', '-P ?'),
  option('mongo', 'mongo\\w{0,20}', '-p ?'),
  option('sqlplus', 'sqlplus', '', `[\\w$]{1,64}/(?<key>[^\\s"'@/]{4,100})@`),
  option(
    'htpasswd',
    'htpasswd',
    '-(?=[a-zA-Z]{0,20}b)[a-zA-Z]{1,20}\\s{1,20}\\S{1,200}\\s{1,20}\\S{1,200}\\s{1,20}',
  ),
  option(
    'mc alias',
    'mc alias set',
    '',
    `\\S{1,100}\\s{1,20}https?:\\S{1,200}\\s{1,20}\\S{1,200}\\s{1,20}${VALUE}`,
  ),
  {
    sign: 'webin|ena-',
    pattern: `(?<![\\w.-])(?=[\\w.-]{0,100}(?:webin|ena-))[\\w.-]{1,100}${WORDS}\\s(?:-p(?:assword)?[ =])${OPEN}${VALUE}`,
  },
  option('pyega3|egaclient', 'pyega3|egaclient', '-p ?'),
  { sign: 'pass:', pattern: `(?:-pass(?:in|out)?|-k)[ =]${OPEN}pass:${VALUE}` },
  {
    sign: 'iinit|sudo -S|password-stdin|chpasswd|passwd',
    pattern: `\\b(?:echo|printf)\\s{1,20}(?:-n\\s{1,20})?${OPEN}(?:[\\w.-]{1,100}:)?${VALUE}["']?\\s{0,20}(?:\\\\n)?["']?\\s{0,20}\\|\\s{0,20}(?:iinit|sudo -S|(?:\\w{1,40} ){1,3}[^\\n]{0,200}--password-stdin|chpasswd|passwd)`,
  },
  { sign: 'iinit', pattern: `\\biinit\\s{1,20}${OPEN}${VALUE}` },
];

/** Programs and functions that get a key of a service, which is as random as those are. */
const OF_KEYS: readonly Program[] = [
  option('wandb login', 'wandb login', '(?:--relogin )?'),
  option('secrets? set', 'secrets? set', '\\w[\\w.-]{0,64} '),
  option('secrets? set', 'secrets? set', '(?:--body|-b)[ =]'),
  option('secrets add', 'secrets add', '(?:--value|-v)[ =]'),
  option('Annotator\\.py', '\\w{1,40}Annotator\\.py', '-b '),
  { sign: '-{2}key', pattern: `\\s--key[ =]${OPEN}(?<key>[\\w+/=-]{32,200})(?![\\w./-])` },
  { sign: 'GalaxyInstance', pattern: `GalaxyInstance\\(${WORDS}\\bkey\\s{0,4}=\\s{0,4}${OPEN}${VALUE}` },
  {
    sign: '"key"',
    // As Kaggle has it: a key beside a user.
    pattern: `"username"\\s{0,9}:\\s{0,9}"[^"\\n]{1,100}"\\s{0,9},\\s{0,9}"key"\\s{0,9}:\\s{0,9}"${VALUE}"`,
  },
].map((one) => ({ ...one, isKey: (key: string) => isToken(key, ''), kind: phrase`a key or token` }));

const AUTHORIZATION: readonly Program[] = [
  {
    sign: `auth ?= ?\\(|${anyCase('basic')}_?${anyCase('auth')}\\(|authenticate\\(`,
    pattern: `(?:\\bauth\\s?=\\s?|[Bb]asic_?[Aa]uth|\\bauthenticate)\\(\\s{0,9}["'][^"'\\n]{1,100}["']\\s{0,4},\\s{0,9}(?:password\\s?=\\s?)?["'](?<key>[^"'\\s]{4,200})["']`,
    kind: phrase`a password`,
  },
  {
    sign: 'anaconda\\.(?:org|com|cloud)/t/',
    pattern: 'anaconda\\.(?:org|com|cloud)/t/(?<key>[\\w-]{16,90})/',
    isKey: (key) => isToken(key, ''),
    kind: phrase`a key or token`,
  },
  {
    sign: ':\\$(?:apr1|2[aby]|[1567y])\\$',
    pattern: '(?<![^\\s"\'])[\\w.@-]{1,64}:(?<key>\\$(?:apr1|2[aby]|[1567y])\\$[\\w./$]{20,120})',
    kind: phrase`the hash of a password`,
    isKey: () => true,
  },
  {
    sign: anyCase('authorization'),
    pattern: `[Aa]uthorization\\\\?["']?\\s{0,4}[:=,]\\s{0,4}\\\\?["']?[Bb]asic\\s{1,20}(?<key>[A-Za-z0-9+/]{12,400}={0,2})`,
    isKey: isUserAndPassword,
    kind: phrase`a password`,
  },
  {
    sign: `${anyCase('authorization')}|[Bb]earer|BEARER`,
    pattern: `(?:[Aa]uthorization(?:\\\\?["']?\\s{0,4}[:=,]\\s{0,4}\\\\?["']|:[ ]?)(?:\\w{1,40}\\s{1,20})?|\\b[Bb]earer\\s{1,20})(?<key>[\\w.~+/=-]{16,4000})`,
    isKey: (key) => isToken(key, ''),
    kind: phrase`a key or token`,
  },
  {
    sign: '"auth"|_auth',
    pattern: `(?:"auth"\\s{0,4}:|_auth\\s{0,4}=)\\s{0,4}"?(?<key>[A-Za-z0-9+/]{8,400}={0,2})`,
    isKey: isUserAndPassword,
    kind: phrase`a password of a registry`,
  },
  {
    sign: '[?&][Kk][Ee][Yy]=',
    pattern: '[?&][Kk][Ee][Yy]=(?<key>[\\w.~-]{16,200})',
    isKey: (key) => isToken(key, ''),
    kind: phrase`a key or token`,
  },
  {
    sign: '://[^:/ \\t\\n\\v\\f\\r]*:[^@/ \\t\\n\\v\\f\\r]+@',
    pattern: `\\b[A-Za-z][\\w+.-]{0,30}://(?<user>[^\\s:/@"'<>\`]{0,100}):(?<key>[^\\s@/"'<>\`]{1,200})@(?!${NOWHERE})(?=[\\w[$])`,
    kind: phrase`a password in a URL`,
    isKey: isInUrl,
  },
  {
    // Documentation has words there: `https://user:password@example.org`.
    sign: '://[^:/ \\t\\n\\v\\f\\r]*:[^@/ \\t\\n\\v\\f\\r]+@',
    pattern: `\\b[A-Za-z][\\w+.-]{0,30}://[^\\s:/@"'<>\`]{0,100}:(?<key>[^\\s@/"'<>\`]{8,200})@(?=(?:[\\w-]{1,60}\\.){1,4}example\\b)`,
    kind: phrase`a password in a URL`,
    isKey: (key) => isInUrl(key) && isPassword(key, ''),
  },
  {
    sign: ':5432:|:\\*:\\*',
    pattern: '^[\\w.*-]{1,100}:(?:5432|\\*):[\\w.*-]{1,64}:[\\w.*-]{1,64}:(?<key>[^\\s:]{6,100})$',
    kind: phrase`a password`,
  },
];

/** Base64 of `user:password`. */
function isUserAndPassword(key: string): boolean {
  const [user, ...rest] = Buffer.from(key, 'base64').toString('latin1').split(':');
  const password = rest.join(':');
  return (
    /^[\x21-\x7e]+$/.test(`${user ?? ''}:${password}`) &&
    rest.length > 0 &&
    isPassword(password, user ?? '', true)
  );
}

function isInUrl(key: string): boolean {
  let password = key;
  try {
    password = decodeURIComponent(key);
  } catch {
    // It is as it is written.
  }
  return !/[${}()]/.test(password) && isPassword(password, '', true);
}

const ALL = [...PROGRAMS, ...OF_KEYS, ...AUTHORIZATION].map(({ sign, pattern, isKey, kind }) => ({
  sign: new RegExp(sign),
  regex: new RegExp(pattern, 'dgm'),
  isKey: isKey ?? ((key: string): boolean => isPassword(key, '')),
  kind: kind ?? phrase`a password in a command`,
}));

/** Source of a pattern that matches wherever one may begin. ASCII alone decides. */
export const COMMAND_SIGN = [...PROGRAMS, ...OF_KEYS, ...AUTHORIZATION].map(({ sign }) => sign).join('|');

const SIGN = new RegExp(COMMAND_SIGN);

/** Finds passwords in command lines, headers and URLs. */
export function commandKeys(text: string): KeyHit[] {
  if (!SIGN.test(text)) return [];
  const hits: KeyHit[] = [];
  for (const { sign, regex, isKey, kind } of ALL) {
    if (!sign.test(text)) continue;
    for (const { indices } of text.matchAll(regex)) {
      const [start, end] = indices?.groups?.['key'] ?? [0, 0];
      const key = text.slice(start, end);
      if (!isExample(key) && isKey(key)) hits.push({ start, end, kind });
    }
  }
  return hits;
}
