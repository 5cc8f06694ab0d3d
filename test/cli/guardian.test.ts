import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { GUARDIAN_SCRIPT } from '../../src/cli/guardian-script.ts';
import { findOnPath } from '../../src/core/system/find-on-path.ts';
import { processStartTime } from '../../src/core/system/process-identity.ts';
import { runRoot } from '../fixtures/places.ts';
import { CLI, finished, Sandbox } from '../fixtures/sandbox.ts';
import { guardianOf, leftOfRuns, onlyRun, StandIn } from '../fixtures/stand-in.ts';
import { until } from '../fixtures/until.ts';
import { fillVault } from '../fixtures/vault-values.ts';
import { fakeWorld } from '../fixtures/world.ts';

// The guardian of a run on this machine is a shell that waits, and that starts Node.js when its launcher is gone.

const LAUNCH = [CLI, 'launch', 'main.nf'];
const isGone = (pid: number): boolean => processStartTime(pid, process.platform) === undefined;
const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

/** The path of a program on the PATH. */
function programPath(name: string): string {
  const found = findOnPath(name, fakeWorld({ env: { PATH: process.env['PATH'] ?? '' } }));
  assert.ok(found, `${name} is on the PATH`);
  return found;
}

/** Words before a command so that another program is `/bin/sh` for it, and for all that it starts. */
const withShell = (program: string): string[] => [
  ...(process.getuid?.() === 0
    ? ['unshare', '--mount']
    : ['unshare', '--user', '--map-root-user', '--mount']),
  'sh',
  '-c',
  `mount --bind ${program} "$(realpath /bin/sh)" && exec "$@"`,
  'sh',
];

describe('guardian', () => {
  let sandbox: Sandbox;
  let nextflow: StandIn;
  beforeEach(async () => {
    sandbox = new Sandbox();
    nextflow = new StandIn(sandbox);
    await fillVault('user', { TOKEN: 'fake-token-of-no-service' }, sandbox);
  });
  afterEach(() => {
    // Else one that waits would outlive a test that fails.
    nextflow.letGo();
    sandbox.remove();
  });

  /** A launch that runs now, and its guardian. */
  async function running(
    [program = '', ...args]: readonly string[],
    env: Record<string, string> = {},
  ): Promise<{ launcher: ChildProcess; guardian: number }> {
    const launcher = sandbox.spawn(program, args, { env, stdio: 'ignore' });
    await nextflow.untilStarted();
    return { launcher, guardian: guardianOf(onlyRun(sandbox)) };
  }

  /** Kills the launcher, lets Nextflow end, and waits until nothing is left. */
  async function killAndWait(launcher: ChildProcess): Promise<void> {
    launcher.kill('SIGKILL');
    await until('the launcher is gone', () => hasEnded(launcher));
    assert.equal(readdirSync(runRoot(sandbox)).length, 1, 'the lease is there while Nextflow lives');
    nextflow.letGo();
    await until('nothing is left', () => leftOfRuns(sandbox).length === 0);
    assert.equal(nextflow.wasRobbed, false);
  }

  for (const name of ['dash', 'bash', 'busybox']) {
    it(`is ${name} where that is /bin/sh: signals to all its group do not end it, it releases, it obeys @shells`, async () => {
      const words = [...withShell(programPath(name)), process.execPath];
      const { launcher, guardian } = await running([...words, ...LAUNCH]);
      assert.notEqual(readlinkSync(`/proc/${guardian}/exe`), process.execPath);
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const)
        process.kill(-guardian, signal);
      await killAndWait(launcher);
      await until('it has ended', () => isGone(guardian));

      const second = sandbox.spawn(words[0] ?? '', [...words.slice(1), ...LAUNCH]);
      const { exitCode, stderr } = await finished(second);
      assert.equal(exitCode, 0, stderr);
      assert.doesNotMatch(stderr, /guardian/i);
    });
  }

  it('needs neither the directory of the program nor Node.js’s own file any more', async () => {
    const directory = join(sandbox.root, 'program');
    const node = join(sandbox.root, 'node');
    cpSync(dirname(CLI), join(directory, 'dist'), { recursive: true });
    writeFileSync(join(directory, 'package.json'), '{"type": "module"}');
    cpSync(process.execPath, node);
    const { launcher } = await running([node, join(directory, 'dist', 'cli.js'), ...LAUNCH.slice(1)]);
    rmSync(directory, { recursive: true });
    // Another program takes its place, and the one on the PATH is not Node.js either.
    const wrong = join(sandbox.root, 'wrong');
    writeFileSync(wrong, `#!/bin/sh\ntouch ${wrong}-was-called\n`, { mode: 0o755 });
    renameSync(wrong, node);
    await killAndWait(launcher);
    assert.ok(!existsSync(`${wrong}-was-called`));
  });

  it('is in a session of its own, in no directory of the person’s, and has no descriptor but its own', async () => {
    const lock = join(sandbox.root, 'lock');
    const start = `exec 7>"$1" 63>"$1"; shift; exec "$@"`;
    const { launcher, guardian } = await running([
      ...['bash', '-c', start, 'bash', lock, process.execPath],
      ...LAUNCH,
    ]);
    const open = readdirSync(`/proc/${guardian}/fd`).map((fd) => readlinkSync(`/proc/${guardian}/fd/${fd}`));
    assert.ok(!open.includes(lock), open.join(' '));
    assert.ok(!open.some((one) => one.startsWith(sandbox.root)), open.join(' '));
    const pipes = open.filter((one) => !one.startsWith('/'));
    assert.deepEqual(pipes.length, 1, open.join(' '));
    assert.deepEqual([...new Set(open.filter((one) => one.startsWith('/')))].sort(), [
      '/dev/null',
      process.execPath,
    ]);
    assert.equal(readlinkSync(`/proc/${guardian}/cwd`), '/');
    const stat = readFileSync(`/proc/${guardian}/stat`, 'latin1');
    const [, , group, session] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    assert.deepEqual([group, session], [String(guardian), String(guardian)]);
    await killAndWait(launcher);
  });

  it('has no secret, and of the environment only what it needs', async () => {
    const { launcher, guardian } = await running([process.execPath, ...LAUNCH], {
      AWS_SECRET_ACCESS_KEY: 'fake-key-of-no-service',
      SOPS_AGE_KEY: '',
    });
    const environment = readFileSync(`/proc/${guardian}/environ`, 'utf8').split('\0').filter(Boolean);
    assert.deepEqual(environment.map((one) => one.replace(/=.*/s, '')).sort(), [
      ...['HOME', 'NF_SECRETS_HOME', 'NF_SECRETS_RUN_ROOT', 'PATH'],
    ]);
    assert.doesNotMatch(readFileSync(`/proc/${guardian}/cmdline`, 'utf8'), /fake-/);
    await killAndWait(launcher);
  });

  for (const umask of ['000', '077']) {
    it(`works with a TMPDIR where nothing can be made, and umask ${umask}`, async () => {
      const start = `umask ${umask}; exec "$@"`;
      const words = ['sh', '-c', start, 'sh', process.execPath, ...LAUNCH];
      const { launcher } = await running(words, { TMPDIR: '/proc/nowhere' });
      await killAndWait(launcher);
    });
  }

  it('tries again if there is no memory for Node.js', async () => {
    const { launcher, guardian } = await running([process.execPath, ...LAUNCH]);
    const limit = (bytes: string): unknown =>
      execFileSync('prlimit', ['--pid', String(guardian), `--as=${bytes}:unlimited`]);
    limit('100000000');
    launcher.kill('SIGKILL');
    await until('it has tried', () => commandsBelow(guardian).some((one) => one.startsWith('sleep')));
    limit('unlimited');
    await killAndWait(launcher);
  });

  it('is Node.js where no /bin/sh can be started, which the launcher says', async () => {
    // No program: neither for the launcher nor for a script.
    const words = [
      ...withShell('/dev/null'),
      process.execPath,
      CLI,
      'exec',
      '--',
      programPath('sleep'),
      '600',
    ];
    const launcher = sandbox.spawn(words[0] ?? '', words.slice(1));
    let said = '';
    launcher.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
    await until('it is said', () => said.includes('started with /bin/sh'));
    await until('the command runs', () =>
      commandsBelow(launcher.pid ?? 0).includes(`${programPath('sleep')} 600`),
    );
    const guardian = guardianOf(onlyRun(sandbox));
    assert.equal(readlinkSync(`/proc/${guardian}/exe`), process.execPath);
    const [command = 0] = childrenOf(launcher.pid ?? 0).filter((pid) => pid !== guardian);
    launcher.kill('SIGKILL');
    await until('the launcher is gone', () => hasEnded(launcher));
    assert.notDeepEqual(leftOfRuns(sandbox), []);
    process.kill(command, 'SIGKILL');
    await until('nothing is left', () => leftOfRuns(sandbox).length === 0);
  });

  it('is Node.js where /bin/sh ends at once', async () => {
    const words = [
      ...withShell(programPath('false')),
      process.execPath,
      CLI,
      'exec',
      '--',
      programPath('true'),
    ];
    const { exitCode, stderr } = await finished(sandbox.spawn(words[0] ?? '', words.slice(1)));
    assert.equal(exitCode, 0, stderr);
    assert.match(stderr, /could not be started with \/bin\/sh\. It is started with Node\.js instead\./);
    assert.deepEqual(leftOfRuns(sandbox), []);
  });

  describe('whose files are not there', () => {
    const RUN = 'abcdefghijkl';
    const program = join(dirname(CLI), 'local-guardian.cjs');

    /** The guardian's shell, with the words of {@link GUARDIAN_SCRIPT}. */
    function start(words: readonly string[], path: string, file: string): ChildProcess {
      const env = { NF_SECRETS_HOME: sandbox.toolHome, PATH: path };
      const stdio = ['pipe', 'pipe', 'pipe', openSync(file, 'r')] as const;
      return spawn('/bin/sh', ['-c', GUARDIAN_SCRIPT, 'nf-secrets-guardian', RUN, ...words], {
        env,
        stdio: [...stdio],
      });
    }

    it('does not say that it watches if its program is not whole', async () => {
      const part = join(sandbox.root, 'part');
      const text = readFileSync(program, 'utf8');
      writeFileSync(part, text.slice(0, text.length / 2));
      const { exitCode, stdout } = await finished(
        start([process.execPath, 'host', ''], '/usr/bin:/bin', part),
      );
      assert.equal(exitCode, 71);
      assert.equal(stdout.toString(), '');
    });

    for (const [title, node, path] of [
      ['takes Node.js by its path where there is no /proc/self/fd', process.execPath, '/nowhere'],
      ['takes Node.js of the PATH if nothing is at its path', '/nowhere/node', dirname(process.execPath)],
    ] as const) {
      it(title, async () => {
        const words = [node, 'host', ''];
        const { exitCode, stdout } = await finished(start(words, path, program));
        assert.equal(exitCode, 0);
        assert.equal(stdout.toString(), 'watching\n');
      });
    }

    it('notes that it could not do its work, with the exit code, for its owner alone', async () => {
      const bin = join(sandbox.root, 'bin');
      mkdirSync(bin);
      writeFileSync(join(bin, 'node'), '#!/bin/sh\nexit 9\n', { mode: 0o755 });
      const words = ['/nowhere/node', 'host', '0 0'];
      const { exitCode } = await finished(start(words, [bin, '/usr/bin', '/bin'].join(delimiter), program));
      assert.equal(exitCode, 74);
      const log = join(sandbox.toolHome, 'logs', 'problems.log');
      assert.match(
        readFileSync(log, 'utf8'),
        new RegExp(
          `^\\d{4}-\\d\\d-\\d\\dT[\\d:]{8}Z guardian of run ${RUN}\\n {2}it could not do its work \\(exit code of the last try: \\d+\\)`,
        ),
      );
      assert.equal(statSync(log).mode & 0o777, 0o600);
      assert.equal(statSync(dirname(log)).mode & 0o777, 0o700);
      // The command reads it as its own.
      await sandbox.ok(['runs']);
    });

    it('ends without a look when its launcher has done everything', async () => {
      const words = ['/nowhere/node', 'host', ''];
      const child = start(words, '/usr/bin:/bin', program);
      const { exitCode } = await finished(child, 'done\n');
      assert.equal(exitCode, 0);
      assert.ok(!existsSync(join(sandbox.toolHome, 'logs')));
    });
  });
});

function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

const commandsBelow = (pid: number): string[] =>
  childrenOf(pid).map((child) => {
    try {
      return readFileSync(`/proc/${child}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    } catch {
      return '';
    }
  });
