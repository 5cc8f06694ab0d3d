import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { giveAway } from '../fixtures/other-user.ts';
import { CLI, type Result, Sandbox } from '../fixtures/sandbox.ts';
import { Terminal } from '../fixtures/terminal.ts';
import { until } from '../fixtures/until.ts';

const FILES = {
  bash: '.local/share/bash-completion/completions/nf-secrets',
  zsh: '.local/share/zsh/site-functions/_nf-secrets',
  fish: '.config/fish/completions/nf-secrets.fish',
} as const;
type Name = keyof typeof FILES;
const NAMES = Object.keys(FILES) as Name[];

describe('completion --install', () => {
  let sandbox: Sandbox;
  beforeEach(() => {
    sandbox = new Sandbox();
    const bin = join(sandbox.root, 'bin');
    mkdirSync(bin);
    writeFileSync(join(bin, 'nf-secrets'), `#!/bin/sh\nexec '${process.execPath}' '${CLI}' "$@"\n`, {
      mode: 0o755,
    });
    sandbox.env['PATH'] = `${bin}:${sandbox.env['PATH'] ?? ''}`;
  });
  afterEach(() => {
    sandbox.remove();
  });

  const at = (path: string): string => join(sandbox.home, path);
  const startFile = (): string => at('.zshrc');
  const completion = async (...args: string[]): Promise<Result> =>
    sandbox.nfSecrets(['completion', ...args, '--yes']);
  async function ok(...args: string[]): Promise<string> {
    const { exitCode, stderr } = await completion(...args);
    assert.equal(exitCode, 0, stderr);
    return stderr;
  }

  for (const shell of NAMES) {
    it(`of ${shell} says which files it makes, changes nothing the second time, and takes all back`, async () => {
      const said = await ok(shell, '--install');
      const made = [FILES[shell], ...(shell === 'zsh' ? ['.zshrc'] : [])];
      assert.deepEqual(
        Array.from(said.matchAll(/Makes (.*)/g), ([, path]) => path),
        made.map(at),
      );
      assert.match(said, new RegExp(`Undo: nf-secrets completion ${shell} --uninstall`));
      const before = made.map((path) => statSync(at(path)).mtimeMs);
      assert.match(await ok(shell, '--install'), /already/);
      assert.deepEqual(
        made.map((path) => statSync(at(path)).mtimeMs),
        before,
      );
      await ok(shell, '--uninstall');
      for (const path of made) assert.ok(!existsSync(at(path)), path);
      assert.match(await ok(shell, '--uninstall'), /nothing of ours/);
    });

    it(`of ${shell} replaces what an earlier version made, and nothing of anybody else`, async () => {
      mkdirSync(dirname(at(FILES[shell])), { recursive: true });
      writeFileSync(at(FILES[shell]), '# earlier\nnf-secrets complete -- x\n');
      await ok(shell, '--install');
      assert.doesNotMatch(readFileSync(at(FILES[shell]), 'utf8'), /earlier/);
      writeFileSync(at(FILES[shell]), '# of somebody else\n');
      const { exitCode, stderr } = await completion(shell, '--install');
      assert.equal(exitCode, 73);
      assert.match(stderr, /not a file of nf-secrets/);
      await completion(shell, '--uninstall');
      assert.equal(readFileSync(at(FILES[shell]), 'utf8'), '# of somebody else\n');
    });
  }

  it('makes zsh complete, also where compinit was not called @shells', async () => {
    await ok('zsh', '--install');
    const { stdout, stderr } = await sandbox.run('zsh', ['-ic', 'print -r -- $_comps[nf-secrets]']);
    assert.equal(stdout.toString().trim(), '_nf_secrets', stderr);
  });

  it('makes fish complete @shells', async () => {
    await sandbox.ok(['set', 'ALPHA_KEY'], { input: 'fake-alpha' });
    await ok('fish', '--install');
    const { stdout, stderr } = await sandbox.run('fish', ['-c', 'complete -C "nf-secrets get AL"']);
    assert.equal(stdout.toString().trim(), 'ALPHA_KEY', stderr);
  });

  it('makes bash complete, by the file that bash-completion reads', async () => {
    await ok('bash', '--install');
    const { stdout } = await sandbox.run('bash', [
      '--norc',
      '-c',
      `source '${at(FILES.bash)}'; complete -p nf-secrets`,
    ]);
    assert.match(stdout.toString(), /-F _nf_secrets nf-secrets/);
  });

  it('takes the shell from SHELL, and refuses one that it does not know', async () => {
    sandbox.env['SHELL'] = '/usr/bin/fish';
    await ok('--install');
    assert.ok(existsSync(at(FILES.fish)));
    for (const [shell, reason] of [
      ['/bin/dash', /Your shell is dash/],
      [undefined, /SHELL is not set/],
    ] as const) {
      const { exitCode, stderr } = await sandbox.nfSecrets(['completion', '--install', '--yes'], {
        env: { SHELL: shell },
      });
      assert.equal(exitCode, 64);
      assert.match(stderr, reason);
    }
  });

  it('keeps every byte of a start file, its mode and the link that it is', async () => {
    const content = Buffer.from('export A=\xff\xfe # no end', 'latin1');
    const elsewhere = join(sandbox.root, 'dotfiles');
    writeFileSync(elsewhere, content, { mode: 0o640 });
    chmodSync(elsewhere, 0o640);
    symlinkSync(elsewhere, startFile());
    assert.match(await ok('zsh', '--install'), /Changes .*\.zshrc \(a link to .*dotfiles\)/);
    assert.ok(lstatSync(startFile()).isSymbolicLink());
    assert.equal(statSync(elsewhere).mode & 0o777, 0o640);
    assert.ok(readFileSync(elsewhere).subarray(0, content.length).equals(content));
    await ok('zsh', '--uninstall');
    assert.deepEqual(readFileSync(elsewhere), Buffer.concat([content, Buffer.from('\n')]));
  });

  it('leaves an empty file that a link leads to, and what stands between two blocks', async () => {
    const elsewhere = join(sandbox.root, 'dotfiles');
    writeFileSync(elsewhere, '');
    symlinkSync(elsewhere, startFile());
    await ok('zsh', '--install');
    await ok('zsh', '--uninstall');
    assert.equal(readFileSync(elsewhere, 'utf8'), '');
    await ok('zsh', '--install');
    const block = readFileSync(elsewhere, 'utf8');
    const [begin = ''] = block.split('\n');
    writeFileSync(elsewhere, `${begin}\nexport MINE=1\n${block}`);
    assert.equal((await completion('zsh', '--uninstall')).exitCode, 65);
    assert.equal(readFileSync(elsewhere, 'utf8'), `${begin}\nexport MINE=1\n${block}`);
  });

  it('loses nothing that is written to the start file while it asks @tmux', async () => {
    writeFileSync(startFile(), '# mine\n');
    const terminal = Terminal.open(sandbox, [process.execPath, CLI, 'completion', 'zsh', '--install']);
    await until('the question', () => terminal.screen.includes('Write this?'));
    writeFileSync(startFile(), '# mine\n# of another program\n');
    terminal.type('y\r');
    assert.equal(await terminal.ended(), 73, terminal.screen);
    assert.match(terminal.screen, /was changed meanwhile/);
    assert.equal(readFileSync(startFile(), 'utf8'), '# mine\n# of another program\n');
    assert.deepEqual(readdirSync(sandbox.home), ['.zshrc']);
  });

  it('asks, and writes nothing where there is nobody to ask', async () => {
    const { exitCode, stderr } = await sandbox.nfSecrets(['completion', 'zsh', '--install']);
    assert.equal(exitCode, 64, stderr);
    assert.deepEqual(readdirSync(sandbox.home), []);
  });

  const ODD: [what: string, exitCode: number, prepare: (home: string) => void][] = [
    [
      'a start file that is a directory',
      65,
      (home) => {
        mkdirSync(join(home, '.zshrc'));
      },
    ],
    [
      'a start file that is a link to nowhere',
      73,
      (home) => {
        symlinkSync('/no/where', join(home, '.zshrc'));
      },
    ],
    [
      'a start file that has half of our lines',
      65,
      (home) => {
        writeFileSync(join(home, '.zshrc'), '# >>> nf-secrets completion >>>\n');
      },
    ],
    [
      'a start file that is read-only',
      73,
      (home) => {
        writeFileSync(join(home, '.zshrc'), '# mine\n', { mode: 0o400 });
      },
    ],
  ];
  for (const [what, exitCode, prepare] of ODD) {
    it(`refuses ${what}, and has changed nothing`, async () => {
      prepare(sandbox.home);
      const before = readdirSync(sandbox.home);
      const result = await completion('zsh', '--install');
      assert.equal(result.exitCode, exitCode, result.stderr);
      assert.deepEqual(readdirSync(sandbox.home), before);
    });
  }

  it('refuses a home that is not there', async () => {
    const home = join(sandbox.home, 'gone');
    const { exitCode } = await sandbox.nfSecrets(['completion', 'zsh', '--install', '--yes'], {
      env: { HOME: home },
    });
    assert.equal(exitCode, 64);
    assert.ok(!existsSync(home));
  });

  it('refuses a directory for bash that is no absolute path', async () => {
    const { exitCode } = await sandbox.nfSecrets(['completion', 'bash', '--install', '--yes'], {
      env: { BASH_COMPLETION_USER_DIR: 'here' },
    });
    assert.equal(exitCode, 64);
  });

  it('refuses the home and the start file of somebody else @root', async () => {
    writeFileSync(startFile(), '# theirs\n');
    giveAway(startFile());
    assert.equal((await completion('zsh', '--install')).exitCode, 77);
    assert.deepEqual(readdirSync(sandbox.home), ['.zshrc']);
    giveAway(sandbox.home);
    assert.equal((await completion('fish', '--install')).exitCode, 77);
  });

  it('makes nothing in directories of somebody else that variables name @root', async () => {
    const theirs = join(sandbox.root, 'theirs');
    mkdirSync(theirs);
    giveAway(theirs);
    const named: [ShellName: string, variable: string][] = [
      ['bash', 'XDG_DATA_HOME'],
      ['bash', 'BASH_COMPLETION_USER_DIR'],
      ['fish', 'XDG_CONFIG_HOME'],
      ['zsh', 'ZDOTDIR'],
    ];
    for (const [shell, variable] of named) {
      const args = ['completion', shell, '--install', '--yes'];
      const { exitCode, stderr } = await sandbox.nfSecrets(args, {
        env: { [variable]: join(theirs, 'new') },
      });
      assert.equal(exitCode, 77, stderr);
      assert.match(stderr, /belongs to another user/);
    }
    assert.deepEqual(readdirSync(theirs), []);
    assert.deepEqual(readdirSync(sandbox.home), []);
  });
});
