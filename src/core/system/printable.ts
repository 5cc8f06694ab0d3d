// C0 and C1 controls and DEL (terminal escapes start with them), line and paragraph separators, and the
// bidirectional controls, which make a text read differently from its real content.
const UNPRINTABLE =
  /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/g;

/** Makes text from files safe to show on a terminal or in a view: control characters are stripped. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, '');
}

/** Colours of ours: dim, red, yellow and their ends. */
const COLOUR = /\u001b\[(?:2|22|31|33|39)m/;
const LINES = new RegExp(`(${COLOUR.source}|[\\n\\t])|${UNPRINTABLE.source}`, 'g');

/** Makes our coloured lines safe for a terminal: the last net for text that was not made {@link printable} on input. */
export function printableLines(text: string): string {
  return text.replace(LINES, '$1');
}

/** Quotes a path for a command that a person may paste: one word for any shell, whatever its characters. */
export function shellWord(text: string): string {
  return `'${printable(text).replaceAll("'", "'\\''")}'`;
}

/** Those that JSON.stringify leaves as they are: it escapes what is below a space. */
const UNESCAPED = new RegExp(UNPRINTABLE.source.replace('\\u0000-\\u001f', ''), 'g');

/** Writes JSON for programs that a terminal may show too: control characters are escaped, none is lost. */
export function printableJson(value: unknown): string {
  // Between the values it puts only newlines and spaces.
  return JSON.stringify(value, undefined, 2).replace(
    UNESCAPED,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/**
 * Tells whether a terminal shows a text as it is: no control characters but tabs and ends of lines, which terminals
 * obey, and none that make it read differently.
 */
export function isPlainOnTerminal(text: string): boolean {
  return text.replace(/\r?\n|\t/g, '').search(UNPRINTABLE) < 0;
}
