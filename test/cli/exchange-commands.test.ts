import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  assertHidden,
  fillNextflowStore,
  fillWithKnown,
  KNOWN,
  knownNow,
  NEXTFLOW_VALUES,
} from '../fixtures/known-secrets.ts';
import { identityFile, nextflowStoreFile, userVaultFile, workspaceVaultFile } from '../fixtures/places.ts';
import { assertRefused, assertRefusedWithRemedy } from '../fixtures/refusal.ts';
import { CLI, type Result, Sandbox } from '../fixtures/sandbox.ts';
import { runToStep, stepsOf } from '../fixtures/steps.ts';
import { Terminal } from '../fixtures/terminal.ts';
import { until } from '../fixtures/until.ts';
import { valuesOf } from '../fixtures/vault-values.ts';

const user = (name: string): string => KNOWN.user[name]!.value;
const workspace = (name: string): string => KNOWN.workspace[name]!.value;

/** Every file below a directory with its content and its time: shows that nothing at all was written. */
function snapshot(directory: string): Record<string, string> {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).map((entry) => {
    const path = join(entry.parentPath, entry.name);
    return [path, entry.isFile() ? `${statSync(path).mtimeMs} ${readFileSync(path, 'latin1')}` : ''] as const;
  });
  return Object.fromEntries(files);
}

describe('nf-secrets import', () => {
  let sandbox: Sandbox;

  beforeEach(() => {
    sandbox = new Sandbox();
  });
  afterEach(() => {
    sandbox.remove();
  });

  const write = (name: string, content: string | Uint8Array): void => {
    writeFileSync(join(sandbox.workspace, name), content);
  };
  const userValues = async (): Promise<object> => Object.fromEntries(await valuesOf('user', sandbox));

  describe('takes', () => {
    const ENV = 'FAKE_A=hidden-a\nexport FAKE_B="hidden\\nb"\n';
    const JSON_TEXT = '{"FAKE_A": "hidden-a", "FAKE_B": "hidden\\nb"}';
    const STORE = '[{"name": "FAKE_A", "value": "hidden-a"}, {"name": "FAKE_B", "value": "hidden\\nb"}]';
    const SOURCES: readonly (readonly [file: string, content: string, ...args: string[]])[] = [
      ['.env', ENV],
      ['prod.env', ENV],
      ['.env.local', ENV],
      ['fake.json', JSON_TEXT],
      ['store.json', STORE],
      ['fake.txt', ENV, '--format', 'env'],
      ['fake.env', JSON_TEXT, '--format', 'json'],
      ['fake.json', STORE, '--format', 'nextflow'],
      ['--format', JSON_TEXT, '--format', 'json'],
    ];
    for (const [file, content, ...args] of SOURCES) {
      it(`the file ${file}${args.length > 0 ? ` with ${args.join(' ')}` : ''}`, async () => {
        write(file, content);
        const result = await sandbox.nfSecrets(['import', ...args, '--', file]);
        assert.equal(result.exitCode, 0, result.stderr);
        assert.equal(String(result.stdout), 'created  FAKE_A\ncreated  FAKE_B\n');
        assert.match(result.stderr, /Imported 2 of 2 into user/);
        assertHidden(result);
        assert.deepEqual(await userValues(), { FAKE_A: 'hidden-a', FAKE_B: 'hidden\nb' });
      });
    }

    it('stdin as -, whose format has to be said', async () => {
      assertRefusedWithRemedy(await sandbox.nfSecrets(['import', '-'], { input: ENV }), 64, '--format');
      await sandbox.ok(['import', '-', '--format', 'env', '--scope', 'workspace'], { input: ENV });
      assert.equal((await valuesOf('workspace', sandbox)).get('FAKE_B'), 'hidden\nb');
      assert.ok(!existsSync(userVaultFile(sandbox)));
    });

    const STORES: readonly [
      title: string,
      file: (sandbox: Sandbox) => string,
      env: (sandbox: Sandbox) => Record<string, string>,
    ][] = [
      ['in NXF_HOME', nextflowStoreFile, () => ({})],
      [
        'in ~/.nextflow',
        ({ home }) => join(home, '.nextflow', 'secrets', 'store.json'),
        () => ({ NXF_HOME: '' }),
      ],
      [
        'that NXF_SECRETS_FILE names',
        ({ root }) => join(root, 'fake-store'),
        ({ root }) => ({ NXF_SECRETS_FILE: join(root, 'fake-store') }),
      ],
      [
        'that NXF_SECRETS_FILE names, from NXF_HOME',
        ({ nextflowHome }) => join(nextflowHome, 'sub', 'fake-store'),
        () => ({ NXF_SECRETS_FILE: 'sub/fake-store' }),
      ],
    ];
    for (const [title, file, env] of STORES) {
      it(`nextflow: the person’s own store ${title}`, async () => {
        fillNextflowStore(file(sandbox), { FAKE_NXF: 'hidden-nextflow', FAKE_EMPTY: '' });
        // The word is the store even where a file has that name.
        write('nextflow', 'FAKE_FILE=hidden');
        const before = readFileSync(file(sandbox));
        const result = await sandbox.nfSecrets(['import', 'nextflow'], { env: env(sandbox) });
        assert.equal(result.exitCode, 0, result.stderr);
        assert.equal(String(result.stdout), 'created  FAKE_NXF\nskipped  FAKE_EMPTY (empty)\n');
        assert.deepEqual(await userValues(), { FAKE_NXF: 'hidden-nextflow' });
        assert.deepEqual(readFileSync(file(sandbox)), before);
      });
    }

    it('nextflow, where there is no store: nothing', async () => {
      const before = snapshot(sandbox.root);
      const result = await sandbox.nfSecrets(['import', 'nextflow']);
      assert.equal(result.exitCode, 0, result.stderr);
      assert.match(result.stderr, /Imported 0 of 0/);
      assert.deepEqual(snapshot(sandbox.root), before);
    });

    it('a file called nextflow by its path', async () => {
      write('nextflow', 'FAKE_FILE=hidden');
      await sandbox.ok(['import', './nextflow', '--format', 'env']);
      assert.deepEqual(await userValues(), { FAKE_FILE: 'hidden' });
    });

    it('what is empty as nothing', async () => {
      write('.env', 'FAKE_A=\nFAKE_B=hidden\nFAKE_C=""\n');
      assert.equal(
        String(await sandbox.ok(['import', '.env'])),
        'created  FAKE_B\nskipped  FAKE_A (empty)\nskipped  FAKE_C (empty)\n',
      );
      assert.deepEqual(await userValues(), { FAKE_B: 'hidden' });
    });
  });

  describe('takes all or nothing:', () => {
    const REFUSED: readonly (readonly [
      title: string,
      content: string | Buffer,
      exitCode: number,
      ...says: (string | RegExp)[],
    ])[] = [
      ['a line that is none', 'FAKE_A=hidden\nhidden\n', 65, 'fake.env: line 2'],
      ['a quote left open', 'FAKE_A=hidden\nFAKE_B="hidden\n', 65, 'FAKE_B in line 2'],
      ['a name twice', 'FAKE_A=hidden\nFAKE_B=x\nFAKE_A=hidden\n', 65, 'FAKE_A', 'line 3'],
      ['an odd name', 'FAKE_A=hidden\nFAKE-B=hidden\n', 65, 'FAKE-B', 'line 2'],
      [
        'a name that sops leaves in clear',
        'FAKE_A=hidden\nFAKE_unencrypted=hidden\n',
        65,
        'FAKE_unencrypted',
      ],
      ['a NUL', 'FAKE_A=x\nFAKE_B=hidden\0\n', 65, 'FAKE_B', 'NUL'],
      ['a value too long', `FAKE_A=x\nFAKE_B=hidden${'x'.repeat(65_536)}\n`, 65, 'FAKE_B', '65536'],
      ['what is not UTF-8', Buffer.from('FAKE_A=hidden\nFAKE_B=\xff\n', 'latin1'), 65, 'UTF-8'],
      [
        'another value of one that is there',
        'FAKE_NEW=hidden\nFAKE_USER=hidden-2\n',
        64,
        'FAKE_USER',
        '--overwrite',
        '--skip-existing',
      ],
    ];
    for (const [title, content, exitCode, ...says] of REFUSED) {
      it(`${title}: ${exitCode}, no byte is changed`, async () => {
        await fillWithKnown(sandbox);
        write('fake.env', content);
        const before = snapshot(sandbox.root);
        const result = await sandbox.nfSecrets(['import', 'fake.env']);
        assertRefused(result, exitCode, ...says);
        assertHidden(result);
        assert.deepEqual(snapshot(sandbox.root), before);
      });
    }

    it('a damaged file makes neither a vault nor an identity', async () => {
      write('fake.env', 'FAKE_A=hidden\nhidden\n');
      const before = snapshot(sandbox.root);
      assertRefused(await sandbox.nfSecrets(['import', 'fake.env', '--scope', 'workspace']), 65);
      assert.deepEqual(snapshot(sandbox.root), before);
    });

    const SOURCES: readonly (readonly [
      title: string,
      args: readonly string[],
      exitCode: number,
      ...says: (string | RegExp)[],
    ])[] = [
      ['a file that is not there', ['gone.env'], 64, 'gone.env', 'does not exist'],
      ['a directory', ['.', '--format', 'env'], 65, 'not a regular file'],
      ['a name without a format', ['fake.txt'], 64, 'fake.txt', '--format env'],
      ['an unknown format', ['fake.txt', '--format', 'jso'], 64, 'Did you mean json?'],
      [
        'both ways for what is there',
        ['fake.txt', '--overwrite', '--skip-existing'],
        64,
        '--overwrite',
        '--skip-existing',
      ],
      [
        'a scope that is only read',
        ['fake.txt', '--format', 'env', '--scope', 'nextflow'],
        64,
        'Allowed: user, workspace',
      ],
      ['no file', [], 64, 'file'],
      ['two files', ['fake.txt', 'fake.txt', '--format', 'env'], 64, /argument/],
      ['a damaged store', ['nextflow'], 65, 'Nextflow store'],
      ['a value for an argument', ['fake.txt', '--format', 'env', 'FAKE_A=x'], 64, /argument/],
    ];
    for (const [title, args, exitCode, ...says] of SOURCES) {
      it(`${title}: ${exitCode}`, async () => {
        write('fake.txt', 'FAKE_A=hidden\n');
        fillNextflowStore(nextflowStoreFile(sandbox), {});
        writeFileSync(nextflowStoreFile(sandbox), '[{"name": "FAKE_A", "value": "hidden"');
        const before = snapshot(sandbox.root);
        const result = await sandbox.nfSecrets(['import', ...args]);
        assertRefused(result, exitCode, ...says);
        assertHidden(result);
        assert.deepEqual(snapshot(sandbox.root), before);
      });
    }
  });

  describe('into a vault that has some of the names', () => {
    const NEW = `FAKE_NEW=hidden-new\nFAKE_USER=hidden-2\nFAKE_BOTH=${user('FAKE_BOTH')}\n`;

    beforeEach(async () => {
      await fillWithKnown(sandbox);
      write('.env', NEW);
    });

    it('changes them with --overwrite; their dates of creation and descriptions stay', async () => {
      const result = await sandbox.nfSecrets(['import', '.env', '--overwrite']);
      assert.equal(String(result.stdout), 'created  FAKE_NEW\nchanged  FAKE_USER\n', result.stderr);
      assert.match(result.stderr, /Imported 2 of 3 into user; 1 had that value already/);
      assertHidden(result);
      assert.deepEqual(await knownNow(sandbox), {
        user: {
          ...KNOWN.user,
          FAKE_NEW: { value: 'hidden-new', description: null, created: 'now' },
          FAKE_USER: { ...KNOWN.user['FAKE_USER'], value: 'hidden-2' },
        },
        workspace: KNOWN.workspace,
      });
    });

    it('leaves them with --skip-existing', async () => {
      const result = await sandbox.nfSecrets(['import', '.env', '--skip-existing']);
      assert.equal(
        String(result.stdout),
        'created  FAKE_NEW\nskipped  FAKE_USER (set already)\n',
        result.stderr,
      );
      assert.deepEqual(await knownNow(sandbox), {
        user: { ...KNOWN.user, FAKE_NEW: { value: 'hidden-new', description: null, created: 'now' } },
        workspace: KNOWN.workspace,
      });
    });

    it('says with --dry-run what it would do, and writes nothing anywhere', async () => {
      const before = snapshot(sandbox.root);
      const dry = await sandbox.nfSecrets(['import', '.env', '--overwrite', '--dry-run']);
      assert.equal(String(dry.stdout), 'created  FAKE_NEW\nchanged  FAKE_USER\n', dry.stderr);
      assert.match(dry.stderr, /Would import 2 of 3/);
      assertHidden(dry);
      const json = await sandbox.ok(['import', '.env', '--overwrite', '--dry-run', '--json']);
      assert.deepEqual(JSON.parse(String(json)), {
        created: ['FAKE_NEW'],
        changed: ['FAKE_USER'],
        kept: [],
        same: ['FAKE_BOTH'],
        empty: [],
      });
      assertRefused(await sandbox.nfSecrets(['import', '.env', '--dry-run']), 64, 'FAKE_USER', '--overwrite');
      assert.deepEqual(snapshot(sandbox.root), before);
    });

    it('does not touch the file if all are there with that value', async () => {
      write('.env', `FAKE_BOTH=${user('FAKE_BOTH')}\nFAKE_USER=${user('FAKE_USER')}\n`);
      const before = snapshot(sandbox.root);
      const result = await sandbox.nfSecrets(['import', '.env']);
      assert.equal(result.exitCode, 0, result.stderr);
      assert.match(result.stderr, /Imported 0 of 2 into user; 2 had that value already/);
      assert.deepEqual(snapshot(sandbox.root), before);
    });

    it('does not replace what somebody sets meanwhile, without --overwrite', async () => {
      write('.env', 'FAKE_NEW=hidden-new\n');
      const args = ['import', '.env'];
      const steps = await stepsOf(args, async () => {
        const other = new Sandbox();
        await fillWithKnown(other);
        writeFileSync(join(other.workspace, '.env'), 'FAKE_NEW=hidden-new\n');
        return other;
      });
      const lock = steps.findIndex((step) => step.includes('user.sops.json.lock'));
      assert.ok(lock >= 0, steps.join('\n'));
      const set = `printf hidden-theirs | '${process.execPath}' '${CLI}' set FAKE_NEW`;
      const result = await runToStep(args, sandbox, lock + 1, { action: 'run', command: set });
      assert.equal((await valuesOf('user', sandbox)).get('FAKE_NEW'), 'hidden-theirs', result.stderr);
    });
  });

  it('--dry-run makes nothing at all where nothing is yet', async () => {
    write('.env', 'FAKE_NEW=hidden-new\n');
    const before = snapshot(sandbox.root);
    for (const scope of ['user', 'workspace']) {
      assert.equal(
        String(await sandbox.ok(['import', '.env', '--dry-run', '--scope', scope])),
        'created  FAKE_NEW\n',
      );
    }
    assert.deepEqual(snapshot(sandbox.root), before);
  });
});

describe('nf-secrets export', () => {
  let sandbox: Sandbox;

  // None of these changes anything.
  before(async () => {
    sandbox = new Sandbox();
    await fillWithKnown(sandbox);
  });
  after(() => {
    sandbox.remove();
  });

  const WINNING = {
    FAKE_BOTH: user('FAKE_BOTH'),
    FAKE_NXF: NEXTFLOW_VALUES.FAKE_NXF,
    FAKE_OTHER: user('FAKE_OTHER'),
    FAKE_USER: user('FAKE_USER'),
    FAKE_WS: workspace('FAKE_WS'),
  };
  const DONE: readonly (readonly [args: string, stdout: string])[] = [
    [
      '',
      'FAKE_BOTH=hidden-user-both\nFAKE_NXF=hidden-nextflow\nFAKE_OTHER="hidden \\"other\\"\\n\\$HOME"\n' +
        'FAKE_USER=hidden-user\nFAKE_WS=hidden-workspace\n',
    ],
    ['--format json', `${JSON.stringify(WINNING, undefined, 2)}\n`],
    ['--scope workspace', 'FAKE_BOTH=hidden-workspace-both\nFAKE_WS=hidden-workspace\n'],
    [
      '--scope workspace --format json',
      '{\n  "FAKE_BOTH": "hidden-workspace-both",\n  "FAKE_WS": "hidden-workspace"\n}\n',
    ],
    ['--names', 'FAKE_BOTH\nFAKE_NXF\nFAKE_OTHER\nFAKE_USER\nFAKE_WS\n'],
    ['--names --scope user', 'FAKE_BOTH\nFAKE_OTHER\nFAKE_USER\n'],
    ['--names --scope workspace', 'FAKE_BOTH\nFAKE_WS\n'],
    ['--reveal --scope workspace', 'FAKE_BOTH=hidden-workspace-both\nFAKE_WS=hidden-workspace\n'],
  ];
  for (const [args, stdout] of DONE) {
    it(`export ${args}`, async () => {
      const result = await sandbox.nfSecrets(['export', ...args.split(' ').filter(Boolean)]);
      assert.equal(result.exitCode, 0, result.stderr);
      assert.equal(String(result.stdout), stdout);
      assert.equal(result.stderr, '');
    });
  }

  const REFUSED: readonly (readonly [args: string, says: string])[] = [
    ['--format jsn', 'Did you mean json?'],
    ['--format nextflow', 'Allowed: env, json'],
    ['--scope wrkspace', 'Did you mean workspace?'],
    ['--scope nextflow', 'Allowed: user, workspace'],
    ['--name', 'Did you mean --names?'],
    ['FAKE_USER', 'argument'],
  ];
  for (const [args, says] of REFUSED) {
    it(`export ${args}: 64`, async () => {
      assertRefused(await sandbox.nfSecrets(['export', ...args.split(' ')]), 64, says);
    });
  }

  it('of nothing is nothing, and can be imported', async () => {
    const empty = new Sandbox();
    try {
      for (const [format, stdout] of [
        ['env', ''],
        ['json', '{}\n'],
      ]) {
        const args = ['--format', format!];
        assert.equal(String(await empty.ok(['export', ...args])), stdout);
        await empty.ok(['import', '-', ...args], { input: stdout! });
      }
      assert.equal(String(await empty.ok(['export', '--names'])), '');
      assert.ok(!existsSync(identityFile(empty)), 'nor is an identity made for it');
    } finally {
      empty.remove();
    }
  });

  describe('on a terminal', () => {
    const CASES: readonly (readonly [args: string, exitCode: number, shows: RegExp, hidden: boolean])[] = [
      ['', 64, /--reveal[^]*--names/, true],
      ['--format json', 64, /--reveal[^]*--names/, true],
      ['--scope workspace', 64, /--reveal[^]*--names/, true],
      ['--scope workspace --reveal', 0, /FAKE_WS=hidden-workspace\r\n/, false],
      ['--names', 0, /^FAKE_BOTH\r\nFAKE_NXF\r\n/, true],
    ];
    for (const [args, exitCode, shows, hidden] of CASES) {
      it(`export ${args}: ${exitCode === 0 ? 'is shown' : 'is refused, with what to do instead'}`, async () => {
        // A terminal keeps its end in its sandbox, so each needs its own.
        const own = new Sandbox();
        try {
          await fillWithKnown(own);
          const words = [process.execPath, CLI, 'export', ...args.split(' ').filter(Boolean)];
          const terminal = Terminal.open(own, words);
          assert.equal(await terminal.ended(), exitCode, terminal.screen);
          // The screen may come behind the exit code.
          await until('it says so', () => shows.test(terminal.screen));
          if (hidden) assertHidden({ stdout: Buffer.alloc(0), stderr: terminal.screen });
        } finally {
          own.remove();
        }
      });
    }
  });

  describe('of a vault that does not open', () => {
    let closed: Sandbox;

    beforeEach(async () => {
      closed = new Sandbox();
      await fillWithKnown(closed);
    });
    afterEach(() => {
      closed.remove();
    });
    const exported = async (...args: string[]): Promise<Result> => closed.nfSecrets(['export', ...args]);

    it('--names needs no identity: it decrypts nothing', async () => {
      rmSync(identityFile(closed));
      const { exitCode, stdout, stderr } = await exported('--names');
      assert.equal(exitCode, 0, stderr);
      assert.equal(String(stdout), 'FAKE_BOTH\nFAKE_NXF\nFAKE_OTHER\nFAKE_USER\nFAKE_WS\n');
      assertRefused(await exported(), 77, closed.root);
      assertRefused(await exported('--scope', 'workspace'), 77, workspaceVaultFile(closed));
    });

    it('gives nothing rather than a part; the other vault can be named', async () => {
      writeFileSync(
        workspaceVaultFile(closed),
        readFileSync(workspaceVaultFile(closed), 'utf8').replace('shared', 'shaken'),
      );
      assertRefused(await exported(), 65, workspaceVaultFile(closed));
      assertRefused(await exported('--format', 'json', '--scope', 'workspace'), 65);
      const { exitCode, stdout } = await exported('--scope', 'user');
      assert.equal(exitCode, 0);
      assert.match(String(stdout), /^FAKE_BOTH=hidden-user-both$/m);
    });
  });

  it('goes into import, from one scope and person to another', async () => {
    const other = new Sandbox();
    try {
      mkdirSync(join(other.workspace, 'sub'));
      for (const format of ['env', 'json']) {
        const exported = await sandbox.ok(['export', '--scope', 'user', '--format', format]);
        const args = ['import', '-', '--format', format, '--scope', 'workspace', '--overwrite'];
        const result = await other.nfSecrets(args, { input: exported });
        assert.equal(result.exitCode, 0, result.stderr);
        assertHidden(result);
        assert.deepEqual(await valuesOf('workspace', other), await valuesOf('user', sandbox));
        rmSync(join(other.workspace, '.nf-secrets'), { recursive: true });
      }
    } finally {
      other.remove();
    }
  });
});

describe('nf-secrets export --json', () => {
  let sandbox: Sandbox;
  beforeEach(() => {
    sandbox = new Sandbox();
  });
  afterEach(() => {
    sandbox.remove();
  });

  it('carries descriptions and days of expiry into an import', async () => {
    const set = async (name: string, value: string, ...options: string[]): Promise<unknown> =>
      sandbox.ok(['set', name, ...options], { input: value });
    await set('FAKE_A', 'hidden-a', '--description', 'a key', '--expires', '2031-02-28');
    await set('FAKE_B', 'hidden\nb');
    const exported = String(await sandbox.ok(['export', '--json']));
    assert.deepEqual(JSON.parse(exported), [
      { name: 'FAKE_A', scope: 'user', value: 'hidden-a', description: 'a key', expires: '2031-02-28' },
      { name: 'FAKE_B', scope: 'user', value: 'hidden\nb', description: null, expires: null },
    ]);
    await sandbox.ok(['import', '-', '--format', 'json', '--scope', 'workspace'], { input: exported });
    const listed = JSON.parse(String(await sandbox.ok(['list', '--json']))) as Record<string, unknown>[];
    assert.deepEqual(
      listed.map(({ name, scope, description, expires }) => [name, scope, description, expires]),
      [
        ['FAKE_A', 'user', 'a key', '2031-02-28'],
        ['FAKE_A', 'workspace', 'a key', '2031-02-28'],
        ['FAKE_B', 'user', null, null],
        ['FAKE_B', 'workspace', null, null],
      ],
    );
    // A value that is there already stays as it is, with all beside it.
    await set('FAKE_B', 'hidden-new', '--scope', 'workspace', '--description', 'kept');
    const given = JSON.stringify([{ name: 'FAKE_B', value: 'hidden-other', expires: '2032-01-01' }]);
    await sandbox.ok(['import', '-', '--format', 'json', '--scope', 'workspace', '--overwrite'], {
      input: given,
    });
    const after = JSON.parse(String(await sandbox.ok(['list', '--json']))) as Record<string, unknown>[];
    const changed = after.find(({ name, scope }) => name === 'FAKE_B' && scope === 'workspace');
    assert.deepEqual([changed?.['description'], changed?.['expires']], ['kept', '2032-01-01']);
  });

  it('is one format: it goes with no other', async () => {
    for (const other of [['--format', 'env'], ['--names']]) {
      const result = await sandbox.nfSecrets(['export', '--json', ...other]);
      assert.equal(result.exitCode, 64);
    }
  });
});
