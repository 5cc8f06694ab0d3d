import assert from 'node:assert/strict';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { Scope } from '../../src/core/secrets/scope.ts';
import { scanSource } from '../../src/core/references/scan-source.ts';
import { sourceLanguage } from '../../src/core/pipeline/source-file.ts';
import {
  type IndexedFile,
  nameAll,
  type References,
  type Uses,
  usesOf,
} from '../../src/extension/code/uses.ts';
import { joinSecrets, namesToOffer } from '../../src/extension/state/join.ts';
import type { FolderWorkspace, Root } from '../../src/extension/state/secret-nodes.ts';
import {
  certainNames,
  folderSecrets,
  type SecretState,
  sumOf,
} from '../../src/extension/state/secret-states.ts';
import type { FolderStores, KnownSecret } from '../../src/extension/state/store-states.ts';
import { PROJECT } from '../fixtures/sandbox.ts';
import { NO_INFO } from '../../src/core/secrets/secret-store.ts';

const folder = (title: string, directory = `/w/${title}`): FolderWorkspace => ({
  folder: `file:///w/${title}`,
  title,
  directory,
});
const A = folder('alpha');
const B = folder('beta');

/** Scopes of each name, from the one that wins down. */
function stores(
  of: FolderWorkspace | undefined,
  names: Readonly<Record<string, readonly Scope[]>>,
  problems: FolderStores['problems'] = {},
): FolderStores {
  const rows = Object.entries(names).flatMap(([name, scopes]) =>
    scopes.map((scope, index): KnownSecret => ({
      ...{ name, scope, overrides: scopes[index + 1] ?? null, overriddenBy: index === 0 ? null : scopes[0]! },
      ...NO_INFO,
      lastUsed: null,
    })),
  );
  const vault = of && `${of.directory}/.nf-secrets/workspace.sops.json`;
  const keys = new Map(
    Object.keys(names).map((name, index) => [
      name,
      { offset: 0, endOffset: 0, line: index + 3, column: 2, endColumn: 9 },
    ]),
  );
  return {
    ...{ of, rows, problems, keys },
    vaults: { user: '/home/user.sops.json', ...(vault !== undefined && { workspace: vault }) },
  };
}

/** Code of folders, by the paths of its files; those of no folder below `/elsewhere`. */
function code(texts: Readonly<Record<string, string>>, isRead = true): References {
  const files = Object.entries(texts).map(([path, text]): [string, IndexedFile] => {
    const { references, dynamic, diagnostics, entryWorkflow, profiles } = scanSource(
      text,
      sourceLanguage(path),
    );
    const [, title] = /^\/w\/(\w+)\//.exec(path) ?? [];
    return [
      `file://${path}`,
      {
        folder: title === undefined ? undefined : `file:///w/${title}`,
        scan: { references, dynamic, diagnostics, entryWorkflow, profiles },
        ...{ literals: [], problem: undefined },
      },
    ];
  });
  const of = (key: string | undefined): typeof files =>
    files.filter(([, file]) => key === undefined || file.folder === key);
  return {
    usesIn: (key): Uses => usesOf(of(key)),
    isComplete: (key) => isRead && nameAll(of(key).map(([, file]) => file)),
  };
}

const NO_CODE = code({});
const using = (...names: string[]): string =>
  `process P {\n${names.map((name) => `    secret '${name}'\n`).join('')}}\n`;

/** One line for each root and entry. */
function lines(roots: readonly Root[]): string[] {
  return roots.flatMap((root) => {
    if (root.kind === 'missingRoot') {
      const missing = root.missing.map(
        ({ name, optional, uses }) => `  ${name} ${optional ? 'optional' : 'needed'} ${uses.length}`,
      );
      return ['missing', ...missing];
    }
    const title =
      root.kind === 'nextflowRoot' ? 'nextflow' : `${root.scope} ${root.workspace?.title ?? ''}`.trim();
    return [
      root.problem === undefined ? title : `${title}: ${root.problem}`,
      ...root.secrets.map(({ name, overrides, overriddenBy, unused, uses }) =>
        [
          `  ${name}`,
          ...overrides.map((over) => `over ${over.scope} ${over.folder ?? ''}`.trim()),
          ...(overriddenBy === undefined ? [] : [`under ${overriddenBy}`]),
          ...(unused ? ['unused'] : []),
          `${uses.length}`,
        ].join(' '),
      ),
    ];
  });
}

describe('stores and code, joined', () => {
  const TREES: readonly [string, readonly FolderStores[], References, readonly string[]][] = [
    ['nothing at all', [stores(A, {})], NO_CODE, []],
    ['no folder', [stores(undefined, { K: ['user'] })], NO_CODE, ['user', '  K 0']],
    [
      'what overrides, and what is overridden',
      [stores(A, { K: ['user', 'workspace', 'nextflow'] })],
      NO_CODE,
      [
        'user',
        '  K over workspace 0',
        'workspace alpha',
        '  K over nextflow under user 0',
        'nextflow',
        '  K under user 0',
      ],
    ],
    [
      'two folders: overridden in one of them only',
      [stores(A, { K: ['user', 'workspace'] }), stores(B, { K: ['user'], L: ['workspace'] })],
      NO_CODE,
      [
        'user',
        '  K over workspace alpha 0',
        'workspace alpha',
        '  K under user 0',
        'workspace beta',
        '  L 0',
      ],
    ],
    [
      'what is used, not used, missing and optional',
      [stores(A, { USED: ['workspace'], IDLE: ['workspace'], OWN: ['user'] })],
      code({ '/w/alpha/main.nf': `${using('USED', 'GONE')}workflow { x = secrets.MAYBE ?: 1 }\n` }),
      [
        'missing',
        '  GONE needed 1',
        '  MAYBE optional 1',
        'user',
        '  OWN 0',
        'workspace alpha',
        '  IDLE unused 0',
        '  USED 1',
      ],
    ],
    [
      'a name that the guard of another one needs',
      [stores(A, {})],
      code({ '/w/alpha/main.nf': "process P {\n    secret secrets.A ? 'A' : 'B'\n}\n" }),
      ['missing', '  B needed 1', '  A optional 2', 'user', 'workspace alpha'],
    ],
    [
      'code that is not all read, or computes a name: nothing is unused',
      [stores(A, { IDLE: ['workspace'] })],
      code({ '/w/alpha/main.nf': 'workflow { x = secrets[params.name] }\n' }),
      ['user', 'workspace alpha', '  IDLE 0'],
    ],
    [
      'a vault that cannot be read: nothing is missing',
      [stores(A, {}, { workspace: 'It is damaged.' }), stores(B, {})],
      code({ '/w/alpha/main.nf': using('K'), '/w/beta/main.nf': using('L') }),
      ['missing', '  L needed 1', 'user', 'workspace alpha: It is damaged.', 'workspace beta'],
    ],
    [
      'many names, as people count, and those that a launch needs before those that it does not',
      [stores(A, { KEY_10: ['user'], KEY_9: ['user'], KEY: ['user'], key_1: ['user'] })],
      code({ '/w/alpha/main.nf': `${using('Z_2', 'Z_10')}workflow { x = secrets.A ?: 1 }\n` }),
      [
        ...['missing', '  Z_2 needed 1', '  Z_10 needed 1', '  A optional 1'],
        ...['user', '  KEY 0', '  key_1 0', '  KEY_9 0', '  KEY_10 0', 'workspace alpha'],
      ],
    ],
    [
      'code of a folder with the secrets of that folder',
      [stores(A, { K: ['workspace'] }), stores(B, {})],
      code({ '/w/alpha/main.nf': using('K'), '/w/beta/main.nf': using('K'), '/elsewhere/x.nf': using('X') }),
      ['missing', '  K needed 1', 'user', 'workspace alpha', '  K 1', 'workspace beta'],
    ],
  ];
  for (const [what, folders, references, expected] of TREES) {
    it(`give the tree of ${what}`, () => {
      assert.deepEqual(lines(joinSecrets(folders, references).roots), expected);
    });
  }

  it('name what is unused in each vault, where it is; of a shared vault what no folder uses', () => {
    const inner = folder('inner', A.directory);
    const shared = { K: ['workspace'], L: ['workspace'], M: ['workspace'] } as const;
    const references = code({ '/w/alpha/main.nf': using('K'), '/w/inner/main.nf': using('L') });
    const { unused } = joinSecrets([stores(A, shared), stores(inner, shared), stores(B, {})], references);
    assert.deepEqual(
      unused.map(({ vault, names, keys }) => [vault, names, keys.get('M')?.line]),
      [
        ['/w/alpha/.nf-secrets/workspace.sops.json', ['M'], 5],
        ['/w/beta/.nf-secrets/workspace.sops.json', [], undefined],
      ],
    );
  });

  it('say once for each folder that not all secrets are known: at the first use of the nearest file', () => {
    const references = code({
      '/w/alpha/deep/main.nf': using('A'),
      '/w/alpha/lib.nf': using('B'),
      '/w/alpha/main.nf': `\n${using('D', 'C')}`,
      '/w/beta/main.nf': using('E'),
    });
    const problems = { user: 'No key opens it.', nextflow: 'Damaged.' };
    const { uncertain } = joinSecrets([stores(A, {}, problems), stores(B, {})], references);
    assert.deepEqual(
      [...uncertain].map(([uri, { use, problem }]) => [uri, use.name, problem]),
      [['file:///w/alpha/main.nf', 'D', { message: 'No key opens it.', vault: '/home/user.sops.json' }]],
    );
  });

  it('keep what depends on the stores alone while code changes', () => {
    const folders = [stores(A, { K: ['user'] }), stores(B, {})];
    const before = joinSecrets(folders, NO_CODE);
    const after = joinSecrets(folders, code({ '/w/alpha/main.nf': using('NEW') }));
    assert.notDeepEqual(lines(after.roots), lines(before.roots));
    assert.deepEqual(
      after.folders.map((one, index) => one === before.folders[index]),
      [true, true],
    );
  });

  it('are joined by code that can read no file, start nothing and ask nobody', async () => {
    const { metafile } = await build({
      entryPoints: [join(PROJECT, 'src/extension/state/join.ts')],
      ...{
        bundle: true,
        write: false,
        metafile: true,
        platform: 'node',
        format: 'esm',
        external: ['vscode'],
      },
    });
    const used = Object.values(metafile.outputs).flatMap(({ imports }) => imports.map(({ path }) => path));
    assert.deepEqual(used, []);
  });

  it('cost in proportion to the names', () => {
    const work = (count: number): number => {
      let reads = 0;
      const names = Object.fromEntries(
        Array.from({ length: count }, (_, index) => [`K${index}`, ['user', 'workspace'] as const]),
      );
      const one = stores(A, names);
      const counted = one.rows.map(
        (row) =>
          new Proxy(row, {
            get: (of, key) => {
              reads += 1;
              return Reflect.get(of, key, of) as unknown;
            },
          }),
      );
      joinSecrets([{ ...one, rows: counted }], NO_CODE);
      return reads;
    };
    assert.ok(work(400) < 2.5 * work(200));
  });
});

describe('the state of a name', () => {
  const kinds = (states: readonly SecretState[]): string[] =>
    states.map(({ name, kind }) => `${name} ${kind}`);

  it('is that of its use', () => {
    const secrets = folderSecrets(stores(A, { SET: ['user', 'workspace'] }));
    const { references } = scanSource(
      "process P {\n    secret 'SET'\n    secret 'GONE'\n    secret secrets.MAYBE ? 'MAYBE' : ''\n}\nworkflow { x = secrets.GONE ?: 1 }\n",
      'script',
    );
    const states = references.map(secrets.stateAt);
    assert.deepEqual(kinds(states), [
      'SET set',
      'GONE missing',
      'MAYBE optional',
      'MAYBE optional',
      'GONE optional',
    ]);
    assert.deepEqual(sumOf(states), { names: 3, missing: 1, optional: 1, unknown: 0, overriding: 1 });
    assert.deepEqual(kinds([secrets.stateOf('MAYBE'), secrets.stateFor('MAYBE', references.slice(2, 4))]), [
      'MAYBE missing',
      'MAYBE optional',
    ]);
  });

  it('is not known where a store could not be read, but for what another one has', () => {
    const secrets = folderSecrets(stores(A, { SET: ['workspace'] }, { nextflow: 'Damaged.' }));
    assert.deepEqual(kinds([secrets.stateOf('SET'), secrets.stateOf('GONE')]), ['SET set', 'GONE unknown']);
    // The path of a file with values in clear is not offered.
    assert.deepEqual(secrets.problem, { message: 'Damaged.', vault: undefined });
    assert.equal(certainNames(secrets), undefined);
    assert.deepEqual([...(certainNames(folderSecrets(stores(A, { SET: ['user'] }))) ?? [])], ['SET']);
    assert.equal(certainNames(undefined), undefined);
  });
});

describe('the names to offer', () => {
  it('are those that are set, then those of other code, without the one that is being typed', () => {
    const secrets = folderSecrets(stores(A, { SET: ['user'], IDLE: ['workspace'] }));
    const references = code({
      '/w/alpha/main.nf': using('SET', 'OTHER', 'HAL'),
      '/w/alpha/lib.nf': using('HALF'),
      '/w/beta/main.nf': using('NOT_OURS'),
    });
    const typed = { uri: 'file:///w/alpha/main.nf', line: 4, column: 13 };
    assert.deepEqual(namesToOffer(secrets, references, typed), {
      set: ['SET', 'IDLE'],
      others: ['HALF', 'OTHER'],
    });
  });
});
