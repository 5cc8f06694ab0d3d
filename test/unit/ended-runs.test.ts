import assert from 'node:assert/strict';
import {
  EndsSeen,
  history,
  type PastRun,
  pastRun,
  readRemembered,
  remember,
  resultOf,
} from '../../src/extension/state/ended-runs.ts';
import type { BackgroundRun } from '../../src/core/runs/background.ts';

const START = '2026-11-01T10:00:00Z';
const LATER = '2026-11-01T11:00:00Z';
const record = (changes: Partial<BackgroundRun> = {}): BackgroundRun => ({
  ...{ runId: 'abcdefghijkl', pipeline: 'main.nf', started: START, ended: null, exitCode: null },
  launcher: {} as BackgroundRun['launcher'],
  ...changes,
});
const ended = (changes: Partial<BackgroundRun> = {}): PastRun =>
  pastRun(record({ ended: LATER, exitCode: 0, ...changes }), true);

describe('the ends of runs', () => {
  it('have a result: a run that somebody has stopped is no failure', () => {
    const results: [number | undefined, boolean, string][] = [
      [0, false, 'done'],
      [0, true, 'done'],
      [1, false, 'failed'],
      [66, false, 'failed'],
      [1, true, 'stopped'],
      [130, false, 'stopped'],
      [143, false, 'stopped'],
      [137, false, 'failed'],
      [undefined, false, 'unknown'],
      [undefined, true, 'stopped'],
    ];
    for (const [exitCode, wasStopped, result] of results)
      assert.equal(resultOf(exitCode, wasStopped), result, `${exitCode} ${wasStopped}`);
    assert.equal(pastRun(record(), false).result, 'running');
    assert.equal(pastRun(record(), true).result, 'unknown');
  });

  it('are news once, and only if they ended under the eyes of the window', () => {
    const seen = new EndsSeen(new Date('2026-11-01T10:30:00Z'));
    const of = (...runs: PastRun[]): (string | undefined)[] => seen.news(runs).map(({ runId }) => runId);
    const old = ended({ runId: 'oldoldoldold', ended: '2026-11-01T10:10:00Z' });
    assert.deepEqual(of(old, pastRun(record(), false)), []);
    assert.deepEqual(of(old, ended()), ['abcdefghijkl']);
    assert.deepEqual(of(old, ended()), []);
    // It began and ended between two looks.
    assert.deepEqual(of(ended(), ended({ runId: 'shortshortsh' })), ['shortshortsh']);
    // Its launcher was killed, so that it has no end.
    const killed = record({ runId: 'killedkilled' });
    assert.deepEqual(of(pastRun(killed, false)), []);
    assert.deepEqual(of(pastRun(killed, true)), ['killedkilled']);
  });

  it('are a history, the latest first, without end or size', () => {
    const run = (started: string): PastRun => ({ ...ended(), runId: undefined, started });
    let remembered: PastRun[] = [];
    for (let hour = 10; hour < 70; hour++)
      remembered = remember(remembered, run(`2026-11-01T${hour}:00:00Z`));
    assert.equal(remembered.length, 50);
    assert.equal(remembered[0]?.started, '2026-11-01T69:00:00Z');
    const all = history([ended({ started: '2026-11-01T50:30:00Z' })], remembered);
    assert.equal(
      all.findIndex(({ runId }) => runId !== undefined),
      19,
    );
  });

  it('are read again as they were remembered, and whatever else is there is left out', () => {
    const run: PastRun = {
      ...{ runId: undefined, pipeline: 'main.nf', started: START, ended: LATER, exitCode: 1 },
      ...{ result: 'failed', pid: 12 },
    };
    assert.deepEqual(readRemembered(JSON.parse(JSON.stringify([run]))), [run]);
    for (const kept of [undefined, null, {}, 'x', [null, 1, {}, { pipeline: 1, started: START }]])
      assert.deepEqual(readRemembered(kept), []);
    const odd = readRemembered([
      { pipeline: 'a.nf', started: START, ended: 1, exitCode: '1', result: 'fine' },
    ]);
    assert.deepEqual(odd, [
      {
        ...{ runId: undefined, pipeline: 'a.nf', started: START, ended: undefined, exitCode: undefined },
        result: 'unknown',
      },
    ]);
  });
});
