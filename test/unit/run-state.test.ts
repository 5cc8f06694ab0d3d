import assert from 'node:assert/strict';
import type { LedgerEntry } from '../../src/core/targets/lease-entry.ts';
import type { Unreadable } from '../../src/core/runs/ledger.ts';
import { runState } from '../../src/core/runs/run-state.ts';
import { fakeWorld } from '../fixtures/world.ts';
import { ownProcess } from '../../src/core/system/process-identity.ts';

describe('why it is not known whether a run is over', () => {
  const world = fakeWorld({ env: { PATH: '/nowhere' } });
  const gone = { ...ownProcess(process.platform), pid: 2 ** 22 - 1, startTime: '1' };
  const entry = (more: Partial<LedgerEntry>): LedgerEntry =>
    ({
      runId: 'abcdefghijkl',
      launcher: gone,
      child: null,
      slurmJob: null,
      slurm: null,
      items: [],
      ...more,
    }) as LedgerEntry;

  const cases: [string, LedgerEntry | Unreadable][] = [
    ['schedulerSilent', entry({ slurm: { conf: null } })],
    ['jobsUnasked', entry({ submits: 'nextflow' })],
    ['storeMoved', entry({ moved: 'its store was moved' })],
    ['newerEntry', { problem: 'newer' }],
    ['unreadableEntry', { problem: 'damaged' }],
  ] as [string, LedgerEntry | Unreadable][];
  for (const [why, recorded] of cases) {
    it(`has a code of its own: ${why}`, async () => {
      const found = await runState('abcdefghijkl', recorded, world);
      assert.deepEqual([found.state, found.why], ['unknown', why]);
    });
  }

  it('is nothing of a run that is over', async () => {
    const found = await runState('abcdefghijkl', entry({}), world);
    assert.deepEqual([found.state, found.why], ['over', undefined]);
  });
});
