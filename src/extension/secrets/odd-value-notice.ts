import { l10n, window } from 'vscode';
import { odditiesOf, type Oddity } from '../../core/secrets/odd-value.ts';
import type { SecretValue } from '../../core/secrets/secret-value.ts';

/** Warns about parts of a value that are probably not meant; the value is stored as given. Waits for no answer. */
export function noticeOddValue(name: string, value: SecretValue): void {
  const odd = odditiesOf(value).map((oddity) => inWords(oddity, name));
  if (odd.length > 0) void window.showWarningMessage(odd.join(' '));
}

function inWords(oddity: Oddity, name: string): string {
  switch (oddity) {
    case 'final-newline':
      return l10n.t('The value of {0} ends with a newline, which is stored and sent with it.', name);
    case 'no-final-newline':
      return l10n.t(
        'The value of {0} is a private key without the newline at its end: OpenSSH refuses such a key.',
        name,
      );
    case 'escaped-newlines':
      return l10n.t(
        'The value of {0} is a key with a backslash and an n between its lines, instead of newlines.',
        name,
      );
    case 'carriage-returns':
      return l10n.t('The value of {0} has line ends of Windows (CRLF).', name);
    case 'byte-order-mark':
      return l10n.t('The value of {0} starts with a byte order mark, an invisible character.', name);
    case 'outer-spaces':
      return l10n.t('The value of {0} starts or ends with a space, a tab or an invisible character.', name);
  }
}
