import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { MAX_VALUE_BYTES, SecretValue } from '../../src/core/secrets/secret-value.ts';

describe('secret values', () => {
  const value = new SecretValue('fake-value');

  it('show nothing in any text that is made of them', () => {
    const texts = [
      String(value),
      value.toString(),
      JSON.stringify({ value }),
      inspect(value),
      inspect({ nested: [value] }, { depth: 5, showHidden: true }),
      new Error('failed', { cause: value }).toString(),
      JSON.stringify(Object.entries(value)),
    ];
    for (const text of texts) assert.ok(!text.includes('fake-value'), text);
    assert.equal(value.reveal(), 'fake-value');
  });

  it('keep every byte of UTF-8', () => {
    const bytes = Buffer.from('\ufeffgrüß ☃ 🧬\r\n\x01');
    assert.deepEqual(Buffer.from(SecretValue.fromUtf8(bytes, 'X').reveal()), bytes);
  });

  it('refuse bytes that are not UTF-8', () => {
    for (const bytes of [[0xff], [0xc3], [0xed, 0xa0, 0x80], [0xc0, 0x80]]) {
      assert.throws(() => SecretValue.fromUtf8(Uint8Array.from(bytes), 'X'), /not UTF-8/);
    }
  });

  const undeliverable: [string, string, RegExp][] = [
    ['an empty one', '', /is empty/],
    ['one with a NUL', 'a\0b', /NUL/],
    ['half of a surrogate pair', 'a\ud800', /Unicode/],
    ['one byte too many', 'x'.repeat(MAX_VALUE_BYTES + 1), /65537 bytes/],
    ['too many bytes in fewer characters', 'é'.repeat(MAX_VALUE_BYTES / 2 + 1), /65538 bytes/],
  ];
  for (const [what, text, reason] of undeliverable) {
    it(`cannot be ${what}`, () => {
      assert.throws(() => {
        new SecretValue(text).assertDeliverable('X');
      }, reason);
    });
  }

  it('can be exactly as long as the limit', () => {
    new SecretValue('x'.repeat(MAX_VALUE_BYTES)).assertDeliverable('X');
    new SecretValue('é'.repeat(MAX_VALUE_BYTES / 2)).assertDeliverable('X');
  });
});
