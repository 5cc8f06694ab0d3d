import { ExitCode, HumanError } from '../system/human-error.ts';
import { printable } from '../system/printable.ts';
import { expiryDay } from './expiry.ts';
import { secretNameProblem } from './secret-name.ts';
import { SecretValue } from './secret-value.ts';
import { JsonError, JsonNumber, type JsonTree, parseJson } from '../system/json-tree.ts';
import { type Phrase, phrase } from '../system/phrase.ts';

// The text formats that secrets are read from and written in: .env files, JSON, Nextflow's own store.

export type ImportFormat = 'env' | 'json' | 'nextflow';
export type ExportFormat = 'env' | 'json';

/** Returns the format that a file's name tells, or undefined. */
export function formatOf(path: string): ImportFormat | undefined {
  if (/(^|\/)store\.json$/.test(path)) return 'nextflow';
  if (path.endsWith('.json')) return 'json';
  return /(^|[./])env$|\.env(\.[^/]*)?$/.test(path) ? 'env' : undefined;
}

/** A secret as a text gives it. What the text does not say is undefined. */
export interface ReadSecret {
  readonly value: SecretValue;
  readonly description?: string;
  /** Day that the value expires: `YYYY-MM-DD`. */
  readonly expires?: string;
}

/**
 * Reads secrets from a text, all or none. Empty values are kept: the caller passes over them.
 *
 * @param source - the file, for messages.
 * @throws HumanError 65 that names the line or the entry, never a value.
 */
export function parseSecrets(text: string, format: ImportFormat, source: string): Map<string, ReadSecret> {
  const secrets = new Map<string, ReadSecret>();
  const entries = format === 'env' ? parseEnv(text, source) : parseJsonEntries(text, format, source);
  for (const { name, value, where, ...details } of entries) {
    const problem = secretNameProblem(name);
    if (problem !== undefined)
      throw bad(source, phrase`"${printable(name).slice(0, 60)}" ${where} cannot be a name: ${problem}`);
    if (secrets.has(name)) throw bad(source, phrase`${name} is there twice, the second time ${where}`);
    secrets.set(name, { value: new SecretValue(value), ...details });
  }
  return secrets;
}

interface Entry {
  readonly name: string;
  readonly value: string;
  readonly description?: string;
  readonly expires?: string;
  /** `in line 3`, for messages. */
  readonly where: Phrase;
}

const bad = (source: string, what: Phrase): HumanError =>
  new HumanError(ExitCode.data, phrase`${printable(source)}: ${what}. Nothing was imported.`);

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  '\\': '\\',
  '"': '"',
  $: '$',
  '`': '`',
};

/**
 * The dialect of `.env` files that is read:
 * - a line is empty, a comment (`#` first), or `NAME=VALUE`, perhaps with `export ` before and spaces around;
 * - in single quotes each character is itself, over several lines too;
 * - in double quotes too, but for `\n`, `\r`, `\t`, `\\`, `\"`, `\$` and `` \` ``; any other backslash is one;
 * - without quotes the value ends with its line or at ` #`, and spaces around it do not count;
 * - nothing is expanded: `$HOME` is these five characters.
 *
 * Linear in the text's length.
 */
function* parseEnv(text: string, source: string): Generator<Entry> {
  const start = /[^\S\n]*(?:export[^\S\n]+)?([^=\s#]+)[^\S\n]*=[^\S\n]*/y;
  let at = text.startsWith('\ufeff') ? 1 : 0;
  let line = 1;
  while (at < text.length) {
    const endOfLine = (from: number): number => {
      const end = text.indexOf('\n', from);
      return end < 0 ? text.length : end;
    };
    const whole = text.slice(at, endOfLine(at)).trim();
    if (whole === '' || whole.startsWith('#')) {
      at = endOfLine(at) + 1;
      line += 1;
      continue;
    }
    const where = phrase`in line ${line}`;
    start.lastIndex = at;
    const name = start.exec(text)?.[1];
    // A line without a sign may be half a value: it is not shown.
    if (name === undefined) throw bad(source, phrase`line ${line} is not NAME=VALUE`);
    const problem = secretNameProblem(name);
    if (problem !== undefined) {
      // A line of base64 may look like a name, too: what is unlike any name is not shown.
      const shown = /^[\w.-]{1,60}$/.test(name) ? `"${name}"` : phrase`the text before the "="`;
      throw bad(source, phrase`${shown} ${where} cannot be the name of a secret: ${problem}`);
    }
    let value: string;
    const from = start.lastIndex;
    const quote = text[from];
    if (quote === "'" || quote === '"') {
      const end = quote === "'" ? text.indexOf("'", from + 1) : closingQuote(text, from + 1);
      if (end < 0) throw bad(source, phrase`the quote of ${name} ${where} is not closed`);
      const inside = text.slice(from + 1, end);
      value = quote === "'" ? inside : inside.replace(/\\(.)/gs, (all, c: string) => ESCAPES[c] ?? all);
      const rest = text.slice(end + 1, endOfLine(end)).trim();
      if (rest !== '' && !rest.startsWith('#')) {
        throw bad(source, phrase`there is something after the quotes of ${name} ${where}`);
      }
      line += inside.split('\n').length;
      at = endOfLine(end) + 1;
    } else {
      const raw = text.slice(from, endOfLine(from));
      value = raw.replace(/(^|\s)#.*$/s, '').trim();
      // The last line of base64 that was wrapped without quotes: the text before the sign is half a value.
      if (/^=+$/.test(value))
        throw bad(source, phrase`line ${line} looks like the rest of a value; put that in quotes`);
      at = endOfLine(from) + 1;
      line += 1;
    }
    yield { name, value, where };
  }
}

function closingQuote(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '"') return at;
  }
  return -1;
}

function* parseJsonEntries(text: string, format: 'json' | 'nextflow', source: string): Generator<Entry> {
  let tree: JsonTree;
  try {
    tree = parseJson(text.replace(/^\ufeff/, ''));
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    throw bad(source, phrase`it is not JSON: ${error.phrase}`);
  }
  if (Array.isArray(tree)) {
    yield* parseList(tree, source, { hasDetails: format === 'json' });
    return;
  }
  if (format === 'nextflow') throw bad(source, phrase`a store of Nextflow is a list of {"name", "value"}`);
  if (!(tree instanceof Map)) throw bad(source, phrase`it has to be an object of names and values`);
  for (const [name, node] of tree) {
    const value = node instanceof JsonNumber ? node.text : typeof node === 'boolean' ? String(node) : node;
    if (typeof value !== 'string') throw bad(source, phrase`the value of "${printable(name)}" is not a text`);
    yield { name, value, where: phrase`in the object` };
  }
}

/** Reads a list of `{"name", "value"}`; in one of ours `description` and `expires` as well. */
function* parseList(
  list: readonly JsonTree[],
  source: string,
  { hasDetails }: { readonly hasDetails: boolean },
): Generator<Entry> {
  for (const [index, entry] of list.entries()) {
    const where = phrase`as entry ${index + 1}`;
    const field = (key: string): JsonTree | undefined => (entry instanceof Map ? entry.get(key) : undefined);
    const name = field('name');
    const value = field('value');
    if (typeof name !== 'string' || typeof value !== 'string') {
      throw bad(source, phrase`entry ${index + 1} has no "name" and "value"`);
    }
    if (!hasDetails) {
      yield { name, value, where };
      continue;
    }
    const description = field('description') ?? undefined;
    const expires = field('expires') ?? undefined;
    if (description !== undefined && typeof description !== 'string')
      throw bad(source, phrase`the "description" of entry ${index + 1} is not a text`);
    if (expires !== undefined && (typeof expires !== 'string' || expiryDay(expires) === undefined))
      throw bad(source, phrase`the "expires" of entry ${index + 1} is not a day such as 2027-01-31`);
    yield {
      name,
      value,
      where,
      ...(description !== undefined && { description }),
      ...(expires !== undefined && { expires }),
    };
  }
}

/** Result of an import for each name that it was given. */
export interface ImportPlan {
  readonly created: readonly string[];
  readonly changed: readonly string[];
  /** Names that keep the other value that they have. */
  readonly kept: readonly string[];
  /** Names that had this value already. */
  readonly same: readonly string[];
  /** Names without a value: nothing to store. */
  readonly empty: readonly string[];
}

/**
 * Decides what an import does with each name.
 *
 * @param existing - the value that a name has now, if it has one.
 * @throws HumanError 64 if names have another value and nobody chose what to do with them.
 */
export function planImport(
  given: ReadonlyMap<string, Pick<ReadSecret, 'value'>>,
  existing: (name: string) => SecretValue | undefined,
  ifDifferent: 'overwrite' | 'skip' | 'refuse',
): ImportPlan {
  const names = [...given.keys()];
  const differs = (name: string): boolean => existing(name)?.reveal() !== given.get(name)?.value.reveal();
  const isEmpty = (name: string): boolean => given.get(name)?.value.reveal() === '';
  const empty = names.filter(isEmpty);
  const full = names.filter((name) => !isEmpty(name));
  const created = full.filter((name) => existing(name) === undefined);
  const known = full.filter((name) => existing(name) !== undefined);
  const different = known.filter(differs);
  if (different.length > 0 && ifDifferent === 'refuse') {
    throw new HumanError(
      ExitCode.usage,
      phrase`These are set already, to other values: ${different.join(', ')}. Nothing was imported.`,
      { do: 'decide-import' },
    );
  }
  return {
    created,
    changed: ifDifferent === 'overwrite' ? different : [],
    kept: ifDifferent === 'skip' ? different : [],
    same: known.filter((name) => !differs(name)),
    empty,
  };
}

/** Writes secrets as text; {@link parseSecrets} gives back exactly these. */
export function formatSecrets(secrets: ReadonlyMap<string, SecretValue>, format: ExportFormat): string {
  const revealed = Array.from(secrets, ([name, value]) => [name, value.reveal()] as const);
  if (format === 'json') return `${JSON.stringify(Object.fromEntries(revealed), undefined, 2)}\n`;
  return revealed.map(([name, value]) => `${name}=${quoted(value)}\n`).join('');
}

/** A secret as {@link formatDetails} writes it. */
export interface DetailedSecret {
  readonly name: string;
  readonly scope: string;
  readonly value: SecretValue;
  readonly description: string | null;
  readonly expires: string | null;
}

/** Writes secrets as JSON with the data beside their values; {@link parseSecrets} gives back these. */
export const formatDetails = (secrets: readonly DetailedSecret[]): string =>
  `${JSON.stringify(
    secrets.map(({ name, scope, value, description, expires }) => ({
      ...{ name, scope, value: value.reveal() },
      ...{ description, expires },
    })),
    undefined,
    2,
  )}\n`;

function quoted(value: string): string {
  if (/^[A-Za-z0-9_./:@%+,-]+$/.test(value)) return value;
  const escaped = value
    .replace(/[\\"$`]/g, '\\$&')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
    .replaceAll('\t', '\\t');
  return `"${escaped}"`;
}
