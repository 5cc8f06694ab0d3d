import assert from 'node:assert/strict';
import { odditiesOf, type Oddity } from '../../src/core/secrets/odd-value.ts';
import { SecretValue } from '../../src/core/secrets/secret-value.ts';

const KEY = '-----BEGIN OPENSSH PRIVATE KEY-----\nZmFrZQ==\n-----END OPENSSH PRIVATE KEY-----';

describe('what is odd about a value', () => {
  const CASES: readonly (readonly [title: string, text: string, odd: Oddity[]])[] = [
    ['a token', 'fake-token', []],
    ['spaces within', 'fake pass phrase', []],
    ['one character', 'x', []],
    ['a token with a newline', 'fake\n', ['final-newline']],
    ['a token with two', 'fake\n\n', ['final-newline']],
    ['a token with a line end of Windows', 'fake\r\n', ['final-newline']],
    ['a newline alone', '\n', ['final-newline']],
    ['several lines and a newline, as files have', 'fake: 1\nother: 2\n', []],
    ['several lines without', 'fake: 1\nother: 2', []],
    ['a private key', `${KEY}\n`, []],
    ['a private key without its newline', KEY, ['no-final-newline']],
    ['a PEM key without', KEY.replaceAll('OPENSSH', 'RSA'), ['no-final-newline']],
    ['a PKCS 8 key without', KEY.replaceAll('OPENSSH ', ''), ['no-final-newline']],
    ['a certificate without', '-----BEGIN CERTIFICATE-----\nZmFrZQ==\n-----END CERTIFICATE-----', []],
    ['a private key with escapes', KEY.replaceAll('\n', '\\n'), ['escaped-newlines']],
    ['a JSON key file', `{"private_key": ${JSON.stringify(KEY)}}`, []],
    ['line ends of Windows', `${KEY}\n`.replaceAll('\n', '\r\n'), ['carriage-returns']],
    ['a byte order mark', '\ufefffake', ['byte-order-mark']],
    ['a space before', ' fake', ['outer-spaces']],
    ['a space behind', 'fake ', ['outer-spaces']],
    ['a tab behind, and a newline', 'fake\t\n', ['final-newline', 'outer-spaces']],
    ['a no-break space behind', 'fake\u00a0', ['outer-spaces']],
    ['a zero-width space before', '\u200bfake', ['outer-spaces']],
    ['lines that begin with a newline', '\nfake\nfake\n', []],
  ];
  for (const [title, text, odd] of CASES) {
    it(title, () => {
      assert.deepEqual(odditiesOf(new SecretValue(text)), odd);
    });
  }

  it('is found in linear time', () => {
    for (const text of ['\n'.repeat(65_535), ' '.repeat(65_535), '\r\n'.repeat(32_000)]) {
      odditiesOf(new SecretValue(`${text}x`));
      odditiesOf(new SecretValue(`x${text}`));
    }
  });
});
