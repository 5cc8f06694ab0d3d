/**
 * Splits a command line into words, as sops splits `SOPS_AGE_KEY_CMD` (google/shlex): quotes, backslashes and comments
 * of a POSIX shell, and nothing else. No variable is expanded, no pattern is matched, no operator means anything.
 *
 * @returns undefined if a quote is not closed, or the text ends with a backslash.
 */
export function splitWords(text: string): string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let at = 0; at < text.length; at++) {
    const character = text[at] ?? '';
    if (quote !== "'" && character === '\\') {
      at += 1;
      if (at >= text.length) return undefined;
      word = (word ?? '') + (text[at] ?? '');
    } else if (quote !== '') {
      if (character === quote) quote = '';
      else word = (word ?? '') + character;
    } else if (character === '"' || character === "'") {
      quote = character;
      word ??= '';
    } else if (/[ \t\r\n]/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (character === '#' && word === undefined) {
      while (at + 1 < text.length && text[at + 1] !== '\n') at += 1;
    } else {
      word = (word ?? '') + character;
    }
  }
  if (quote !== '') return undefined;
  return word === undefined ? words : [...words, word];
}
