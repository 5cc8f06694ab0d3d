import { SIGNS, WordFinder } from '../../system/word-finder.ts';

// The first look into bytes, most of which have no key: every sign of a key has one of these words in it, or is a URL.

const LETTERS = Array.from('abcdefghijklmnopqrstuvwxyz');
/** A short word, and each of some characters after it. */
const before = (word: string, ends: readonly string[]): string[] => ends.map((end) => word + end);
const list = (words: string): string[] => words.split(' ');

/** Words of names, one of which is beside each key that has a name. */
const ofNames = (): string[] => [
  ...list(
    'pass token secret credential bearer licen _auth auth_ "auth" _pat -pat apikey accesskey accountkey',
  ),
  ...list('secretkey privatekey authkey'),
  ...['key', 'pwd', 'jwt'].flatMap((word) => before(word, SIGNS)),
  ...['_pw', '-pw'].flatMap((word) => before(word, [' ', '=', ':', '"', "'"])),
];

/** Words of commands and headers. */
const ofCommands = (): string[] => [
  ...list('curl mysql mariadb sshpass login redis-cli smbclient lftp ncftp unzip ldapsearch sqlcmd htpasswd'),
  ...['zip ', '7z x', '7z a', '7z e', '7za ', '7zr ', 'bcp ', 'mc alias', 'sudo -s'],
  ...list(
    'cypher-shell skopeo annotator.py galaxyinstance anaconda.org/t/ anaconda.com/t/ anaconda.cloud/t/',
  ),
  ...list(
    'pass: passwd password-stdin authorization bearer "auth" _auth basicauth( basic_auth( authenticate(',
  ),
  ...['secret set', 'secrets set', 'secrets add', '-key', '"key"', '?key=', '&key='],
  ...['auth=(', 'auth =(', 'auth= (', 'auth = (', ':$apr1$', ':$y$'],
  ...['1', '2a', '2b', '2y', '5', '6', '7'].map((scheme) => `:$${scheme}$`),
  ...list('mongo sqlplus webin ena- pyega3 egaclient iinit :5432: :*:*'),
];

/** Words of the forms of keys. */
const ofShapes = (): string[] => [
  ...list(
    'aiza gocspx- ya29. api_org_ glpat- gldt- glrt- glcbt- glptt- glft- glimt- glagent- gloas- glsoat- glffct-',
  ),
  ...list(
    'atbb atatt3 ghp_ gho_ ghs_ ghu_ ghr_ dckr_ pypi-age dapi _v1_ hvs. hvb. hvr. .atlasv1. k_live_ k_test_ key-',
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
  ...['private key', 'accountkey=', 'accesskey=', 'sharedkey=', 'sharedaccess'],
  ...before('hf_', [...LETTERS, '0']),
  ...list('sl.a sl.b sl.u'),
  ...before('sg.', [...LETTERS, '0', '_']),
  '0:aa',
  ...before('0q~', [...LETTERS, '0', '_', '.', '-', '~']),
];

/** Words of what secretlint's rules find. */
const ofWellKnown = (): string[] => [
  ...list('akia agpa aida aroa aipa anpa anva asia xoxa- xoxb- xoxo- xoxp- xoxr- xapp- hooks.slack.com'),
  ...list('shppa_ shpca_ shpat_ shpss_ github_pat_ t3blbkfj lin_api_ ops_ey'),
  ...before('a3t', [...LETTERS, '0']),
];

/** Words, one of which is in each sign of a key, in any case. But for URLs: those have a `@`. */
export const keyWords = (): readonly string[] => [
  ...ofNames(),
  ...ofCommands(),
  ...ofShapes(),
  ...ofWellKnown(),
];

const URL_WITH_PASSWORD = /:\/\/[^:/ \t\n\v\f\r]*:[^@/ \t\n\v\f\r]+@/;
const mayHaveUrl = (latin1: string): boolean => latin1.includes('://') && URL_WITH_PASSWORD.test(latin1);

/** A finder that is made when it is first asked. */
function lateFinder(words: () => readonly string[]): WordFinder['isIn'] {
  let finder: WordFinder | undefined;
  return (bytes, length) => (finder ??= new WordFinder(words())).isIn(bytes, length);
}

const hasWord = lateFinder(keyWords);
const hasWordOfShape = lateFinder(ofShapes);
const hasWordOfCommand = lateFinder(ofCommands);

/** Tells whether bytes may have a sign of a key. @param latin1 - the same, one byte a character. */
export const mayHaveSign = (bytes: Buffer, length: number, latin1: string): boolean =>
  hasWord(bytes, length) || mayHaveUrl(latin1);

/** Tells of which of our searches a text may have a key. Of ASCII alone, so other characters may be anything. */
export function signsIn(text: string): { readonly ofShape: boolean; readonly ofCommand: boolean } {
  const bytes = Buffer.from(text, 'latin1');
  return {
    ofShape: hasWordOfShape(bytes, bytes.length),
    ofCommand: hasWordOfCommand(bytes, bytes.length) || mayHaveUrl(text),
  };
}
