import { SecretValue } from '../secrets/secret-value.ts';

/**
 * Form of a value on its way from the run's private store into a task's environment.
 *
 * Nextflow writes `export NAME="VALUE"` for each secret into one file. It escapes no more than `$` (and before
 * 24.04.2 not even that). Each task sources those lines of the file that match `grep -w 'NAME=.*'`. So a `"` is
 * lost, a backtick runs a command in every task, a newline breaks the task or adds a line, and a value with
 * ` OTHER=` in it reaches the tasks that ask for OTHER.
 */
export type Delivery = 'plain' | 'encoded';

/** The text to store for one secret. */
export interface Delivered {
  readonly delivery: Delivery;
  readonly stored: SecretValue;
}

/** Printable ASCII without `"`, `$`, `` ` `` and `\`, which bash reads even inside double quotes. */
const HARMLESS = /^[ !#%-[\]-_a-~]*$/;

/** Names before a `=` at the start of a word, as `grep -w` sees words. Takes linear time. */
const ASSIGNED_NAME = /(?<![A-Za-z0-9_])([A-Za-z_][A-Za-z0-9_]*)=/g;

/**
 * Tells whether a value would not reach a task unchanged, or would reach tasks that ask for another secret.
 *
 * @param names - all names of the lease.
 */
export function isHazardous(name: string, value: SecretValue, names: ReadonlySet<string>): boolean {
  return !HARMLESS.test(value.reveal()) || assignedName(name, value, names) !== undefined;
}

/** Finds the first of the other names that a value has as `NAME=`: tasks that ask for that name get the value. */
export function assignedName(
  name: string,
  value: SecretValue,
  names: ReadonlySet<string>,
): string | undefined {
  for (const [, assigned = ''] of value.reveal().matchAll(ASSIGNED_NAME)) {
    if (assigned !== name && names.has(assigned)) return assigned;
  }
  return undefined;
}

/** Makes the text to store so that the `secret` directive gives a task exactly `value`. */
export function deliver(name: string, value: SecretValue, names: ReadonlySet<string>): Delivered {
  return isHazardous(name, value, names)
    ? { delivery: 'encoded', stored: new SecretValue(encode(name, value.reveal())) }
    : { delivery: 'plain', stored: value };
}

/**
 * Makes a text that, between the quotes of Nextflow's `export NAME="…"`, makes bash (3.2 and later) set NAME to
 * exactly `value`.
 *
 * It has three layers:
 * - `"; eval "…"; : "` closes Nextflow's quote and opens it again. So the line stays one line of valid shell, and
 *   grep still finds its start `export NAME="`.
 * - `` `printf '…'` `` writes the command to evaluate. It is inside backticks because `$(…)` would have a `$`,
 *   which some versions of Nextflow escape. All but letters and digits are octal in it, so no shell, no printf and
 *   no grep finds a quote, backslash pair, percent sign, `=` or end of line in it.
 * - `export NAME=$'…'` is that command. Its own quotes are octal too, byte by byte, for control characters and
 *   bytes that are not ASCII; so the locale does not matter.
 *
 * Letters and digits are one character in the result, every other byte of the value is seven.
 */
function encode(name: string, value: string): string {
  let command = `export ${name}=$'`;
  for (const byte of Buffer.from(value, 'utf8')) {
    command += isAlphanumeric(byte) ? String.fromCharCode(byte) : octal(byte);
  }
  command += "'";
  let payload = '';
  for (const byte of Buffer.from(command, 'latin1')) {
    payload += isAlphanumeric(byte) ? String.fromCharCode(byte) : octal(byte);
  }
  return `"; eval "\`printf '${payload}'\`"; : "`;
}

/** Tells whether {@link deliver} made a stored text of a hazardous value. */
export function isEncoded(stored: SecretValue): boolean {
  return /^"; eval "`printf '[0-9A-Za-z\\]*'`"; : "$/.test(stored.reveal());
}

/** Undoes {@link deliver}: gives the value that a stored text stands for. */
export function delivered(stored: SecretValue): SecretValue {
  if (!isEncoded(stored)) return stored;
  const payload = /printf '([^']*)'/.exec(stored.reveal())?.[1] ?? '';
  const command = fromOctal(payload);
  return new SecretValue(fromOctal(command.slice(command.indexOf('=') + 3, -1), 'utf8'));
}

const fromOctal = (text: string, encoding: 'latin1' | 'utf8' = 'latin1'): string =>
  Buffer.from(
    text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 8))),
    'latin1',
  ).toString(encoding);

const octal = (byte: number): string => `\\${byte.toString(8).padStart(3, '0')}`;

const isAlphanumeric = (byte: number): boolean =>
  (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a);
