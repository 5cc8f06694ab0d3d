import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  lstatSync,
  mkdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { FakeNextflow } from '../fixtures/fake-nextflow.ts';
import { identityFile, SCOPES, vaultFile } from '../fixtures/places.ts';
import { assertRefused, assertRefusedWithRemedy } from '../fixtures/refusal.ts';
import { CLI, Sandbox } from '../fixtures/sandbox.ts';
import { sideBySide } from '../fixtures/side-by-side.ts';
import { leftoversBeside } from '../fixtures/vault-file.ts';

// Where a file is expected, something else may be. Nothing may hang on it, read without end or replace it.

interface Unusual {
  readonly title: string;
  readonly make: (path: string) => void;
  readonly says: RegExp;
}

const UNUSUAL: readonly Unusual[] = [
  {
    title: 'a directory',
    make: (path) => {
      mkdirSync(path);
    },
    says: /not a regular file/,
  },
  { title: 'a named pipe', make: (path) => execFileSync('mkfifo', [path]), says: /not a regular file/ },
  {
    title: 'a device',
    make: (path) => {
      symlinkSync('/dev/zero', path);
    },
    says: /not a regular file/,
  },
  {
    title: 'more than 64 MiB',
    make: (path) => {
      writeFileSync(path, '{');
      // Sparse: it takes no room.
      truncateSync(path, (64 << 20) + 1);
    },
    says: /67108865 bytes/,
  },
];

describe('instead of a vault there is', () => {
  let sandbox: Sandbox;

  beforeEach(() => {
    sandbox = new Sandbox();
    for (const scope of SCOPES) mkdirSync(dirname(vaultFile(scope, sandbox)), { recursive: true });
  });
  afterEach(() => {
    sandbox.remove();
  });

  for (const scope of SCOPES) {
    for (const { title, make, says } of UNUSUAL) {
      // A link out of the workspace is refused as such, before what it leads to matters.
      if (scope === 'workspace' && title === 'a device') continue;
      it(`${title} (${scope})`, async () => {
        const file = vaultFile(scope, sandbox);
        make(file);
        const before = lstatSync(file);
        const commands = [
          ['list'],
          ['get', 'FAKE_A', '--scope', scope],
          ['set', 'FAKE_A', '--scope', scope],
          ['delete', 'FAKE_A', '--scope', scope, '--yes'],
          ['exec', '--', 'true'],
        ];
        await sideBySide(commands, async (args) => {
          // Where the path is a link, the message names what it leads to.
          const named = lstatSync(file).isSymbolicLink() ? readlinkSync(file) : file;
          assertRefusedWithRemedy(await sandbox.nfSecrets(args, { input: 'fake' }), 65, named, says);
        });
        const { ino, mode, size, mtimeMs } = lstatSync(file);
        assert.deepEqual([ino, mode, size, mtimeMs], [before.ino, before.mode, before.size, before.mtimeMs]);
        assert.deepEqual(leftoversBeside(file), []);
      });
    }
  }

  for (const [title, target] of [
    ['a link in a circle', 'user.sops.json'],
    ['a link to nowhere, such as a disk that is not mounted', 'nowhere/user.sops.json'],
  ] as const) {
    it(`${title}: said, and nothing is made in its place`, async () => {
      const file = vaultFile('user', sandbox);
      symlinkSync(join(dirname(file), target), file);
      for (const args of [['list'], ['get', 'FAKE_A'], ['set', 'FAKE_A'], ['exec', '--', 'true']]) {
        assertRefusedWithRemedy(await sandbox.nfSecrets(args, { input: 'fake' }), 74, file, 'leads nowhere');
      }
      assert.ok(lstatSync(file).isSymbolicLink());
      assert.deepEqual(leftoversBeside(file), []);
    });
  }
});

describe('instead of a directory there is', () => {
  let sandbox: Sandbox;

  beforeEach(() => {
    sandbox = new Sandbox();
  });
  afterEach(() => {
    sandbox.remove();
  });

  it('a file, where the tool’s home should be', async () => {
    writeFileSync(sandbox.toolHome, '');
    const result = await sandbox.nfSecrets(['set', 'FAKE_A'], { input: 'fake' });
    assertRefused(result, 74, sandbox.toolHome);
    assert.ok(lstatSync(sandbox.toolHome).isFile());
  });

  it('a file, where .nf-secrets should be', async () => {
    const place = join(sandbox.workspace, '.nf-secrets');
    writeFileSync(place, '');
    const result = await sandbox.nfSecrets(['set', 'FAKE_A', '--scope', 'workspace'], { input: 'fake' });
    assertRefused(result, 74, place);
    assert.ok(lstatSync(place).isFile());
  });
});

describe('instead of the identity there is', () => {
  let sandbox: Sandbox;

  beforeEach(async () => {
    sandbox = new Sandbox();
    await sandbox.ok(['set', 'FAKE_A'], { input: 'fake' });
    rmSync(identityFile(sandbox));
  });
  afterEach(() => {
    sandbox.remove();
  });

  const CASES: readonly (Omit<Unusual, 'says'> & { exitCode: number })[] = [
    {
      title: 'a directory',
      make: (path) => {
        mkdirSync(path, { mode: 0o700 });
      },
      exitCode: 65,
    },
    { title: 'a named pipe', make: (path) => execFileSync('mkfifo', ['-m', '600', path]), exitCode: 65 },
    {
      title: 'a very large file',
      make: (path) => {
        writeFileSync(path, '#', { mode: 0o600 });
        truncateSync(path, (1 << 20) + 1);
      },
      exitCode: 65,
    },
  ];
  for (const { title, make, exitCode } of CASES) {
    it(title, async () => {
      make(identityFile(sandbox));
      for (const args of [
        ['get', 'FAKE_A'],
        ['set', 'FAKE_B'],
        ['identity', 'show'],
      ]) {
        const result = await sandbox.nfSecrets(args, { input: 'fake' });
        assertRefusedWithRemedy(result, exitCode, identityFile(sandbox));
      }
      await sandbox.ok(['list']);
    });
  }
});

describe('in the place of Nextflow’s history of runs', () => {
  for (const { title, make } of UNUSUAL.filter(({ title }) => title !== 'more than 64 MiB')) {
    it(`${title}: the question to Nextflow about AWS Batch has an end`, () => {
      const sandbox = new Sandbox();
      try {
        const put = (name: string, text: string): void => {
          writeFileSync(join(sandbox.workspace, name), text);
        };
        put('main.nf', "process P {\n  secret 'A_KEY'\n  script: 'true'\n}\nworkflow { P() }\n");
        put('nextflow.config', "process.executor = 'awsbatch'\naws.region = 'eu-west-1'\n");
        mkdirSync(join(sandbox.workspace, '.nextflow'));
        make(join(sandbox.workspace, '.nextflow', 'history'));
        new FakeNextflow(sandbox);
        const args = [CLI, 'launch', '--dry-run', '--preview', '--allow-missing', 'main.nf'];
        const { env, workspace: cwd } = sandbox;
        // It is ended after that time, which leaves no status; only a hang needs so long.
        const { status } = spawnSync(process.execPath, args, {
          env,
          cwd,
          timeout: 90_000,
          killSignal: 'SIGKILL',
        });
        // The fake Nextflow has no answer.
        assert.equal(status, 69);
      } finally {
        sandbox.remove();
      }
    });
  }
});
