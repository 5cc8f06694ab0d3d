import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { identityFile, nextflowStoreFile, SCOPES, vaultFile } from '../fixtures/places.ts';
import { type RunOptions, Sandbox } from '../fixtures/sandbox.ts';
import { sideBySide } from '../fixtures/side-by-side.ts';
import { shownTraces, tracesIn, type Values } from '../fixtures/traces.ts';
import { changeVault } from '../fixtures/vault-file.ts';
import { fillVault } from '../fixtures/vault-values.ts';

const OLD = {
  FAKE_USER: 'fakeUserQ9zX2vTb4n7Wk',
  FAKE_WS: 'fakeWorkspaceR3mY8pLd6s',
  FAKE_ODD: 'fakeFirst"Kd8`id`\nfakeSecond$Lm3\\\n',
};
/** What is being given in a case. */
const GIVEN = 'fakeGivenH6hB9qFe4uJs';

interface Case {
  readonly title: string;
  readonly args: readonly string[];
  readonly options?: RunOptions;
  /** What is wrong. */
  readonly prepare?: (sandbox: Sandbox) => void;
}

const write = (path: string, content: string | Uint8Array, mode = 0o600): void => {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  chmodSync(path, mode);
};

/** Everything that reads, writes or sends values. */
const ALL_COMMANDS: readonly Case[] = [
  { title: 'list', args: ['list'] },
  { title: 'list as JSON', args: ['list', '--json'] },
  { title: 'set', args: ['set', 'FAKE_NEW'], options: { input: GIVEN } },
  { title: 'update', args: ['set', 'FAKE_USER'], options: { input: GIVEN } },
  {
    title: 'set in the workspace',
    args: ['set', 'FAKE_NEW', '--scope', 'workspace'],
    options: { input: GIVEN },
  },
  { title: 'set from a file', args: ['set', 'FAKE_NEW', '--from-file', 'given'] },
  { title: 'set from the environment', args: ['set', 'FAKE_NEW', '--from-env', 'GIVEN'] },
  { title: 'generate', args: ['set', 'FAKE_NEW', '--generate'] },
  { title: 'delete', args: ['delete', 'FAKE_USER', '--yes'] },
  { title: 'get of another name', args: ['get', 'FAKE_USR'] },
  { title: 'exec', args: ['exec', '--', 'true'] },
  { title: 'exec of nothing', args: ['exec', '--', './nowhere'] },
  { title: 'exec of the environment', args: ['exec', '--', 'env'] },
  { title: 'launch', args: ['launch', '--nextflow', './nextflow', 'main.nf'] },
  { title: 'identity show', args: ['identity', 'show', '--json'] },
];

/** Those of them that go different ways when something is wrong. */
const COMMANDS_IN_TROUBLE = ALL_COMMANDS.filter(({ title }) =>
  ['list', 'set', 'set in the workspace', 'delete', 'get of another name', 'launch'].includes(title),
);

/** Ways to give a value wrongly. */
const WRONG_INPUT: readonly Case[] = [
  { title: 'a NUL in it', args: ['set', 'FAKE_NEW'], options: { input: `${GIVEN}\0` } },
  {
    title: 'a byte that is not UTF-8',
    args: ['set', 'FAKE_NEW'],
    options: { input: Buffer.from(`${GIVEN}\xff`, 'latin1') },
  },
  { title: 'too long', args: ['set', 'FAKE_NEW'], options: { input: GIVEN.repeat(4_000) } },
  { title: 'for a name that is none', args: ['set', 'no-name'], options: { input: GIVEN } },
  { title: 'as an argument', args: ['set', 'FAKE_NEW', GIVEN] },
  { title: 'behind an equals sign', args: ['set', `FAKE_NEW=${GIVEN}`] },
  { title: 'as an option', args: ['set', 'FAKE_NEW', `--value=${GIVEN}`] },
  {
    title: 'as a passphrase, where there is a file',
    args: ['identity', 'backup', 'given'],
    options: { input: GIVEN },
  },
  {
    title: 'as a passphrase that is too long',
    args: ['identity', 'backup', 'new'],
    options: { input: GIVEN.repeat(100) },
  },
];

/** Ways in which what a command finds may be wrong. */
const WRONG_PLACES: readonly [title: string, prepare: (sandbox: Sandbox) => void][] = [
  ...SCOPES.flatMap((scope): [string, (sandbox: Sandbox) => void][] => {
    const file = (sandbox: Sandbox): string => vaultFile(scope, sandbox);
    const name = scope === 'user' ? 'FAKE_USER' : 'FAKE_WS';
    return [
      [
        `a value in clear in the ${scope} vault`,
        (sandbox) => {
          changeVault(file(sandbox), ({ secrets }) => (secrets[name] = OLD[name]));
        },
      ],
      [
        `a value in clear in the ${scope} vault that is no JSON`,
        (sandbox) => {
          write(file(sandbox), `{"secrets": {"${name}": "${OLD[name]}" "x"}}`);
        },
      ],
      [
        `the ${scope} vault cut off`,
        (sandbox) => {
          write(file(sandbox), readFileSync(file(sandbox)).subarray(0, 300));
        },
      ],
      [
        `the ${scope} vault with another MAC`,
        (sandbox) => {
          changeVault(file(sandbox), (vault) => (vault.sops.lastmodified = '2020-01-01T00:00:00Z'));
        },
      ],
      [
        `the ${scope} vault read-only`,
        (sandbox) => {
          chmodSync(file(sandbox), 0o400);
        },
      ],
    ];
  }),
  [
    'Nextflow’s own store cut off',
    (sandbox) => {
      write(nextflowStoreFile(sandbox), `[{"name": "FAKE_OWN", "value": "${GIVEN}"`);
    },
  ],
  [
    'Nextflow’s own store of another shape',
    (sandbox) => {
      write(nextflowStoreFile(sandbox), `{"${GIVEN}": "${GIVEN}"}`);
    },
  ],
  [
    'the identity damaged',
    (sandbox) => {
      const file = identityFile(sandbox);
      write(file, readFileSync(file, 'utf8').trimEnd().slice(0, -1));
    },
  ],
  [
    'the identity readable by others',
    (sandbox) => {
      chmodSync(identityFile(sandbox), 0o644);
    },
  ],
  [
    'the identity gone',
    (sandbox) => {
      rmSync(identityFile(sandbox));
    },
  ],
];

describe('messages', () => {
  let sandbox: Sandbox;
  let values: Values;

  beforeEach(async () => {
    sandbox = new Sandbox();
    await fillVault('user', { FAKE_USER: OLD.FAKE_USER, FAKE_ODD: OLD.FAKE_ODD }, sandbox);
    await fillVault('workspace', { FAKE_WS: OLD.FAKE_WS }, sandbox);
    write(join(sandbox.workspace, 'given'), GIVEN);
    write(join(sandbox.workspace, 'main.nf'), '');
    write(join(sandbox.workspace, 'nextflow'), '#!/bin/sh\nexit 1\n', 0o755);
    sandbox.env['GIVEN'] = GIVEN;
    const key = /AGE-SECRET-KEY-1\w+/.exec(readFileSync(identityFile(sandbox), 'utf8'))?.[0] ?? '';
    values = { ...OLD, GIVEN, 'the identity': key };
  });
  afterEach(() => {
    sandbox.remove();
  });

  /** @returns how the case ended. */
  const assertSilent = async ({ title, args, options }: Case): Promise<string> => {
    const { stdout, stderr, exitCode } = await sandbox.nfSecrets(args, options);
    assert.doesNotMatch(stderr, /This is a bug/);
    // What the environment holds for --from-env, a child of exec may show.
    const given = args.includes('env') ? { ...values, GIVEN: '' } : values;
    const traces = [...tracesIn(stdout, given, 'stdout'), ...tracesIn(stderr, given, 'stderr')];
    assert.equal(shownTraces(traces), '', title);
    return `${title}: ${exitCode ?? 'killed'}`;
  };

  for (const wrong of WRONG_INPUT) {
    it(`show no value that is given with ${wrong.title}`, async () => {
      assert.match(await assertSilent(wrong), /: (64|65|73)$/);
    });
  }

  it('show no value of any command, where nothing is wrong', async () => {
    for (const one of ALL_COMMANDS) await assertSilent(one);
  });

  for (const [title, prepare] of WRONG_PLACES) {
    it(`show no value of any command, with ${title}`, async () => {
      prepare(sandbox);
      const ends = await sideBySide(COMMANDS_IN_TROUBLE, assertSilent);
      // Each damage really is one, for something.
      assert.ok(
        ends.some((end) => /: (65|73|77)$/.test(end)),
        ends.join('\n'),
      );
    });
  }
});
