import assert from 'node:assert/strict';
import {
  armor,
  Decrypter,
  Encrypter,
  generateHybridIdentity,
  generateX25519Identity,
  identityToRecipient,
} from 'age-encryption';
import fc from 'fast-check';
import { openAgeFile } from '../../src/core/vault/age-file.ts';
import { unwrapDataKey } from '../../src/core/vault/data-key.ts';
import { readKeyText } from '../../src/core/vault/key-text.ts';
import { SecretValue } from '../../src/core/secrets/secret-value.ts';
import { ageKeyFinder, ageRecipient } from '../../src/core/vault/age-key.ts';

// age-encryption is the judge: what it opens we open, to the same bytes, and nothing else.

const encrypted = async (bytes: Uint8Array, ...recipients: readonly string[]): Promise<string> => {
  const encrypter = new Encrypter();
  for (const recipient of recipients) encrypter.addRecipient(recipient);
  return armor.encode(await encrypter.encrypt(bytes));
};

async function judged(file: string, key: string): Promise<string> {
  const decrypter = new Decrypter();
  decrypter.addIdentity(key);
  try {
    return Buffer.from(await decrypter.decrypt(armor.decode(file))).toString('hex');
  } catch {
    return 'refused';
  }
}

function opened(file: string, key: string): string {
  try {
    return openAgeFile(file, [ageKeyFinder(key)]).toString('hex');
  } catch {
    return 'refused';
  }
}

describe('the reader of age files', () => {
  let keys: string[] = [];
  let recipients: string[] = [];

  before(async () => {
    keys = await Promise.all(Array.from({ length: 4 }, () => generateX25519Identity()));
    recipients = await Promise.all(keys.map(identityToRecipient));
  });

  it('knows the public half of a key', () => {
    assert.deepEqual(keys.map(ageRecipient), recipients);
  });

  it('takes the keys that age-encryption takes', async () => {
    const edited = fc
      .tuple(fc.constantFrom(...keys), fc.nat(80), fc.constantFrom('', 'Q', 'q', '1', ' ', '\n', 'é'))
      .map(([key, at, put]) => `${key.slice(0, at)}${put}${key.slice(at + 1)}`);
    const forms = fc.oneof(
      edited,
      edited.map((key) => key.toLowerCase()),
      fc.string(),
    );
    await fc.assert(
      fc.asyncProperty(forms, async (key) => {
        // A post-quantum key is left to age-encryption.
        fc.pre(!key.startsWith('AGE-SECRET-KEY-PQ-'));
        const theirs = await identityToRecipient(key).catch(() => 'refused');
        let ours = 'refused';
        try {
          ours = ageRecipient(key);
        } catch {
          // Refused.
        }
        assert.equal(ours, theirs, key);
      }),
      { numRuns: 500 },
    );
  });

  it('opens files of any length up to 64 KiB, for each of their recipients, and for nobody else', async () => {
    for (const length of [0, 1, 32, 47, 48, 49, 1000, 65_535, 65_536]) {
      const bytes = Buffer.alloc(length, 7);
      const file = await encrypted(bytes, ...recipients.slice(0, 3));
      for (const key of keys.slice(0, 3)) assert.equal(opened(file, key), bytes.toString('hex'), `${length}`);
      assert.equal(opened(file, keys[3] ?? ''), 'refused');
    }
  });

  it('is no reason to refuse a post-quantum key, which age-encryption opens', async () => {
    const key = await generateHybridIdentity();
    const recipient = await identityToRecipient(key);
    const { keys: found } = await readKeyText(Buffer.from(`${key}\n`), '');
    assert.deepEqual(
      found.map((one) => one.recipient),
      [recipient],
    );
    const enc = await encrypted(Buffer.alloc(32, 5), recipient);
    const identity = { key: new SecretValue(key), recipient, source: 'a test' };
    const opened = await unwrapDataKey([{ recipient, enc }], [identity]);
    assert.deepEqual(opened, Buffer.alloc(32, 5));
  });

  it('tries the identities in turn', async () => {
    const file = await encrypted(Buffer.from('ab', 'hex'), recipients[2] ?? '');
    assert.equal(openAgeFile(file, keys.map(ageKeyFinder)).toString('hex'), 'ab');
  });

  it('refuses more than one chunk', async () => {
    assert.equal(
      opened(await encrypted(Buffer.alloc(65_537), recipients[0] ?? ''), keys[0] ?? ''),
      'refused',
    );
  });

  it('refuses a point of low order', () => {
    const share = Buffer.alloc(32);
    assert.throws(() =>
      ageKeyFinder(keys[0] ?? '')([
        { args: ['X25519', share.toString('base64').replace(/=+$/, '')], body: Buffer.alloc(32) },
      ]),
    );
  });

  it('opens what age-encryption opens, whatever is changed in the file', async () => {
    const [key = '', other = ''] = keys;
    const files = await Promise.all([
      encrypted(Buffer.alloc(32, 1), recipients[0] ?? ''),
      encrypted(Buffer.alloc(32, 2), recipients[1] ?? '', recipients[0] ?? ''),
    ]);
    /** Of the text with its armor, or of the bytes in it, which the armor would hide. */
    const raw = files.map((file) => Buffer.from(armor.decode(file)).toString('latin1'));
    const texts = fc.constantFrom(
      ...files.map((text) => ({ text, isRaw: false })),
      ...raw.map((text) => ({ text, isRaw: true })),
    );
    const PIECES = [
      '',
      '\n',
      '\r\n',
      ' ',
      '=',
      'A',
      '-> X25519 ',
      '-> x\n\n',
      '--- ',
      '\n\n',
      '\u00ff',
      'AAAA',
    ];
    const edit = fc.record({
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      remove: fc.nat(3),
      put: fc.constantFrom(...PIECES),
    });
    await fc.assert(
      fc.asyncProperty(
        texts,
        fc.array(edit, { maxLength: 2 }),
        fc.boolean(),
        async ({ text, isRaw }, edits, windows) => {
          let changed = text;
          for (const { at, remove, put } of edits) {
            const index = Math.floor(at * (changed.length + 1));
            changed = changed.slice(0, index) + put + changed.slice(index + remove);
          }
          if (isRaw) changed = armor.encode(Buffer.from(changed, 'latin1'));
          if (windows) changed = ` \n${changed.replaceAll('\n', '\r\n')}\n`;
          for (const one of [key, other])
            assert.equal(opened(changed, one), await judged(changed, one), changed);
        },
      ),
      { numRuns: 500 },
    );
  });
});
