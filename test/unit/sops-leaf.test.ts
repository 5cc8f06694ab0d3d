import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { JsonNumber } from '../../src/core/system/json-tree.ts';
import {
  additionalData,
  clearLeafBytes,
  decryptLeaf,
  encryptLeaf,
  isEncryptedLeaf,
  leafText,
  textLeaf,
} from '../../src/core/vault/sops-leaf.ts';

const key = randomBytes(32);
const context = additionalData(['secrets', 'X']);

describe('sops leaves', () => {
  it('come back as they were encrypted', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), (text) => {
        const leaf = encryptLeaf(textLeaf(text), key, context);
        assert.ok(isEncryptedLeaf(leaf));
        const decrypted = decryptLeaf(leaf, key, context);
        assert.equal(decrypted && leafText(decrypted), text.toWellFormed());
      }),
    );
  });

  it('differ each time, so that equal values do not show', () => {
    assert.notEqual(encryptLeaf(textLeaf('fake'), key, context), encryptLeaf(textLeaf('fake'), key, context));
  });

  it('open neither elsewhere nor with another key, nor after any change', () => {
    const leaf = encryptLeaf(textLeaf('fake-value'), key, context);
    assert.equal(decryptLeaf(leaf, key, additionalData(['secrets', 'Y'])), undefined);
    assert.equal(decryptLeaf(leaf, randomBytes(32), context), undefined);
    fc.assert(
      fc.property(
        fc.nat(leaf.length - 1),
        fc.constantFrom('A', 'B', 'a', 'b', '0', '1', '/', '=', ',', ':', ']'),
        (at, character) => {
          const changed = leaf.slice(0, at) + character + leaf.slice(at + 1);
          const decrypted = decryptLeaf(changed, key, context);
          // Base64 has spare bits at its end, and the type is not part of what sops authenticates.
          assert.ok(decrypted === undefined || decrypted.bytes.toString() === 'fake-value');
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it('with a shortened tag are none', () => {
    const short = encryptLeaf(textLeaf('fake'), key, context).replace(
      /tag:[^,]+/,
      `tag:${randomBytes(4).toString('base64')}`,
    );
    assert.equal(isEncryptedLeaf(short), false);
    assert.equal(decryptLeaf(short, key, context), undefined);
  });

  // Go's strconv.FormatFloat(n, 'f', -1, 64), which sops puts into its MAC.
  const numbers: [string, string][] = [
    ['1', '1'],
    ['1.50', '1.5'],
    ['-0', '-0'],
    ['0.1', '0.1'],
    ['1e21', '1000000000000000000000'],
    ['1.5e300', `15${'0'.repeat(299)}`],
    ['1e23', `1${'0'.repeat(23)}`],
    ['1e-7', '0.0000001'],
    ['-1.25e-9', '-0.00000000125'],
    ['123456789012345678', '123456789012345680'],
    ['5e-324', `0.${'0'.repeat(323)}5`],
  ];
  for (const [written, expected] of numbers) {
    it(`count the number ${written} as Go writes it`, () => {
      assert.equal(clearLeafBytes(new JsonNumber(written))?.toString(), expected);
    });
  }

  it('count booleans as Python wrote them, and null not at all', () => {
    assert.equal(clearLeafBytes(true)?.toString(), 'True');
    assert.equal(clearLeafBytes(false)?.toString(), 'False');
    assert.equal(clearLeafBytes(null), undefined);
  });

  it('give booleans back as a person writes them', () => {
    assert.equal(leafText({ type: 'bool', bytes: Buffer.from('True') }), 'true');
  });
});
