import { WordFinder } from '../../system/word-finder.ts';

// The first look into bytes, most of which have no key: every sign of a key has one of these words in it, or is a URL.

const LETTERS = Array.from('abcdefghijklmnopqrstuvwxyz');
const DIGITS = Array.from('0123456789');
/** The bytes that are no letters. */
const OTHERS = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).filter(
  (one) => !/[a-z]/i.test(one),
);

/** A short word, and each of some characters after it. */
const before = (word: string, ends: readonly string[]): string[] => ends.map((end) => word + end);
const list = (words: string): string[] => words.split(' ');

const words = (): string[] => [
  // Names.
  ...list(
    'pass token secret credential bearer licen _auth auth_ "auth" _pat -pat apikey accesskey accountkey',
  ),
  ...list('secretkey privatekey authkey'),
  ...['key', 'pwd', 'jwt'].flatMap((word) => before(word, OTHERS)),
  ...['_pw', '-pw'].flatMap((word) => before(word, [' ', '=', ':', '"', "'"])),
  // Commands and headers.
  ...list('curl mysql mariadb login redis-cli smbclient lftp ncftp unzip ldapsearch sqlcmd'),
  ...['zip ', '7z x', '7z a', '7z e', '7za ', '7zr ', 'bcp ', 'mc alias', 'sudo -s'],
  ...list(
    'cypher-shell skopeo annotator.py galaxyinstance anaconda.org/t/ anaconda.com/t/ anaconda.cloud/t/ basicauth( basic_auth( authenticate(',
  ),
  ...['auth=(', 'auth =(', 'auth= (', 'auth = (', ':$apr1$', ':$y$'],
  ...['1', '2a', '2b', '2y', '5', '6', '7'].map((scheme) => `:$${scheme}$`),
  ...list('mongo sqlplus webin ena- pyega3 egaclient iinit authorization :5432: :*:*'),
  // Forms of keys.
  ...list(
    'aiza gocspx- ya29. api_org_ glpat- gldt- glrt- glcbt- glptt- glft- glimt- glagent- gloas- glsoat- glffct-',
  ),
  ...list(
    'atbb atatt3 ghp_ gho_ ghs_ ghu_ ghr_ dckr_ pypi-age dapi _v1_ hvs. hvb. hvr. .atlasv1. k_live_ k_test_',
  ),
  ...list(
    'xkeysib- gsk_ pplx- xai- sk-proj- sk-svcacct- sk-admin- sk-none- sk-ant- ntn_ pmak- glsa_ glc_ sntrys_ sntryu_',
  ),
  ...list(
    'nrak- dp.pt. pul- sqp_ squ_ sqa_ sbp_ pscale_ npm_ akcp cmvmdgtu absk ltai discord webhook.office logic.azure',
  ),
  ...list(
    'api.powerplatform age-secret-key- ?sig= &sig= ;sig= eyj0awqio .eyj .eyk putty-user-key-file jdbc:oracle',
  ),
  'private key',
  // Those of secretlint's rules.
  ...list('akia agpa aida aroa aipa anpa anva asia xoxa- xoxb- xoxo- xoxp- xoxr- xapp- hooks.slack.com'),
  ...list('shppa_ shpca_ shpat_ shpss_ github_pat_ t3blbkfj lin_api_ ops_ey'),
  ...['a3t', 'hf_'].flatMap((word) => before(word, [...LETTERS, ...DIGITS])),
  ...list('sl.a sl.b sl.u'),
  ...before('sg.', [...LETTERS, ...DIGITS, '_']),
  ...DIGITS.flatMap((digit) => [
    `${digit}:aa`,
    ...before(`${digit}q~`, [...LETTERS, ...DIGITS, '_', '.', '~', '-']),
  ]),
];

let finder: WordFinder | undefined;

const URL_WITH_PASSWORD = /:\/\/[^:/ \t\n\v\f\r]*:[^@/ \t\n\v\f\r]+@/;

/** Tells whether bytes may have a sign of a key. @param latin1 - the same, one byte a character. */
export const mayHaveSign = (bytes: Buffer, length: number, latin1: string): boolean =>
  (finder ??= new WordFinder(words())).isIn(bytes, length) || URL_WITH_PASSWORD.test(latin1);
