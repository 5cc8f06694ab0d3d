import assert from 'node:assert/strict';
import { NO_INFO } from '../../src/core/secrets/secret-store.ts';
import type { FolderWorkspace } from '../../src/extension/state/secret-nodes.ts';
import { certainNames, folderSecrets } from '../../src/extension/state/secret-states.ts';
import type { FolderStores } from '../../src/extension/state/store-states.ts';
import { rowContext } from '../../src/extension/state/row-context.ts';
import { joinSecrets } from '../../src/extension/state/join.ts';
import type { Use } from '../../src/extension/code/uses.ts';

const OF: FolderWorkspace = { folder: 'file:///lab', title: 'lab', directory: '/lab' };

const stores = (more: Partial<FolderStores> = {}): FolderStores => ({
  of: OF,
  rows: [
    { ...NO_INFO, name: 'HERE', scope: 'workspace', overrides: null, overriddenBy: null, lastUsed: null },
  ],
  problems: {},
  vaults: {},
  keys: new Map(),
  service: { title: 'a service', asOf: undefined, notes: [], hasPast: true, isAsked: false },
  absent: ['GONE'],
  ...more,
});

const use = (name: string): Use =>
  ({
    uri: 'file:///lab/main.nf',
    line: 1,
    column: 1,
    name,
    kind: 'directive',
    guards: [],
    optional: false,
    ignored: false,
  }) as unknown as Use;

const references = {
  usesIn: () => new Map(['HERE', 'GONE', 'LATE'].map((name) => [name, [use(name)]])),
  isComplete: () => true,
};

describe('a workspace in a service', () => {
  it('calls a name missing only if the service was asked for it: its lists may be late', () => {
    const { stateOf } = folderSecrets(stores());
    assert.deepEqual(
      ['HERE', 'GONE', 'LATE'].map((name) => stateOf(name).kind),
      ['set', 'missing', 'asked'],
    );
    const names = certainNames(folderSecrets(stores()));
    assert.deepEqual(
      ['HERE', 'GONE', 'LATE'].map((name) => names?.has(name)),
      [true, false, true],
    );
    // What is offered for a misspelled name is what is set.
    assert.deepEqual([...(names ?? [])], ['HERE']);
    const missing = joinSecrets([stores()], references).roots.find(({ kind }) => kind === 'missingRoot');
    assert.deepEqual(missing?.kind === 'missingRoot' && missing.missing.map(({ name }) => name), ['GONE']);
  });

  it('calls nothing missing while it does not answer, and keeps the names that it had', () => {
    const silent = stores({ problems: { workspace: 'no answer' } });
    const { stateOf } = folderSecrets(silent);
    assert.deepEqual(
      ['HERE', 'GONE', 'LATE'].map((name) => stateOf(name).kind),
      ['set', 'unknown', 'unknown'],
    );
    assert.equal(certainNames(folderSecrets(silent)), undefined);
    const { roots } = joinSecrets([silent], references);
    assert.ok(roots.every(({ kind }) => kind !== 'missingRoot'));
    const root = roots.find((one) => one.kind === 'vault' && one.scope === 'workspace');
    assert.deepEqual(root?.kind === 'vault' && root.secrets.map(({ name }) => name), ['HERE']);
  });

  it('tells menus what can be done with it, and that its secrets have a past', () => {
    const contexts = (more: Partial<FolderStores>): string[] => {
      const { roots } = joinSecrets([stores(more)], references);
      const root = roots.find((one) => one.kind === 'vault' && one.scope === 'workspace');
      return root?.kind === 'vault' ? [root, ...root.secrets].map(rowContext) : [];
    };
    assert.deepEqual(contexts({}), ['root.remote', 'secret.workspace.kept.used']);
    const problems = { workspace: 'why' };
    assert.deepEqual(contexts({ problems, rows: [], repairs: { workspace: { kind: 'accept' } } }), [
      'root.remote.accept',
    ]);
    const reach = { kind: 'reach', isRefused: true } as const;
    assert.equal(contexts({ problems, repairs: { workspace: reach } })[0], 'root.remote.reach');
  });
});
