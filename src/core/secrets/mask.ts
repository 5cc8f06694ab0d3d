import type { SecretValue } from './secret-value.ts';

/** What stands in the place of a value. */
export const MASK = '***';

/**
 * A text of another program in which no value can be read any more: each value, each line of it, and each of its usual
 * spellings is replaced. Short values make holes in ordinary words, which is the better fault.
 *
 * @param values - of the whole lease, whatever the text should have to do with them.
 */
export function masked(text: string, values: Iterable<SecretValue>): string {
  const forms = new Set<string>();
  for (const value of values) for (const form of formsOf(value.reveal())) forms.add(form);
  // The longest first: a value may be a part of another one.
  const ordered = [...forms].sort((a, b) => b.length - a.length);
  return ordered.reduce((rest, form) => rest.replaceAll(form, MASK), text);
}

/** How a value may be spelled in what a program prints. */
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
