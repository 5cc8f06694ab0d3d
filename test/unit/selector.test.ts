import assert from 'node:assert/strict';
import { selectsProcess } from '../../src/core/references/selector.ts';

describe('a selector of a config', () => {
  const CASES: readonly (readonly [selector: string, process: string, selects: boolean])[] = [
    ['withName:ALIGN', 'ALIGN', true],
    ['withName:ALIGN', 'ALIGN_2', false],
    ['withName:ALI.*', 'ALIGN', true],
    ['withName:SORT|ALIGN', 'ALIGN', true],
    ['withName:(SORT|ALI)GN', 'ALIGN', true],
    ['withName:!SORT', 'ALIGN', true],
    ['withName:!ALI.*', 'ALIGN', false],
    ['withName:WF:ALIGN', 'ALIGN', false],
    ['withLabel:ALIGN', 'ALIGN', false],
    ['withName:(', 'ALIGN', false],
    ['withName:(A*)*B', 'A'.repeat(60), false],
    [`withName:${'.*A'.repeat(30)}B`, 'A'.repeat(60), false],
    ['withName:${x}', 'ALIGN', false],
  ];
  for (const [selector, process, selects] of CASES) {
    it(`${selector} ${selects ? 'is certain to choose' : 'may not choose'} ${process}`, () => {
      assert.equal(selectsProcess(selector, process), selects);
    });
  }
});
