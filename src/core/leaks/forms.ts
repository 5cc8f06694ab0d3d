import type { Form, FormKind, Needle } from './form.ts';
import { base64Needles } from './base64-forms.ts';

// The forms in which programs write a value down. A needle that is the same in two forms belongs to the first of them.

/** A value with fewer bytes is not looked for: it would be found by chance. */
export const SHORTEST_VALUE = 8;
/** Least number of different characters of a value that is looked for. */
export const FEWEST_CHARACTERS = 5;
/** Shortest line of a value that is looked for on its own. In bytes. */
const SHORTEST_LINE = 12;
/** Most lines of a value that are looked for on their own. */
const MOST_LINES = 500;

/** Tells whether a text is found by its meaning and not by chance. */
export const isTelling = (text: string, shortest = SHORTEST_VALUE): boolean =>
  Buffer.byteLength(text) >= shortest && new Set(text).size >= FEWEST_CHARACTERS;

type Writer = readonly [kind: FormKind, write: (value: string) => string];

const WRITERS: readonly Writer[] = [
  ['raw', (value) => value],
  ['JSON', (value) => JSON.stringify(value).slice(1, -1)],
  ['JSON', (value) => JSON.stringify(value).slice(1, -1).replaceAll('/', '\\/')],
  // Groovy and Python write ASCII alone.
  ['JSON', (value) => asciiJson(value)],
  ['JSON', (value) => asciiJson(value).replaceAll('/', '\\/')],
  // Nextflow's report, by the library of Apache for JavaScript.
  ['JSON', (value) => asciiJson(value, 'upper').replace(/['/]/g, '\\$&')],
  // Go and Gson keep HTML apart.
  ['JSON', (value) => unicode(JSON.stringify(value).slice(1, -1), /[<>&]/g)],
  ['JSON', (value) => unicode(JSON.stringify(value).slice(1, -1), /[<>&='\u2028\u2029]/g)],
  ['HTML', (value) => html(value, { '"': '&quot;', "'": '&#39;' })],
  ['HTML', (value) => html(value, { '"': '&quot;', "'": '&#x27;' })],
  ['HTML', (value) => html(value, { '"': '&quot;' })],
  ['HTML', (value) => html(value, {})],
  ['URL', (value) => encodeURIComponent(value.toWellFormed())],
  ['URL', (value) => encodeURIComponent(value.toWellFormed()).replaceAll('%20', '+')],
  ['URL', (value) => new URLSearchParams([['', value.toWellFormed()]]).toString().slice(1)],
  // Also what `set -x` of a shell prints.
  ['shell', (value) => value.replaceAll("'", "'\\''")],
  ['shell', (value) => value.replaceAll("'", `'"'"'`)],
  ['shell', (value) => value.replace(/[\\"$`]/g, '\\$&')],
  // Nextflow's own file for tasks.
  ['shell', (value) => value.replaceAll('$', '\\$')],
  ['shell', (value) => value.replace(/[\\']/g, '\\$&')],
  // As our private store has it, see nextflow/delivery.ts, with one layer and with both.
  ['octal', (value) => octal(value, (byte) => isAlphanumeric(byte))],
  ['octal', (value) => octal(value, (byte) => isAlphanumeric(byte), '\\134')],
  ['octal', (value) => octal(value, (byte) => byte > 0x1f && byte < 0x7f && byte !== 0x27 && byte !== 0x5c)],
  ['octal', (value) => octal(value, () => false)],
  ['hex', (value) => Buffer.from(value).toString('hex')],
  ['hex', (value) => Buffer.from(value).toString('hex').toUpperCase()],
];

/** Makes the needles of a value that {@link isTelling}. The caller clears them after use. */
export function needlesOf(value: string): Needle[] {
  const needles: Needle[] = [];
  const known = new Set<string>();
  const add = (text: string, form: Form): void => {
    if (known.has(text)) return;
    known.add(text);
    needles.push({ bytes: Buffer.from(text), form, isWrapped: false });
  };
  // Programs add and drop the end of a line after a value. Where the whole is, this is too.
  const core = isTelling(value.trim()) ? value.trim() : value;
  for (const [kind, write] of WRITERS) add(write(core), { kind });
  for (const { text, line } of telltaleLines(value)) add(text, { kind: 'line', line });
  for (const needle of base64Needles(Buffer.from(core))) {
    const text = needle.bytes.toString('latin1');
    if (known.has(text)) continue;
    known.add(text);
    needles.push(needle);
  }
  return needles;
}

/** Lines of a value of several, as far as they tell it: the frame of a key, and a public part, do not. */
function telltaleLines(value: string): { readonly text: string; readonly line: number }[] {
  const lines = value.split(/\r\n|\n|\r/);
  if (lines.filter((line) => line.trim() !== '').length < 2) return [];
  const found: { text: string; line: number }[] = [];
  let isPublic = false;
  for (const [index, untrimmed] of lines.entries()) {
    const text = untrimmed.trim();
    const frame = /^-----(BEGIN|END) ([A-Z0-9 ]+)-----$/.exec(text);
    if (frame !== null) isPublic = frame[1] === 'BEGIN' && /CERTIFICATE|PUBLIC KEY/.test(frame[2] ?? '');
    else if (!isPublic && isTelling(text, SHORTEST_LINE)) found.push({ text, line: index + 1 });
    if (found.length === MOST_LINES) break;
  }
  return found;
}

const asciiJson = (value: string, digits: 'lower' | 'upper' = 'lower'): string =>
  unicode(JSON.stringify(value).slice(1, -1), /[^\x20-\x7e]/g, digits);

const unicode = (text: string, characters: RegExp, digits: 'lower' | 'upper' = 'lower'): string =>
  text.replace(characters, (unit) => {
    const code = unit.charCodeAt(0).toString(16).padStart(4, '0');
    return `\\u${digits === 'upper' ? code.toUpperCase() : code}`;
  });

function html(value: string, quotes: Readonly<Record<string, string>>): string {
  const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', ...quotes };
  return value.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}

const octal = (value: string, isPlain: (byte: number) => boolean, before = '\\'): string =>
  Array.from(Buffer.from(value), (byte) =>
    isPlain(byte) ? String.fromCharCode(byte) : `${before}${byte.toString(8).padStart(3, '0')}`,
  ).join('');

const isAlphanumeric = (byte: number): boolean =>
  (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a);
