import { odditiesOf, type Oddity } from '../core/secrets/odd-value.ts';
import { shellWord } from '../core/system/printable.ts';
import type { SecretValue } from '../core/secrets/secret-value.ts';

/** Source of a value, which decides the remedies. */
export interface ValueSource {
  readonly kind: 'stdin' | 'prompt' | 'import' | 'file' | 'variable';
  /** The file or the variable, as the person named it. */
  readonly named?: string;
  /** True if the person has asked to keep the final newline. */
  readonly keepsNewline?: boolean;
  /** The command that sets the value again. */
  readonly again?: string;
}

/** Most lines that are shown for one import. */
const MAX_LINES = 10;

/** Describes the parts of a value that are probably not meant, each with a remedy. Never shows the value. */
export function oddityLines(name: string, value: SecretValue, source: ValueSource): string[] {
  return odditiesOf(value)
    .filter((oddity) => oddity !== 'final-newline' || source.keepsNewline !== true)
    .map((oddity) => `The value of ${name} ${WHAT[oddity]}.${remedy(oddity, source)}`);
}

/** Does the same as {@link oddityLines}, for many values at once. */
export function importOddityLines(
  given: ReadonlyMap<string, { readonly value: SecretValue }>,
  names: readonly string[],
): string[] {
  const lines = names.flatMap((name) => {
    const value = given.get(name)?.value;
    return value === undefined ? [] : oddityLines(name, value, { kind: 'import' });
  });
  const more = lines.length - MAX_LINES;
  return more > 0 ? [...lines.slice(0, MAX_LINES), `(and ${more} more of this kind)`] : lines;
}

const WHAT: Readonly<Record<Oddity, string>> = {
  'final-newline': 'ends with a newline, which is stored and sent with it',
  'no-final-newline': 'is a private key without the newline at its end: OpenSSH refuses such a key',
  'escaped-newlines': 'is a key whose lines are parted by a backslash and an n, not by newlines',
  'carriage-returns': 'has line ends of Windows (CRLF)',
  'byte-order-mark': 'starts with a byte order mark, an invisible character',
  'outer-spaces': 'starts or ends with a space, a tab or an invisible character',
};

function remedy(oddity: Oddity, { kind, named = '', again = '' }: ValueSource): string {
  // A pipe of the shell's, such as <(command), is read only once.
  const file = kind === 'file' && !/^\/(dev|proc)\//.test(named) ? shellWord(named) : undefined;
  const variable = kind === 'variable' && /^\w+$/.test(named) ? named : undefined;
  const otherwise = kind === 'import' ? '' : ' If that is not meant, set it again.';
  switch (oddity) {
    case 'final-newline':
      if (file !== undefined) return ` To store it without: ${again} < ${file}`;
      return variable === undefined ? otherwise : ` To store it without: printenv ${variable} | ${again}`;
    case 'no-final-newline':
      if (kind === 'stdin') return ` One is dropped from stdin; to keep it: ${again} --keep-newline`;
      if (kind === 'prompt') return ` Take it from a file: ${again} --from-file FILE`;
      return variable === undefined ? '' : ` To add it: printenv ${variable} | ${again} --keep-newline`;
    case 'carriage-returns':
      if (file !== undefined) return ` To store it without: tr -d '\\r' < ${file} | ${again} --keep-newline`;
      return otherwise;
    case 'byte-order-mark':
      return file === undefined
        ? otherwise
        : ` To store it without: tail -c +4 ${file} | ${again} --keep-newline`;
    case 'escaped-newlines':
    case 'outer-spaces':
      return otherwise;
  }
}
