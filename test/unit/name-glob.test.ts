import assert from 'node:assert/strict';
import fc from 'fast-check';
import { nameGlob } from '../../src/core/secrets/name-glob.ts';

describe('a pattern of names', () => {
  it('matches whole names, as a shell does', () => {
    const cases: [string, string, boolean][] = [
      ['NCBI_*', 'NCBI_KEY', true],
      ['NCBI_*', 'NCBI_', true],
      ['NCBI_*', 'MY_NCBI_KEY', false],
      ['*KEY', 'KEY_KEY', true],
      ['K?Y', 'KEY', true],
      ['K?Y', 'KY', false],
      ['*', '', true],
      ['', '', true],
      ['', 'A', false],
      ['A.C', 'ABC', false],
      ['key', 'KEY', false],
    ];
    for (const [pattern, name, expected] of cases)
      assert.equal(nameGlob(pattern)(name), expected, `${pattern} ${name}`);
  });

  it('is what the same regular expression matches', () => {
    const texts = fc.string({ unit: fc.constantFrom('A', 'B', '*', '?'), maxLength: 8 });
    const names = fc.string({ unit: fc.constantFrom('A', 'B'), maxLength: 8 });
    fc.assert(
      fc.property(texts, names, (pattern, name) => {
        const expression = new RegExp(`^${pattern.replaceAll('*', '.*').replaceAll('?', '.')}$`);
        assert.equal(nameGlob(pattern)(name), expression.test(name));
      }),
    );
  });

  it('ends on a pattern that tries the patience of others', () => {
    assert.equal(nameGlob(`${'*A'.repeat(200)}B`)('A'.repeat(2000)), false);
  });
});
