import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { NewDays } from '../../src/extension/state/new-days.ts';

describe('new days', () => {
  beforeEach(() => {
    mock.timers.enable({ apis: ['setTimeout', 'Date'], now: new Date('2026-11-29T23:59:00Z') });
  });
  afterEach(() => {
    mock.timers.reset();
  });

  it('are told of once each, in UTC, until nobody listens any more', () => {
    const told: string[] = [];
    const days = new NewDays(
      () => new Date(),
      () => told.push(new Date().toISOString()),
    );
    mock.timers.tick(59_000);
    assert.deepEqual(told, []);
    mock.timers.tick(2_000);
    assert.equal(told.length, 1);
    mock.timers.tick(86_400_000);
    assert.equal(told.length, 2);
    days.dispose();
    mock.timers.tick(86_400_000);
    assert.equal(told.length, 2);
  });

  it('come when the clock has them, not when the timer is early', () => {
    let now = new Date('2026-11-29T23:59:59.990Z');
    let told = 0;
    const days = new NewDays(
      () => now,
      () => told++,
    );
    mock.timers.tick(11);
    assert.equal(told, 0);
    now = new Date('2026-11-30T00:00:00.001Z');
    mock.timers.tick(11);
    assert.equal(told, 1);
    days.dispose();
  });
});
