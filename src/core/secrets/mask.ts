import type { SecretValue } from './secret-value.ts';

/** The text that replaces a value. */
export const MASK = '***';

/**
 * Hides values in a text of another program: each value, each line of it, and each of its usual spellings is replaced.
 * Short values make holes in ordinary words, which is the better fault.
 *
 * @param values - all values of the lease, also those that the text should not have.
 */
export function masked(text: string, values: Iterable<SecretValue>): string {
  const forms = new Set<string>();
  for (const value of values) for (const form of formsOf(value.reveal())) forms.add(form);
  // The longest first: a value may be a part of another one.
  const ordered = [...forms].sort((a, b) => b.length - a.length);
  return ordered.reduce((rest, form) => rest.replaceAll(form, MASK), text);
}

/** Spellings of a value in the output of a program. */
function formsOf(value: string): string[] {
  const lines = value.split(/[\r\n]+/).map((line) => line.trim());
  return [value, value.trim(), ...lines]
    .filter((form) => form !== '')
    .flatMap((form) => [
      form,
      JSON.stringify(form).slice(1, -1),
      // As Groovy and the shell write it between single quotes.
      form.replace(/[\\']/g, '\\$&'),
      form.replaceAll("'", "'\\''"),
      form.replaceAll('$', '\\$'),
      encodeURIComponent(form.toWellFormed()),
      Buffer.from(form).toString('base64').replace(/=+$/, ''),
      Buffer.from(form).toString('hex'),
    ]);
}
