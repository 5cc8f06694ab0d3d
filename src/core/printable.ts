// C0 and C1 controls and DEL (terminal escapes start with them), line and paragraph separators, and the
// bidirectional controls that make text read differently from what it is.
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/g;

/** Text from files, made safe to show on a terminal or in a view: control characters are stripped. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, '');
}
