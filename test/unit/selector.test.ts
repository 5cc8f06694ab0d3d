import assert from 'node:assert/strict';
import { type Choice, chooses } from '../../src/core/references/selector.ts';

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
});
