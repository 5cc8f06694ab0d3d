import assert from 'node:assert/strict';
import { namePattern } from '../../src/core/pipeline/name-pattern.ts';

describe('a pattern of names', () => {
  const PATTERNS = [
    'A',
    'A.*',
    '.*A',
    'A|B',
    'A(B|C)*D',
    '(A|.)(A|.)(B|C)',
    '(A*)*B',
    '()',
    'A()*B',
    '|A',
    '(|A)B',
    '((A|B)*|C.)*',
    'A-B:C',
    '.',
    '.*.*A.*',
    '(',
    ')',
    '*',
    'A**',
    '(*)',
    'A)',
    '|*',
  ];
  const TEXTS = ['', 'A', 'B', 'AB', 'AAB', 'ABCBD', 'AD', 'A-B:C', 'ABABC:', 'CB', 'é', 'A\nB', '\n'];

  for (const pattern of PATTERNS) {
    it(`${pattern} is one for what it is one for as a regular expression`, () => {
      let regex: RegExp | undefined;
      try {
        regex = new RegExp(`^(?:${pattern})$`);
      } catch {
        assert.equal(namePattern(pattern), undefined);
        return;
      }
      for (const text of TEXTS) assert.equal(namePattern(pattern)?.(text), regex.test(text), text);
    });
  }

  it('is not more than letters, dots, stars, bars and groups', () => {
    for (const pattern of ['A+', 'A?', '[AB]', 'A{2}', '^A', 'A$', '\\w', 'A B'])
      assert.equal(namePattern(pattern), undefined, pattern);
  });

  it('has an end of its work, whatever pattern and names', () => {
    const many = namePattern('(A|.)'.repeat(60) + '(B|C)');
    assert.equal(many?.('A'.repeat(60) + 'C'), true);
    assert.equal(many('A'.repeat(61)), false);
    const costly = namePattern('(.|.|.|.)*'.repeat(90) + 'B');
    const answers = new Set(Array.from({ length: 1_000 }, () => costly?.('A'.repeat(64))));
    assert.deepEqual(answers, new Set([false, undefined]));
    assert.equal(namePattern('A'.repeat(1_001)), undefined);
  });
});
