import assert from 'node:assert/strict';
import { anyChooses, type Choice, chooses } from '../../src/core/pipeline/selector.ts';

describe('a selector of a config', () => {
  const LABELS = ['big', 'gpu-2'];
  // Somewhere a process is included `as TRIM`.
  const ALIASES = new Set(['TRIM']);
  const CASES: readonly (readonly [selector: string, name: string, choice: Choice])[] = [
    ['withName:ALIGN', 'ALIGN', 'yes'],
    ['withName:ALIGN', 'ALIGN_2', 'no'],
    ['withName:TRIM', 'ALIGN', 'unknown'],
    ['withName:SORT|TRIM', 'ALIGN', 'unknown'],
    ['withName:ALI.*', 'ALIGN', 'yes'],
    ['withName:ALI.*', 'SORT', 'unknown'],
    ['withName:SORT|ALIGN', 'ALIGN', 'yes'],
    ['withName:(SORT|ALI)GN', 'ALIGN', 'yes'],
    ['withName:!SORT', 'ALIGN', 'yes'],
    ['withName:!ALI.*', 'ALIGN', 'unknown'],
    ['withName:WF:ALIGN', 'ALIGN', 'unknown'],
    ['withLabel:ALIGN', 'ALIGN', 'no'],
    ['withLabel:big', 'ALIGN', 'yes'],
    ['withLabel:small|gpu-2', 'ALIGN', 'yes'],
    ['withLabel:bi.*', 'ALIGN', 'yes'],
    ['withLabel:!big', 'ALIGN', 'no'],
    ['withLabel:!small', 'ALIGN', 'yes'],
    ['withName:(', 'ALIGN', 'unknown'],
    ['withName:(A*)*B', 'A'.repeat(60), 'unknown'],
    [`withName:${'.*A'.repeat(30)}B`, 'A'.repeat(60), 'unknown'],
    ['withName:${x}', 'ALIGN', 'unknown'],
  ];
  for (const [selector, name, choice] of CASES) {
    it(`${selector} and ${name}: ${choice}`, () => {
      assert.equal(chooses(selector, ALIASES)({ name, labels: LABELS, hasOtherLabels: false }), choice);
    });
  }

  it('of a label that a process may have besides is unknown', () => {
    const process = { name: 'ALIGN', labels: LABELS, hasOtherLabels: true };
    assert.equal(chooses('withLabel:big', ALIASES)(process), 'yes');
    assert.equal(chooses('withLabel:small', ALIASES)(process), 'unknown');
    assert.equal(chooses('withLabel:!small', ALIASES)(process), 'unknown');
  });

  it('says of several what they say one by one', () => {
    for (const [one] of CASES) {
      for (const [other, name] of CASES) {
        const process = { name, labels: LABELS, hasOtherLabels: false };
        const choices = [one, other].map((selector) => chooses(selector, ALIASES)(process));
        const expected = choices.includes('yes') ? 'yes' : choices.includes('unknown') ? 'unknown' : 'no';
        assert.equal(anyChooses([one, other], ALIASES)(process), expected, `${one}, ${other}: ${name}`);
      }
    }
    assert.equal(anyChooses([], ALIASES)({ name: 'A', labels: [], hasOtherLabels: true }), 'no');
  });

  it('costs the same for a process however many there are', () => {
    const reads = (count: number, selector: (index: number) => string): number => {
      let read = 0;
      const process = {
        get name() {
          read += 1;
          return 'ALIGN';
        },
        labels: LABELS,
        hasOtherLabels: false,
      };
      anyChooses(
        Array.from({ length: count }, (_, index) => selector(index)),
        ALIASES,
      )(process);
      return read;
    };
    for (const selector of [
      (index: number) => `withName:P${index}`,
      (index: number) => `withName:P${index}.*`,
    ])
      assert.equal(reads(20_000, selector), reads(1_000, selector));
  });
});
