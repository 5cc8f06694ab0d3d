import assert from 'node:assert/strict';
import { NO_INFO } from '../../src/core/secrets/secret-store.ts';
import {
  arrange,
  AS_USUAL,
  countOf,
  SHOWS,
  type Show,
  type Sort,
} from '../../src/extension/state/arrange.ts';
import type { Root, SecretEntry } from '../../src/extension/state/secret-nodes.ts';

const entry = (name: string, more: Partial<SecretEntry> = {}): SecretEntry => ({
  ...{ kind: 'secret', name, scope: 'workspace', workspace: undefined, info: NO_INFO },
  ...{ overrides: [], overriddenBy: undefined, lastUsed: '2026-01-01T00:00:00Z', uses: [], unused: false },
  ...more,
});
const updated = (at: string): SecretEntry['info'] => ({ ...NO_INFO, updated: at });

const vault = (
  scope: 'user' | 'workspace',
  secrets: readonly SecretEntry[],
  problem?: string,
): Extract<Root, { kind: 'vault' }> => ({
  ...{ kind: 'vault', scope, workspace: undefined, secrets, problem, repair: undefined },
  ...{ cannotWrite: undefined, members: undefined, isStranger: false },
});

const ROOTS: readonly Root[] = [
  { kind: 'missingRoot', missing: [{ kind: 'missing', name: 'GONE', uses: [], optional: false }] },
  vault('user', [entry('MINE', { scope: 'user', lastUsed: null })]),
  vault('workspace', [
    entry('KEY_9', { info: updated('2026-03-01T00:00:00Z') }),
    entry('KEY_10', { unused: true, info: updated('2026-05-01T00:00:00Z') }),
    entry('LOST', { info: { ...updated('2026-04-01T00:00:00Z'), exposed: ['bob/laptop'] } }),
    entry('OLD', { overriddenBy: 'user', end: { day: '2026-01-01', left: -2 } }),
    entry('LATE', { end: { day: '2026-01-08', left: 5 } }),
    entry('OVER', { end: { day: '2026-01-02', left: -1 } }),
  ]),
];

const namesIn = (roots: readonly Root[]): string[][] =>
  roots.map((root) => (root.kind === 'missingRoot' ? root.missing : root.secrets).map(({ name }) => name));

describe('what the view of secrets shows, and in which order', () => {
  const shown: Readonly<Record<Show, string[][]>> = {
    all: [['GONE'], ['MINE'], ['KEY_9', 'KEY_10', 'LOST', 'OLD', 'LATE', 'OVER']],
    missing: [['GONE']],
    unused: [['KEY_10']],
    overridden: [['OLD']],
    exposed: [['LOST']],
    expiring: [['OLD', 'LATE', 'OVER']],
    unread: [['MINE']],
  };
  for (const show of SHOWS) {
    it(`shows ${show}, without roots that have none, and counts them`, () => {
      assert.deepEqual(namesIn(arrange(ROOTS, { ...AS_USUAL, show })), shown[show]);
      assert.equal(countOf(ROOTS, show), shown[show].flat().length);
    });
  }

  it('keeps a root that could not be read: what it has is not known', () => {
    const roots = [vault('user', []), vault('workspace', [], 'damaged')];
    assert.deepEqual(arrange(roots, { show: 'unused', sort: 'name' }), [roots[1]]);
    assert.deepEqual(arrange(roots, AS_USUAL), roots);
  });

  const orders: Readonly<Record<Sort, string[]>> = {
    name: ['KEY_9', 'KEY_10', 'LOST', 'OLD', 'LATE', 'OVER'],
    state: ['LOST', 'OVER', 'LATE', 'OLD', 'KEY_10', 'KEY_9'],
    changed: ['KEY_10', 'LOST', 'KEY_9', 'LATE', 'OLD', 'OVER'],
  };
  for (const sort of ['name', 'state', 'changed'] as const) {
    it(`sorts by ${sort}, and leaves what it was given`, () => {
      const before = structuredClone(ROOTS);
      assert.deepEqual(namesIn(arrange(ROOTS, { ...AS_USUAL, sort }))[2], orders[sort]);
      assert.deepEqual(ROOTS, before);
    });
  }
});
