import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { workspaceVaultFile } from '../fixtures/places.ts';
import { CLI, finished, Sandbox } from '../fixtures/sandbox.ts';
import { sideBySide } from '../fixtures/side-by-side.ts';
import { leftOfRuns, StandIn } from '../fixtures/stand-in.ts';
import { Terminal } from '../fixtures/terminal.ts';
import { until } from '../fixtures/until.ts';
import { fillVault } from '../fixtures/vault-values.ts';

// A `.git` comes with a folder that was copied or unpacked, and git does what is in it: reads any file that it names,
// starts any program. Nothing of it runs, nothing hangs, and that git was too slow is said.

const LATE = /git takes too long/;

interface Attack {
  readonly title: string;
  /** @param git - the directory. @param program - one that leaves a trace. */
  readonly make: (git: string, program: string) => void;
  /** Whether git waits for ever when it looks for what is ignored. */
  readonly late?: true;
}

const pipe = (path: string): void => {
  rmSync(path, { force: true });
  execFileSync('mkfifo', [path]);
};
const configure = (git: string, text: string): void => {
  appendFileSync(join(git, 'config'), `\n${text}\n`);
};
const endless = (path: string): void => {
  mkdirSync(join(path, '..'), { recursive: true });
  rmSync(path, { force: true });
  symlinkSync('/dev/zero', path);
};

const ATTACKS: readonly Attack[] = [
  {
    title: 'core.excludesFile is a pipe',
    make: (git) => {
      pipe(join(git, 'pipe'));
      configure(git, `[core]\nexcludesFile = ${git}/pipe`);
    },
    late: true,
  },
  {
    title: 'include.path is a pipe',
    make: (git) => {
      pipe(join(git, 'pipe'));
      configure(git, `[include]\npath = ${git}/pipe`);
    },
    late: true,
  },
  ...['index', 'info/exclude', 'config'].map((name): Attack => ({
    title: `${name} is a pipe`,
    make: (git) => {
      pipe(join(git, name));
    },
    late: true,
  })),
  {
    title: 'HEAD is a pipe',
    make: (git) => {
      pipe(join(git, 'HEAD'));
    },
    late: true,
  },
  ...[
    'HEAD',
    'index',
    'info/exclude',
    'config',
    'commondir',
    'objects/info/alternates',
    'refs/heads/main',
  ].map((name): Attack => ({
    title: `${name} is a link to /dev/zero`,
    make: (git) => {
      endless(join(git, name));
    },
  })),
  {
    title: 'it is a file that points to a directory elsewhere, whose configuration names programs',
    make: (git, program) => {
      const elsewhere = `${git}-elsewhere`;
      renameSync(git, elsewhere);
      writeFileSync(git, `gitdir: ${elsewhere}\n`);
      configure(elsewhere, programs(program));
    },
  },
  {
    title: 'its configuration, hooks and attributes name programs',
    make: (git, program) => {
      configure(git, programs(program));
      for (const hook of [
        'post-index-change',
        'fsmonitor-watchman',
        'post-checkout',
        'reference-transaction',
      ]) {
        mkdirSync(join(git, 'hooks'), { recursive: true });
        copyFileSync(program, join(git, 'hooks', hook));
      }
      writeFileSync(join(git, 'info', 'attributes'), '* filter=evil diff=evil merge=evil\n');
    },
  },
  {
    title: 'it is a partial clone whose objects a program would fetch',
    make: (git, program) => {
      configure(
        git,
        `${programs(program)}\n[extensions]\npartialClone = origin\n[remote "origin"]\npromisor = true\n` +
          `url = ssh://evil.invalid/x\nuploadpack = ${program}\n[protocol "ssh"]\nallow = always`,
      );
      rmSync(join(git, 'objects'), { recursive: true });
      for (const name of ['objects', 'objects/info', 'objects/pack']) mkdirSync(join(git, name));
    },
  },
];

const programs = (program: string): string => `[core]
fsmonitor = ${program}
hooksPath = hooks
sshCommand = ${program}
pager = ${program}
editor = ${program}
gitProxy = ${program}
alternateRefsCommand = ${program}
[pager]
ls-files = ${program}
rev-list = ${program}
config = ${program}
[diff]
external = ${program}
[diff "evil"]
textconv = ${program}
command = ${program}
[filter "evil"]
clean = ${program}
smudge = ${program}
process = ${program}
required = true
[alias]
ls-files = "!${program}"
[gpg]
program = ${program}
[log]
showSignature = true
[credential]
helper = ${program}`;

/** A workspace with a repository, a pipeline, and a vault that was put back to an older version. */
async function newWorkspace(): Promise<{ sandbox: Sandbox; nextflow: StandIn; git: string; trace: string }> {
  const sandbox = new Sandbox();
  const nextflow = new StandIn(sandbox);
  nextflow.letGo();
  await fillVault('user', { TOKEN: 'fake-token-of-no-service' }, sandbox);
  await sandbox.ok(['set', 'SHARED', '--scope', 'workspace'], { input: 'fake-1' });
  const vault = workspaceVaultFile(sandbox);
  copyFileSync(vault, `${vault}.old`);
  const before = Date.now();
  await until('a later second', () => Date.now() >= before + 1000);
  await sandbox.ok(['set', 'SHARED', '--scope', 'workspace'], { input: 'fake-2' });
  const run = (...args: string[]): void => {
    const who = [
      '-c',
      'user.name=Fake',
      '-c',
      'user.email=fake@example.org',
      '-c',
      'init.defaultBranch=main',
    ];
    execFileSync('git', [...who, ...args], { cwd: sandbox.workspace, env: sandbox.env });
  };
  run('init', '-q');
  run('add', '-A');
  run('commit', '-qm', 'fake');
  renameSync(`${vault}.old`, vault);
  const trace = join(sandbox.root, 'trace');
  return { sandbox, nextflow, git: join(sandbox.workspace, '.git'), trace };
}

describe('the .git of a stranger', function () {
  this.timeout(480_000);

  it('runs nothing, hangs nothing, and that git was too slow is said, by scan, get, set and launch', async () => {
    await sideBySide(
      ATTACKS,
      async ({ title, make, late }) => {
        const { sandbox, nextflow, git, trace } = await newWorkspace();
        try {
          const program = join(sandbox.root, 'program');
          writeFileSync(program, `#!/bin/sh\ntouch ${trace}\n`, { mode: 0o755 });
          make(git, program);
          for (const args of [
            ['scan', '--json'],
            ['get', 'SHARED'],
            ['set', 'OTHER', '--generate'],
            ['launch', 'main.nf'],
          ]) {
            const { exitCode, stdout, stderr } = await sandbox.nfSecrets(args);
            const what = `${title}: ${args.join(' ')}: ${stderr}`;
            assert.equal(exitCode, 0, what);
            if (args[0] === 'scan') {
              const { references } = JSON.parse(String(stdout)) as { references: { name: string }[] };
              assert.deepEqual([...new Set(references.map(({ name }) => name))], ['TOKEN'], what);
              if (late === true) assert.match(stderr, LATE, what);
            }
            // git is asked whether the branch has the old version. What it cannot tell is said.
            if (args[0] === 'get' && late === true) assert.match(stderr, /takes too long|was put back/, what);
          }
          assert.equal(existsSync(trace), false, `${title}: a program was run`);
          assert.deepEqual(leftOfRuns(sandbox), []);
          assert.equal(nextflow.wasRobbed, false);
        } finally {
          sandbox.remove();
        }
      },
      ATTACKS.length,
    );
  });

  it('of a remote pipeline’s clone: a plan waits once, says so, and TERM and Ctrl-C work meanwhile', async () => {
    const { sandbox, git } = await newWorkspace();
    try {
      const clone = join(sandbox.nextflowHome, 'assets', 'mallory', 'pipeline');
      mkdirSync(join(clone, '..'), { recursive: true });
      execFileSync('cp', ['-R', sandbox.workspace, clone]);
      pipe(join(clone, '.git', 'index'));
      pipe(join(clone, '.git', 'pipe'));
      configure(join(clone, '.git'), `[include]\npath = ${clone}/.git/pipe`);
      assert.ok(existsSync(git));
      const args = ['launch', '--dry-run', 'mallory/pipeline', '-r', 'dev'];
      const gits = (): number[] => {
        try {
          const pids = execFileSync('pgrep', ['-f', `git .*-C ${clone} `], { encoding: 'utf8' });
          return pids.trim().split('\n').map(Number);
        } catch {
          return [];
        }
      };
      const whole = sandbox.nfSecrets(args);
      await until('git waits', () => gits().length === 1);
      const killed = sandbox.spawn(process.execPath, [CLI, ...args]);
      const end = finished(killed);
      await until('another git waits', () => gits().length === 2);
      killed.kill('SIGTERM');
      const { signal, exitCode } = await end;
      assert.ok(signal === 'SIGTERM' || exitCode === 143, `${signal} ${exitCode}`);
      const others = gits();
      const terminal = Terminal.open(sandbox, [process.execPath, CLI, ...args]);
      await until('git waits in the terminal', () => gits().some((pid) => !others.includes(pid)));
      terminal.type('\x03');
      assert.equal(await terminal.ended(), 130);
      const { exitCode: code, stderr } = await whole;
      assert.equal(code, 69, stderr);
      assert.equal(stderr.match(new RegExp(LATE, 'g'))?.length, 1, stderr);
      // That of the launcher that was killed waits on.
      for (const pid of gits()) process.kill(pid, 'SIGKILL');
    } finally {
      sandbox.remove();
    }
  });
});
