import assert from 'node:assert/strict';
import type { Scope } from '../../../src/core/secrets/scope.ts';
import { secretItem } from '../../../src/extension/secrets/secret-item.ts';
import type { References } from '../../../src/extension/code/uses.ts';
import { joinSecrets } from '../../../src/extension/state/join.ts';
import type { FolderWorkspace, Root } from '../../../src/extension/state/secret-nodes.ts';
import type { FolderStores, KnownSecret } from '../../../src/extension/state/store-states.ts';
import { NO_INFO } from '../../../src/core/secrets/secret-store.ts';

type Stores = Pick<FolderStores, 'of' | 'rows' | 'problems'>;

const folder = (title: string): FolderWorkspace => ({
  folder: `file:///somewhere/${title}`,
  title,
  directory: `/somewhere/${title}`,
});
const A = folder('alpha');
const B = folder('beta');

const row = (
  name: string,
  scope: Scope,
  overrides: Scope | null,
  overriddenBy: Scope | null,
): KnownSecret => ({
  ...{ name, scope, overrides, overriddenBy },
  ...NO_INFO,
  lastUsed: null,
});

const NO_CODE: References = { usesIn: () => new Map(), isComplete: () => false };

/** Labels and descriptions, those of secrets indented. */
function shown(roots: readonly Root[]): string[] {
  const text = (node: Parameters<typeof secretItem>[0]): string => {
    const { label, description } = secretItem(node);
    const words = typeof description === 'string' ? description : '';
    return `${typeof label === 'string' ? label : ''} ${words}`.trimEnd();
  };
  return roots.flatMap((root) => [
    text(root),
    ...(root.kind === 'missingRoot' ? root.missing : root.secrets).map((node) => `  ${text(node)}`),
  ]);
}

/** The picture from plain data, for windows that the others do not have. */
export function describeRoots(): void {
  describe('the roots of the tree', () => {
    const cases: [string, Stores[], References, string[]][] = [
      ['nothing at all', [{ of: A, rows: [], problems: {} }], NO_CODE, []],
      [
        'a window without a folder',
        [{ of: undefined, rows: [row('MY_KEY', 'user', null, null)], problems: {} }],
        NO_CODE,
        ['User', '  MY_KEY'],
      ],
      [
        'two folders: what overrides in one of them, and what is overridden there',
        [
          {
            of: A,
            rows: [row('KEY', 'user', 'workspace', null), row('KEY', 'workspace', null, 'user')],
            problems: {},
          },
          {
            of: B,
            rows: [row('KEY', 'user', null, null), row('OTHER', 'workspace', null, null)],
            problems: {},
          },
        ],
        NO_CODE,
        [
          'User',
          '  KEY overrides workspace alpha',
          'Workspace alpha',
          '  KEY overridden by user',
          'Workspace beta',
          '  OTHER',
        ],
      ],
      [
        "Nextflow's own store",
        [
          {
            of: A,
            rows: [row('KEY', 'workspace', 'nextflow', null), row('KEY', 'nextflow', null, 'workspace')],
            problems: {},
          },
        ],
        NO_CODE,
        [
          'User no secrets',
          'Workspace alpha',
          '  KEY overrides nextflow store',
          'Nextflow store',
          '  KEY overridden by workspace · read-only',
        ],
      ],
      [
        'a vault that cannot be read: then nothing is called missing',
        [{ of: A, rows: [], problems: { workspace: 'It is damaged.' } }],
        {
          usesIn: () =>
            new Map([
              [
                'KEY',
                [
                  {
                    ...{
                      name: 'KEY',
                      uri: 'file:///somewhere/alpha/main.nf',
                      line: 1,
                      column: 1,
                      endColumn: 4,
                    },
                    ...{ kind: 'directive' as const, optional: false, guards: [], process: 'A' },
                    ignored: false,
                  },
                ],
              ],
            ]),
          isComplete: () => true,
        },
        ['User no secrets', 'Workspace alpha · cannot be read'],
      ],
    ];
    for (const [what, stores, references, expected] of cases) {
      it(`show ${what}`, () => {
        const folders = stores.map((one) => ({ ...one, vaults: {}, keys: new Map() }));
        assert.deepEqual(shown(joinSecrets(folders, references).roots), expected);
      });
    }
  });
}
