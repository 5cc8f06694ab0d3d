import { isPassword, isToken } from './plausible.ts';
import type { KeyHit } from './key-hit.ts';
import { kindOfNamed, NAME_CORE, NAME_SIGN, nameKind } from './names.ts';

const SIGN = new RegExp(NAME_SIGN);

/** Characters of a name before and after the part that counts, at most. */
const REACH = 64;

/** A quote, also one in a text that has its quotes escaped. */
const QUOTE = '\\\\{0,3}["\'`]';

/** `f("name", "value")` */
const CALL = new RegExp(`${QUOTE}\\s{0,4},\\s{0,40}(?=["'])`, 'y');

/** `set_name("value")` */
const SETTER = /\(\s{0,4}(?=["'])/y;

/**
 * What may be between a name and its value. Each is tried at the end of the name.
 *
 * The bounds keep the work for a name small in any text.
 */
const BRIDGES: readonly RegExp[] = [
  // `name = `, `"name": `, `['name'] = `, `name <- `, `name :=`, `name => `, `name ?= `.
  new RegExp(
    `(?:${QUOTE})?\\s{0,4}[\\])}]?\\s{0,40}(?::=|\\?=|=>|<-|\\+?=(?![=~])|:(?![:=/-]))[ \\t]{0,40}(?:\\\\?\\r?\\n[ \\t]{0,80})?`,
    'y',
  ),
  // `name: String = `, `name: str | None = `.
  /\s{0,4}:\s{0,4}[A-Za-z][\w.[\]| ]{0,40}\??\s{0,4}=(?!=)\s{0,40}/y,
  // `("name", "value")`, `.get('name') ?: 'value'`, `${NAME:-value}`, `params.name ?: 'value'`, `or`, `||`, `??`.
  CALL,
  new RegExp(`(?:${QUOTE})?[\\])]{0,2}\\s{0,10}(?:\\?:|\\|\\||\\?\\?|or\\b)\\s{0,10}(?=["'])`, 'y'),
  /:[-=]/y,
  // `set_name("value")`.
  SETTER,
  // `name = System.getenv('X') ?: 'value'`, `name = x ? y : 'value'`.
  /\s{0,10}[=:]\s{0,10}[^\n"']{0,80}(?:["'][\w.-]{0,60}["'][^\n"']{0,40})?(?:\?:|\|\||\?\?|\bor\b| : |,)\s{0,10}(?=["'])/y,
  // `{ "name": "NCBI_API_KEY", "value": "…" }`, in YAML too; `<x name="KEY" value="…"/>`.
  new RegExp(`(?:${QUOTE})?\\s{0,4},?\\s{0,200}(?:${QUOTE})?[Vv]alue(?:${QUOTE})?\\s{0,4}[:=]\\s{0,4}`, 'y'),
  // A schema: `"name": { "type": "string", "default": "…" }`.
  new RegExp(
    `(?:${QUOTE})?\\s{0,4}:\\s{0,4}(?:\\{[^{}]{0,1500}?|\\n[^{}]{0,300}?)\\b(?:default|const|examples?|value)(?:${QUOTE})?\\s{0,4}:\\s{0,40}\\[?\\s{0,40}`,
    'y',
  ),
  // A block of YAML: `name: |` and the next line.
  /["']?\s{0,4}:[ \t]{0,4}[|>][+-]?\d?[ \t]{0,10}\r?\n\s{1,80}/y,
  // `<name>value</name>`.
  />\s{0,20}/y,
];

/** `--name value`, `password 'value'`, `ENV NAME value`, `password value` of .netrc. */
const SPACE = new RegExp(`(?:${QUOTE})?\\s{0,4},?(?:[ \\t]{1,8}\\\\?\\r?\\n)?[ \\t]{1,20}`, 'y');

const QUOTED = /(\\{0,3})("""|'''|["'`])/y;
const BARE = /[^\s"'`,;(){}[\]<>|\\]{1,4200}/y;
/** A value in an escaped text ends at the next backslash or quote. */
const ESCAPED = /[^\n"'`\\]{1,4200}/y;
const CONTENT: Readonly<Record<string, RegExp>> = {
  '"': /(?:[^"\\\n]|\\[^\n]){1,4200}(?=")/y,
  "'": /(?:[^'\\\n]|\\[^\n]){1,4200}(?=')/y,
  '`': /(?:[^`\\\n]|\\[^\n]){1,4200}(?=`)/y,
  '"""': /\s{0,80}[^\s"]{1,4200}(?=\s{0,80}""")/y,
  "'''": /\s{0,80}[^\s']{1,4200}(?=\s{0,80}''')/y,
};

interface Value {
  readonly start: number;
  readonly end: number;
  readonly isQuoted: boolean;
}

function at(pattern: RegExp, text: string, position: number): string | undefined {
  pattern.lastIndex = position;
  return pattern.exec(text)?.[0];
}

/** Finds the value that starts at a position. */
function valueAt(text: string, position: number, isInUrl: boolean): Value | undefined {
  const open = at(QUOTED, text, position);
  if (open === undefined) {
    const bare = at(BARE, text, position);
    if (bare === undefined) return undefined;
    const trimmed = bare.replace(isInUrl ? /[&#].*$|[.:]+$/s : /[.:]+$/, '');
    return { start: position, end: position + trimmed.length, isQuoted: false };
  }
  const start = position + open.length;
  const content = at(open.startsWith('\\') ? ESCAPED : (CONTENT[open] ?? ESCAPED), text, start);
  if (content === undefined) return undefined;
  const spaces = content.length - content.trimStart().length;
  return { start: start + spaces, end: start + content.trimEnd().length, isQuoted: true };
}

/** A name in the text, and what it says. */
interface Name {
  readonly start: number;
  readonly end: number;
  readonly path: string;
}

const isNameCharacter = (code: number): boolean =>
  (code >= 48 && code <= 57) ||
  (code >= 65 && code <= 90) ||
  (code >= 97 && code <= 122) ||
  code === 95 ||
  code === 45;

/** Finds all of the name that a part of it is in; its path has also what is before a dot. */
function nameAround(text: string, from: number, to: number): Name {
  let start = from;
  while (start > 0 && from - start < REACH && isNameCharacter(text.charCodeAt(start - 1))) start -= 1;
  let end = to;
  while (end < text.length && end - to < REACH && isNameCharacter(text.charCodeAt(end))) end += 1;
  let path = start;
  while (path > 0 && start - path < REACH && /[\w.-]/.test(text[path - 1] ?? '')) path -= 1;
  return { start, end, path: text.slice(path, end) };
}

/** Finds the values of names such as `password` and `NCBI_API_KEY` that are no placeholders. */
export function namedKeys(text: string): KeyHit[] {
  if (!SIGN.test(text)) return [];
  const hits: KeyHit[] = [];
  let done = 0;
  for (const { 0: core, index } of text.matchAll(NAME_CORE)) {
    if (index < done) continue;
    const name = nameAround(text, index, index + core.length);
    done = name.end;
    const hit = keyOf(text, name);
    if (hit !== undefined) hits.push(hit);
  }
  return hits;
}

function keyOf(text: string, name: Name): KeyHit | undefined {
  const own = text.slice(name.start, name.end).replace(/^-+/, '');
  const kind = nameKind(own);
  if (kind === undefined) return undefined;
  // A type: `"AWS::ApiGateway::ApiKey": `. A command: `pwd`.
  const [before, after] = [text.slice(Math.max(0, name.start - 2), name.start), text[name.end]];
  if ((before === '::' && after === '"') || (before.endsWith('`') && after === '`')) return undefined;
  const isInUrl = /[?&]/.test(text[name.start - 1] ?? '');
  for (const bridge of BRIDGES) {
    const between = at(bridge, text, name.end);
    if (
      between === undefined ||
      (bridge === SETTER && !/^(?:set|use|add|with|auth|login)/i.test(own)) ||
      (bridge === CALL && !/\(\s*["']$/.test(text.slice(Math.max(0, name.start - 40), name.start)))
    )
      continue;
    // `PASS: TestX`, which a test says.
    if (own === 'PASS' && between.startsWith(':')) continue;
    // `arn:aws:secretsmanager:eu-west-1:1:secret:name`
    if (between === ':' && text[name.start - 1] === ':') continue;
    const value = valueAt(text, name.end + between.length, isInUrl);
    if (value !== undefined && isKey(text, value, own, kind))
      return { start: value.start, end: value.end, kind: kindOfNamed(kind, name.path) };
  }
  const space = at(SPACE, text, name.end);
  const value = space === undefined ? undefined : valueAt(text, name.end + space.length, false);
  if (value !== undefined && takesNextWord(text, name, value) && isKey(text, value, own, kind))
    return { start: value.start, end: value.end, kind: kindOfNamed(kind, name.path) };
  return undefined;
}

/** Tells whether the next word is the value: `--api-key value`, `ENV KEY value`, `login x password value`. */
function takesNextWord(text: string, { start, end }: Name, { isQuoted }: Value): boolean {
  if (text[start] === '-') return true;
  const before = text.slice(Math.max(0, start - 200), start);
  // A setting of Groovy.
  if (isQuoted && /^[ \t]{1,8}["']/.test(text.slice(end, end + 10)) && /(?:^|[\n;{])[ \t]*$/.test(before))
    return true;
  return /(?:^|\n)[ \t]*(?:ENV|ARG)[ \t]+$|(?:login|user)[ \t\n]+\S+[ \t\n]+$|configure set (?:[\w.-]+\.)?$|\bsetenv[ \t]+$|\bset[ \t]+-gx[ \t]+$/i.test(
    before,
  );
}

function isKey(
  text: string,
  { start, end, isQuoted }: Value,
  name: string,
  kind: 'password' | 'token',
): boolean {
  const value = text.slice(start, end);
  // A call or an element of something.
  if (!isQuoted && /^[([]/.test(text.slice(end, end + 1))) return false;
  // An option gets no variable of code.
  const isOption = /\s--?[\w-]+[ =]$/.test(text.slice(Math.max(0, start - 80), start));
  if (kind === 'token') return isToken(value, name, !isQuoted && !isOption);
  if (!isPassword(value, name)) return false;
  // Without quotes it may be code: only what no name can be, or what a shell or a file of settings has there.
  return isQuoted || isSettled(text, start, value);
}

/** Tells whether a text without quotes is a value as it is: in a shell, in YAML, in `.env`. */
function isSettled(text: string, start: number, value: string): boolean {
  if (/^[A-Za-z_]\w*\.\w/.test(value)) return false;
  const line = text.slice(Math.max(0, text.lastIndexOf('\n', start - 1) + 1), start);
  const isAlone = /^\s*(?:export\s+|-\s+|ENV\s+|ARG\s+|set(?:env)?\s+)?[\w."'-]+\s*[:=]?\s*$/i.test(line);
  return isAlone || /(?:=|:|\s--?[\w-]+[ =])$/.test(line) || /\d/.test(value);
}
