import assert from 'node:assert/strict';
import { groupOf, groupOfRun, type LeakGroup, withoutGone } from '../../src/extension/leaks/leak-group.ts';
import type { LeakRecord } from '../../src/core/leaks/record.ts';

const leak = (name: string, file: string): LeakRecord['leaks'][number] => ({
  ...{ name, file, line: 3, form: 'raw', count: 1 },
});
const group = (more: Partial<LeakGroup> = {}): LeakGroup => ({
  ...{ id: 'abcdefghijkl', kind: 'run', title: 'main.nf', directory: '/w', looked: '2026-01-02T03:04:05Z' },
  ...{ leaks: [leak('A', '/w/a'), leak('B', '/w/b')], isComplete: true },
  causes: [{ name: 'A', file: 'main.nf', line: 2, code: 'in-script' }],
  ...more,
});

describe('leaks of a run', () => {
  it('go with their files, and the code that wrote them with the last of them', () => {
    const left = withoutGone(group(), new Set(['/w/a']));
    assert.deepEqual(left?.leaks, [leak('B', '/w/b')]);
    assert.deepEqual(left.causes, []);
    assert.equal(withoutGone(group(), new Set(['/w/a', '/w/b'])), undefined);
  });

  it('that nobody could look for stay to be said', () => {
    const incomplete = group({ leaks: [], causes: [], isComplete: false });
    assert.deepEqual(withoutGone(incomplete, new Set()), incomplete);
    assert.equal(withoutGone(group({ leaks: [] }), new Set()), undefined);
  });

  it('are found by the id of the run, else by what was launched where and when, if that is certain', () => {
    const run = { runId: undefined, pipeline: 'main.nf', started: '2026-01-02T03:00:00Z' };
    const one = group();
    const other = group({ id: 'bbbbbbbbbbbb', directory: '/v' });
    const earlier = group({ id: 'cccccccccccc', looked: '2026-01-02T02:59:59Z' });
    const folder = group({ id: '/w', kind: 'folder' });
    const all = [one, other, earlier, folder];
    assert.equal(groupOfRun(all, { ...run, runId: 'cccccccccccc' }, undefined), earlier);
    assert.equal(groupOfRun(all, run, '/w'), one);
    assert.equal(groupOfRun(all, { ...run, pipeline: 'other.nf' }, '/w'), undefined);
    assert.equal(groupOfRun([...all, group({ id: 'dddddddddddd' })], run, '/w'), undefined);
  });

  it('take over no cause that is none, whatever a record has', () => {
    const causes = [null, 'x', { name: 'A' }, { name: 'A', file: 'main.nf', line: 0, code: 'printed' }];
    const record = { ...group(), runId: 'abcdefghijkl', pipeline: 'main.nf', complete: true, causes };
    assert.deepEqual(groupOf(record as unknown as LeakRecord).causes, []);
  });
});
