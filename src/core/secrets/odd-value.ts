import type { SecretValue } from './secret-value.ts';

/**
 * A property of a value that is probably a mistake. The value is stored as it was given:
 * - `final-newline`: one line, and a line end after it, which a service takes for a part of the token;
 * - `no-final-newline`: a private key without the line end that OpenSSH asks for after its last line;
 * - `escaped-newlines`: a key whose lines are parted by a backslash and an n;
 * - `carriage-returns`: line ends of Windows;
 * - `byte-order-mark`: an invisible character that editors on Windows put first;
 * - `outer-spaces`: spaces, tabs or invisible characters around it.
 */
export type Oddity =
  | 'final-newline'
  | 'no-final-newline'
  | 'escaped-newlines'
  | 'carriage-returns'
  | 'byte-order-mark'
  | 'outer-spaces';

/** Finds everything that is odd about a value. Tells nothing else about it. */
export function odditiesOf(value: SecretValue): Oddity[] {
  const text = value.reveal();
  const line = withoutLineEnds(text);
  const isOneLine = !/[\r\n]/.test(line);
  const odd: [Oddity, boolean][] = [
    ['final-newline', isOneLine && line !== text],
    ['no-final-newline', text.endsWith('PRIVATE KEY-----') && !isOneLine],
    ['escaped-newlines', isOneLine && /^-----BEGIN [A-Z0-9 ]{1,40}-----\\n/.test(text)],
    ['carriage-returns', !isOneLine && text.includes('\r')],
    ['byte-order-mark', text.startsWith('\ufeff')],
    ['outer-spaces', /^[^\S\r\n\ufeff]|^[\u200b-\u200d\u2060]/.test(text) || endsWithSpace(line)],
  ];
  return odd.flatMap(([oddity, is]) => (is ? [oddity] : []));
}

function withoutLineEnds(text: string): string {
  let end = text.length;
  while (end > 0 && '\r\n'.includes(text[end - 1] ?? ' ')) end -= 1;
  return text.slice(0, end);
}

const endsWithSpace = (line: string): boolean => /[\s\u200b-\u200d\u2060]/.test(line.slice(-1));
