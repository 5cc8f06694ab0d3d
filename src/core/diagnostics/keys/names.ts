import { phrase, type Phrase } from '../../system/phrase.ts';
import { anyCase } from './any-case.ts';

/** What a name says that its value is. */
export type NameKind = 'password' | 'token';

/** Last words of names that have a password. */
const PASSWORDS = ['password', 'passwd', 'passphrase', 'passwort', 'pass', 'pwd', 'passcode', 'pw'];
/** The same, written as one word. */
const JOINED_PASS = /^(?:store|key|user|db|sql|ssh|ftp|smtp|mail|root|admin|bind|http|proxy)pass$/;
/** Last words of names that have a key. */
const TOKENS = [
  'token',
  'secret',
  'key',
  'apikey',
  'credential',
  'credentials',
  'auth',
  'pat',
  'jwt',
  'bearer',
];
/** Last words of names that have a key only as a whole name, or after one of a service. */
const RARE_TOKENS = new Set(['auth', 'pat', 'bearer', 'jwt']);

/** Words after the one that counts: `TOKEN_PROD`, `password2`, `LICENSE_BASE64`. */
const TRAILING =
  /^(?:\d+|b64|base64|value|val|default|prod|production|dev|develop|staging|test|testing|old|new|env|var|string|str|data|encoded|main|live|raw|plain|text|plaintext|param|message|msg|header)$/;

/** Words before `key` with which it is no secret: `public_key`, `sort_key`. */
const NO_KEY =
  /^(?:public|pub|primary|foreign|sort|partition|cache|hash|hashed|object|index|row|column|group|join|map|host|kms|known|meta|order|encryption_context|etag|idempotency|dedup|lookup|storage_class|color|answer|issue|jira|feature|translation|gpg|gpg_pub|recv|default|md5|checksum|sha|sha256|vcf|primer|barcode|accession|age|trans|dict|registry)$/;

/** Words before `token` with which it is none of a service: of a list in pages, of a language model. */
const NO_TOKEN =
  /^(?:next|page|continuation|continue|csrf|xsrf|sync|client|cancel|cancellation|pad|eos|bos|unk|mask|special|sep|cls|start|end|stop|resume|idempotency)$/;

/** Words of the names and what they belong to. Sorted by how sure they are. */
const SERVICES: readonly (readonly [words: RegExp, service: string])[] = [
  [/^(?:ncbi|entrez|eutils|efetch|esearch|edirect|dbgap|sra)/, 'NCBI'],
  [/^(?:synapse|syn)$/, 'Synapse'],
  [/^(?:basespace|bssh|bs|illumina|icav?2?)$/, 'Illumina'],
  [/^(?:dnanexus|dx)$/, 'DNAnexus'],
  [/^sentieon/, 'Sentieon'],
  [/^(?:tower|seqera)$/, 'Seqera Platform'],
  [/^(?:ena|webin|ebi)$/, 'ENA'],
  [/^(?:ega|pyega3)$/, 'EGA'],
  [/^(?:cosmic)$/, 'COSMIC'],
  [/^(?:omim)$/, 'OMIM'],
  [/^(?:oncokb)$/, 'OncoKB'],
  [/^(?:sevenbridges|sbg|cgc|cavatica)$/, 'Seven Bridges'],
  [/^(?:huggingface|hf|hugging)$/, 'Hugging Face'],
  [/^(?:wandb)$/, 'Weights & Biases'],
  [/^(?:openai)$/, 'OpenAI'],
  [/^(?:github|gh)$/, 'GitHub'],
  [/^(?:gitlab)$/, 'GitLab'],
  [/^(?:azure)$/, 'Azure'],
  [/^(?:aws|s3)$/, 'AWS'],
  [/^(?:slack)$/, 'Slack'],
  [/^(?:zenodo)$/, 'Zenodo'],
  [/^(?:sonar|sonarqube)$/, 'SonarQube'],
];

/** Beginning or end of names in which a key may be, in any case: cheap to find in bytes. */
export const NAME_SIGN = [
  ...[
    'passw',
    'passphrase',
    'passcode',
    'token',
    'secret',
    'credential',
    'bearer',
    'licen',
    '_auth',
    'auth_',
  ].map(anyCase),
  // At least four characters, so that V8 can skip some.
  '[Kk][Ee][Yy][^a-zA-Z]',
  `(?:${['api', 'access', 'account', 'secret', 'private', 'auth'].map(anyCase).join('|')})[Kk][Ee][Yy]`,
  '[Pp][Ww][Dd][^a-zA-Z]',
  `${anyCase('pass')}[^a-zA-Z]`,
  '[_-][Pp][Ww][ =:"\']',
  '"auth"|[_-](?:PAT|pat)\\W|[Jj][Ww][Tt][^a-zA-Z]',
].join('|');

/** A part of a name that may have a key. */
export const NAME_CORE =
  /passw(?:or)?[dt]|passphrase|passcode|token|secret|credentials?|key|licen[cs]e|auth|bearer|jwt|pass|pwd|pw|pat/gi;

/** The words of a name: `ncbiApiKey`, `NCBI_API_KEY` and `ncbi.api-key` have the same. */
export const wordsOf = (name: string): string[] =>
  name.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+/g)?.map((word) => word.toLowerCase()) ?? [];

/** A name such as `PGPASSWORD` or `apikey`: words without a sign between them. */
function endOf(word: string, ends: readonly string[]): boolean {
  return ends.some((end) => word === end || (end.length > 4 && word.endsWith(end)));
}

/**
 * Tells what a name says that its value is; undefined if it says that of no secret.
 *
 * @param name - an identifier, with all of its words.
 */
export function nameKind(name: string): NameKind | undefined {
  const words = wordsOf(name);
  while (words.length > 1 && TRAILING.test(words.at(-1) ?? '')) words.pop();
  // `base64` and `b64` are two words.
  if (words.length > 2 && /^(?:base|b|v)$/.test(words.at(-1) ?? '')) words.pop();
  const last = words.at(-1) ?? '';
  const before = words.at(-2) ?? '';
  if (JOINED_PASS.test(last)) return 'password';
  if (endOf(last, PASSWORDS))
    return last === 'pass' && words.length > 1 && isCounted(words) ? undefined : 'password';
  if (/^licen[cs]e$/.test(last)) return words.length > 1 ? 'token' : undefined;
  if (last === 'token' && NO_TOKEN.test(before)) return undefined;
  if (!endOf(last, TOKENS))
    return /(?:api|access|secret|account|private|auth)key$/.test(last) ? 'token' : undefined;
  // A `key` by itself is that of a map, or of a cache.
  if (last === 'key' && (words.length === 1 || NO_KEY.test(before))) return undefined;
  if (RARE_TOKENS.has(last) && words.length === 1 && last !== 'auth' && last !== 'bearer') return undefined;
  return 'token';
}

/** `first_pass`, `two_pass`: no password. */
const isCounted = (words: readonly string[]): boolean =>
  words.some((word) =>
    /^(?:first|second|third|one|two|low|high|by|band|single|multi|filter|qc|is|did|all)$/.test(word),
  );

/** What a name and its path say of the service; undefined for none that is known. */
export function serviceOf(path: string): string | undefined {
  const words = wordsOf(path);
  return SERVICES.find(([service]) => words.some((word) => service.test(word)))?.[1];
}

/** Words for a value with a name. */
export function kindOfNamed(kind: NameKind, path: string): Phrase {
  const service = serviceOf(path);
  if (service === undefined) return kind === 'password' ? phrase`a password` : phrase`a key or token`;
  return kind === 'password' ? phrase`a password of ${service}` : phrase`a key of ${service}`;
}
