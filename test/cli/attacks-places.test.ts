import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { ensureAccepted } from '../../src/core/vault/vault.ts';
import { workspaceVault } from '../../src/core/vault/vault-location.ts';
import { usingIfSet } from '../fixtures/fake-nextflow.ts';
import { forgeVault, readableBy } from '../fixtures/forged-vault.ts';
import { ORDINARY_USER } from '../fixtures/narrow-places.ts';
import { asOther, giveAway, isRoot, OTHER, strangerTo } from '../fixtures/other-user.ts';
import { identityFile, userVaultFile } from '../fixtures/places.ts';
import { assertRefused, assertRefusedWithRemedy } from '../fixtures/refusal.ts';
import { CLI, finished, type Result, Sandbox } from '../fixtures/sandbox.ts';
import { assertShowable } from '../fixtures/showable.ts';
import { sideBySide } from '../fixtures/side-by-side.ts';
import { until } from '../fixtures/until.ts';
import { leftoversBeside } from '../fixtures/vault-file.ts';
import { Victim } from '../fixtures/victim.ts';

// Links, locks, foreign owners and planted directories: files that are not what, or whose, they seem.

describe('a link in a workspace', () => {
  let victim: Victim;
  /** A file of the victim's, outside of the workspace. */
  let precious: string;

  beforeEach(async () => {
    victim = await Victim.create();
    precious = join(victim.home, 'precious');
    writeFileSync(precious, 'fake-precious\n', { mode: 0o600 });
  });
  afterEach(() => {
    victim.remove();
  });

  interface Link {
    readonly title: string;
    /** @returns the link. */
    readonly plant: () => string;
  }

  const OUT: readonly Link[] = [
    {
      title: '.nf-secrets to a directory outside',
      plant: () => link(join(victim.workspace, '.nf-secrets'), victim.home),
    },
    {
      title: '.nf-secrets to a directory outside, by ..',
      plant: () => link(join(victim.workspace, '.nf-secrets'), '../home'),
    },
    {
      title: '.nf-secrets to a directory that does not exist yet',
      plant: () => link(join(victim.workspace, '.nf-secrets'), join(victim.home, 'new')),
    },
    {
      title: '.nf-secrets to one whose name begins as the workspace’s does',
      plant: () => {
        mkdirSync(`${victim.workspace}-of-somebody`);
        return link(join(victim.workspace, '.nf-secrets'), `${victim.workspace}-of-somebody`);
      },
    },
    { title: 'the vault to a file outside', plant: () => link(victim.vault, precious) },
    {
      title: 'the vault to a file outside that does not exist yet',
      plant: () => link(victim.vault, `${precious}-new`),
    },
    { title: 'the vault to the user’s own vault', plant: () => link(victim.vault, userVaultFile(victim)) },
    {
      title: 'the vault to a link inside that leads outside',
      plant: () => {
        symlinkSync(precious, join(victim.workspace, 'stone'));
        return link(victim.vault, '../stone');
      },
    },
  ];

  function link(path: string, target: string): string {
    mkdirSync(dirname(path), { recursive: true });
    symlinkSync(target, path);
    return path;
  }

  for (const { title, plant } of OUT) {
    it(`${title}: refused; nothing is read or written through it`, async () => {
      const planted = plant();
      const commands = [
        ['list'],
        ['set', 'NEW_KEY', '--scope', 'workspace', '--accept-members'],
        ['exec', '--', 'true'],
      ];
      await sideBySide(commands, async (args) => {
        const result = await victim.nfSecrets(args, { input: 'fake-written' });
        assertRefusedWithRemedy(result, 77, planted, 'leads out of the workspace');
        assert.doesNotMatch(result.stderr, /fake-/);
      });
      assert.equal(readFileSync(precious, 'utf8'), 'fake-precious\n');
      assert.ok(lstatSync(planted).isSymbolicLink());
      for (const file of [
        `${precious}-new`,
        join(victim.home, 'new'),
        join(victim.home, 'workspace.sops.json'),
      ]) {
        assert.ok(!existsSync(file), file);
      }
    });
  }

  it('.gitignore to a file outside that does not exist yet: nothing is written through it', async () => {
    const planted = link(join(victim.workspace, '.nf-secrets', '.gitignore'), `${precious}-new`);
    await victim.setInWorkspace('NEW_KEY', 'fake-written');
    assert.ok(!existsSync(`${precious}-new`));
    assert.ok(lstatSync(planted).isSymbolicLink());
  });

  it('what looks like an unfinished file of ours, to a file of the victim: the link goes, the file stays', async () => {
    const planted = link(
      join(victim.workspace, '.nf-secrets', '.workspace.sops.json.0123456789abcdef.tmp'),
      precious,
    );
    await victim.setInWorkspace('NEW_KEY', 'fake-written', '--accept-members');
    assert.equal(readFileSync(precious, 'utf8'), 'fake-precious\n');
    assert.throws(() => lstatSync(planted));
  });

  it('the vault to a file of the workspace that is none: refused, and the file stays', async () => {
    const script = join(victim.workspace, 'main.nf');
    writeFileSync(script, 'workflow {}\n');
    link(victim.vault, '../main.nf');
    assertRefusedWithRemedy(await victim.setInWorkspace('NEW_KEY', 'fake-written', '--accept-members'), 65);
    assert.equal(readFileSync(script, 'utf8'), 'workflow {}\n');
  });

  it('the vault to a place in .git that does not exist yet: nothing is written through it', async () => {
    const hook = join(victim.workspace, '.git', 'hooks', 'pre-commit');
    mkdirSync(dirname(hook), { recursive: true });
    link(victim.vault, '../.git/hooks/pre-commit');
    await victim.setInWorkspace('NEW_KEY', 'fake-written');
    assert.ok(!existsSync(hook));
  });
});

describe('a lock that somebody planted', () => {
  interface Planted {
    readonly title: string;
    readonly plant: (lock: string, victim: Victim) => void;
    /** Words before the command. */
    readonly words?: readonly string[];
  }

  const LOCKS: readonly Planted[] = [
    {
      title: 'a directory',
      plant: (lock) => {
        mkdirSync(lock);
      },
    },
    { title: 'a named pipe', plant: (lock) => execFileSync('mkfifo', [lock]) },
    {
      title: 'a link to nowhere',
      plant: (lock, { home }) => {
        symlinkSync(join(home, 'nowhere'), lock);
      },
    },
    {
      title: 'a link to itself',
      plant: (lock) => {
        symlinkSync(lock, lock);
      },
    },
    {
      title: 'a link to a device without end',
      plant: (lock) => {
        symlinkSync('/dev/zero', lock);
      },
    },
    {
      title: 'a link to a file of the victim',
      plant: (lock, victim) => {
        symlinkSync(identityFile(victim), lock);
      },
    },
    {
      title: 'junk',
      plant: (lock) => {
        writeFileSync(lock, '\u001b[31mjunk');
      },
    },
    {
      title: 'the name of a process with escapes for a terminal, long gone',
      plant: (lock) => {
        const owner = { host: '\u001b]0;PWNED\u0007', boot: '', pid: 1, startTime: '1', token: 'x' };
        writeFileSync(lock, JSON.stringify(owner));
        // Older than a lock of another machine may be.
        execFileSync('touch', ['-d', '2020-01-01', lock]);
      },
    },
    {
      title: 'a file that the victim cannot read',
      plant: (lock) => {
        writeFileSync(lock, 'junk', { mode: 0o600 });
        if (isRoot) giveAway(lock);
        else chmodSync(lock, 0);
      },
      words: ORDINARY_USER,
    },
  ];

  interface Outcome {
    readonly victim: Victim;
    readonly before: Buffer;
    readonly result: Result;
  }
  let outcomes: Outcome[];

  // All at once: most of the time they wait to be sure that nobody holds the lock.
  before(async () => {
    outcomes = await sideBySide(
      LOCKS,
      async ({ plant, words = [] }) => {
        const victim = await Victim.create();
        await victim.setInWorkspace('OLD_KEY', 'fake-old');
        const before = readFileSync(victim.vault);
        plant(`${victim.vault}.lock`, victim);
        return { victim, before, result: await write(victim, words) };
      },
      LOCKS.length,
    );
  });
  after(() => {
    for (const { victim } of outcomes) victim.remove();
  });

  /** A write that has to come to an end: how soon does not matter, but before the test does. */
  async function write(victim: Victim, words: readonly string[]): Promise<Result> {
    const memory = '--max-old-space-size=256';
    const command = [...words, process.execPath, memory, CLI, 'set', 'NEW_KEY', '--scope', 'workspace'];
    const child = victim.spawn(command[0]!, command.slice(1));
    const guard = setTimeout(() => child.kill('SIGKILL'), 30_000);
    return finished(child, 'fake-written').finally(() => {
      clearTimeout(guard);
    });
  }

  for (const [index, { title }] of LOCKS.entries()) {
    it(`${title}: is got over or named, not waited for without end, and not followed`, () => {
      const { victim, before, result } = outcomes[index]!;
      const { exitCode, signal, stderr } = result;
      assert.equal(signal, null, `it hung, or ran out of memory: ${stderr.slice(0, 500)}`);
      assertShowable(stderr);
      if (exitCode === 0) assert.deepEqual(leftoversBeside(victim.vault), []);
      else {
        assertRefusedWithRemedy(result, exitCode === 73 ? 73 : 74, `${victim.vault}.lock`);
        assert.ok(readFileSync(victim.vault).equals(before));
      }
      assert.match(readFileSync(identityFile(victim), 'utf8'), /AGE-SECRET-KEY-1/);
      assert.ok(!existsSync(join(victim.home, 'nowhere')));
    });
  }
});

describe('a directory of somebody else', () => {
  let victim: Victim;

  beforeEach(async () => {
    victim = await Victim.create();
  });
  afterEach(() => {
    victim.remove();
  });

  // Who owns the directory can put another vault there at any time.
  it('as .nf-secrets with an accepted vault: has to be accepted as such', async () => {
    await victim.setInWorkspace('OLD_KEY', 'fake-old');
    const directory = dirname(victim.vault);
    if (!isRoot) {
      // The other way round: accepted when it was another user's.
      const noted = join(victim.toolHome, 'workspaces.json');
      writeFileSync(noted, readFileSync(noted, 'utf8').replace(/"owner": \d+/, `"owner": ${OTHER}`));
      assertRefusedWithRemedy(await victim.setInWorkspace('NEW_KEY', 'fake-written'), 77, directory);
      return;
    }
    giveAway(directory);
    const trace = join(victim.root, 'trace');
    const commands = [
      ['set', 'NEW_KEY', '--scope', 'workspace'],
      ['delete', 'OLD_KEY', '--yes'],
      ['exec', '--', 'touch', trace],
    ];
    const results = await victim.unharmed(async () =>
      sideBySide(commands, async (args) => victim.nfSecrets(args, { input: 'fake-written' })),
    );
    for (const result of results) {
      assertRefusedWithRemedy(result, 77, directory, `uid ${OTHER}`, '--accept-members');
    }
    assert.ok(!existsSync(trace));
    await victim.ok(['set', 'NEW_KEY', '--scope', 'workspace', '--accept-members'], {
      input: 'fake-written',
    });
    const { exitCode, stderr } = await victim.setInWorkspace('NEW_KEY', 'fake-again');
    assert.equal(exitCode, 0, `asked once: ${stderr}`);
  });

  it('as .nf-secrets without a vault: has to be accepted before there is one', async () => {
    const directory = dirname(victim.vault);
    mkdirSync(directory);
    if (!isRoot) {
      await assert.rejects(ensureAccepted(workspaceVault(victim.workspace), false, strangerTo(victim)), {
        exitCode: 77,
      });
      return;
    }
    giveAway(directory);
    assertRefusedWithRemedy(
      await victim.setInWorkspace('NEW_KEY', 'fake-written'),
      77,
      directory,
      `uid ${OTHER}`,
    );
    assert.ok(!existsSync(victim.vault));
  });

  it('behind a link inside of the workspace that belongs to the victim: has to be accepted too', async () => {
    await victim.setInWorkspace('OLD_KEY', 'fake-old');
    const shared = join(victim.workspace, 'shared');
    renameSync(dirname(victim.vault), shared);
    symlinkSync('shared', dirname(victim.vault));
    if (!isRoot) {
      await assert.rejects(ensureAccepted(workspaceVault(victim.workspace), false, strangerTo(victim)), {
        exitCode: 77,
      });
      return;
    }
    giveAway(shared);
    const result = await victim.unharmed(async () => victim.setInWorkspace('NEW_KEY', 'fake-written'));
    assertRefusedWithRemedy(result, 77, `uid ${OTHER}`);
  });

  it('as NF_SECRETS_HOME: no identity is made there, and no secret kept', async function () {
    const home = join(victim.root, 'of-somebody');
    mkdirSync(home);
    chmodSync(home, 0o777);
    if (isRoot) giveAway(home);
    const result = await victim.nfSecrets(['set', 'NEW_KEY'], {
      input: 'fake-written',
      env: { NF_SECRETS_HOME: home },
    });
    assert.notEqual(result.exitCode, 0, 'it was taken for the victim’s own');
    assertRefused(result, result.exitCode!, home);
    assert.ok(!existsSync(join(home, 'identity.txt')));
  });
});

describe('a .nf-secrets that somebody planted above', () => {
  let victim: Victim;
  /** Like /tmp: everybody can make something there. Above it and the home of the victim. */
  let everybodys: string;

  beforeEach(async () => {
    victim = await Victim.create();
    everybodys = victim.root;
    chmodSync(everybodys, 0o1777);
    const vault = join(everybodys, '.nf-secrets', 'workspace.sops.json');
    await forgeVault(vault, { Alice: victim.recipient }, { OLD_KEY: 'fake-of-mallory' });
    if (isRoot) giveAway(dirname(vault));
  });
  afterEach(() => {
    victim.remove();
  });

  const workspaceOf = async (cwd: string): Promise<string> => {
    const { stderr } = await victim.nfSecrets(['set', 'NEW_KEY', '--scope', 'workspace'], {
      cwd,
      input: 'fake',
    });
    return /workspace (\/.*)\)/.exec(stderr)?.[1] ?? stderr;
  };

  it('the git root: is not found', async () => {
    const below = join(victim.workspace, 'a', 'b');
    mkdirSync(below, { recursive: true });
    execFileSync('git', ['init', '--quiet', victim.workspace]);
    assert.equal(await workspaceOf(below), victim.workspace);
  });

  it('a git work tree, whose .git is a file: is not found', async () => {
    writeFileSync(join(victim.workspace, '.git'), 'gitdir: /nowhere\n');
    assert.equal(await workspaceOf(victim.workspace), victim.workspace);
  });

  it('the victim’s home: is not found', async () => {
    const below = join(victim.home, 'project');
    mkdirSync(below);
    assert.equal(await workspaceOf(below), below);
  });

  it('with no git root and no home between: has to be accepted, and is no place for a run’s secrets', async () => {
    const set = await victim.setInWorkspace('NEW_KEY', 'fake-written');
    assertRefusedWithRemedy(set, 77, join(everybodys, '.nf-secrets'), 'for the first time');
    const exec = await victim.nfSecrets(['exec', '--', 'sh', '-c', 'cat "$NXF_SECRETS_FILE"']);
    assertRefusedWithRemedy(exec, 77, join(everybodys, '.nf-secrets'));
  });

  it('a local pipeline: its own is used, with a question', async () => {
    const pipeline = join(victim.home, 'pipeline', 'sub');
    const vault = join(victim.home, 'pipeline', '.nf-secrets', 'workspace.sops.json');
    mkdirSync(pipeline, { recursive: true });
    writeFileSync(join(pipeline, 'main.nf'), usingIfSet(['OLD_KEY']));
    const kept = await forgeVault(vault, { Alice: victim.recipient }, { OLD_KEY: 'fake-of-mallory' });
    const args = ['launch', '--nextflow', '/bin/true', join(pipeline, 'main.nf')];
    assertRefusedWithRemedy(await victim.nfSecrets(args, { cwd: victim.home }), 77, vault);
    assert.deepEqual(await readableBy({ kept: [kept] }, vault), ['OLD_KEY=fake-of-mallory'], 'as it was');
  });
});

describe('other users of the machine', () => {
  let victim: Victim;

  beforeEach(async () => {
    victim = await Victim.create();
    // They get as far as the victim's own directories.
    chmodSync(victim.root, 0o755);
    await victim.fillUser({ USER_KEY: 'fake-of-the-user' });
  });
  afterEach(() => {
    victim.remove();
  });

  it('read neither the identity, nor the user’s vault, nor a run’s store', async () => {
    const files = [identityFile(victim), userVaultFile(victim)];
    const modes = files.map((file) => lstatSync(file).mode & 0o077);
    assert.deepEqual(modes, [0, 0]);
    // The store's path is no secret: every scheduler shows it.
    const tell = join(victim.root, 'tell');
    const child = victim.spawn(process.execPath, [
      CLI,
      'exec',
      '--',
      'sh',
      '-c',
      `echo "$NXF_SECRETS_FILE" > ${tell}; read wait`,
    ]);
    await until(
      'the run has told its store',
      () => existsSync(tell) && readFileSync(tell, 'utf8').endsWith('\n'),
    );
    const store = readFileSync(tell, 'utf8').trim();
    assert.deepEqual([lstatSync(store).mode & 0o777, lstatSync(dirname(store)).mode & 0o777], [0o600, 0o700]);
    if (isRoot) {
      for (const file of [...files, store]) {
        const { stdout, exitCode } = await asOther(victim, `cat '${file}'`);
        assert.deepEqual([String(stdout), exitCode], ['', 1], file);
      }
      const listed = await asOther(victim, `ls '${dirname(store)}' && mv '${dirname(store)}' /tmp`);
      assert.notEqual(listed.exitCode, 0);
    }
    assert.equal((await finished(child, '\n')).exitCode, 0);
  });
});

describe('a key in the environment that is none', () => {
  it('is not shown, and does not stop what needs no key', async () => {
    const sandbox = new Sandbox();
    try {
      const garbage = 'AGE-SECRET-KEY-1FAKE\u001b[31m\nAGE-PLUGIN-FAKE\n\0'.replaceAll('\0', '');
      const env = { SOPS_AGE_KEY: garbage.repeat(50) };
      for (const args of [['list'], ['get', 'FAKE_KEY'], ['identity', 'show'], ['set', 'FAKE_KEY']]) {
        const { stderr } = await sandbox.nfSecrets(args, { env, input: 'fake' });
        assertShowable(stderr);
        assert.doesNotMatch(stderr, /KEY-1FAKE|PLUGIN/);
      }
    } finally {
      sandbox.remove();
    }
  });
});
