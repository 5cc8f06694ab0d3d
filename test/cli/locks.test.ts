import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LostLockError, withLock } from '../../src/core/system/file-lock.ts';
import { ownProcess } from '../../src/core/system/process-identity.ts';
import { SecretValue } from '../../src/core/secrets/secret-value.ts';
import { updateVault } from '../../src/core/vault/update-vault.ts';
import { userVault } from '../../src/core/vault/vault-location.ts';
import { type Machine, machineEnv, onMachine } from '../fixtures/other-machine.ts';
import { ownPidNamespace } from '../fixtures/pid-namespace.ts';
import { userVaultFile, workspaceVaultFile } from '../fixtures/places.ts';
import { assertRefusedWithRemedy } from '../fixtures/refusal.ts';
import { finished, PROJECT, type Result, Sandbox } from '../fixtures/sandbox.ts';
import { stepsOf } from '../fixtures/steps.ts';
import { until } from '../fixtures/until.ts';
import { leftoversBeside, readVault } from '../fixtures/vault-file.ts';
import { valuesOf } from '../fixtures/vault-values.ts';
import { fakeWorld } from '../fixtures/world.ts';

// What one lock file left behind does is in stale-locks.test.ts. Here are the machines and processes that meet.

const here = ownProcess(process.platform);
/** A lock file's text. Who is not told otherwise is this process, which lives. */
const owner = (other: object = {}): string => JSON.stringify({ ...here, token: 'fake', ...other });
/** No process of this boot started so early. */
const DEAD = { startTime: '1' };
const ELSEWHERE = { host: 'fake-node-7', boot: 'fake', pid: 4242 };

/** Says when the file server wrote the lock. */
function setAge(lock: string, seconds: number): void {
  const then = Date.now() / 1000 - seconds;
  utimesSync(lock, then, then);
}

/** Runs `nf-secrets ARGS` on some machine. */
async function onOther(
  machine: Machine,
  args: readonly string[],
  input: string,
  sandbox: Sandbox,
): Promise<Result> {
  return sandbox.run(process.execPath, onMachine(args), { input, env: machineEnv(machine) });
}

describe('two machines with a shared disk', () => {
  let sandbox: Sandbox;

  beforeEach(() => {
    sandbox = new Sandbox();
  });
  afterEach(() => {
    sandbox.remove();
  });

  interface Played {
    /** Words before the shell of a machine. */
    readonly machine: readonly string[];
    readonly env: Record<string, string>;
  }
  const HOST_NAMES: readonly Played[] = ['fake-node-1', 'fake-node-2'].map((host) => ({
    machine: [],
    env: machineEnv({ host }),
  }));
  const TABLE: readonly [title: string, play: () => readonly Played[]][] = [
    [
      'played by two pid namespaces',
      () => {
        const machine = ownPidNamespace();
        return machine === undefined ? HOST_NAMES : [0, 1].map(() => ({ machine, env: {} }));
      },
    ],
    ['played by two host names', () => HOST_NAMES],
  ];
  for (const [title, play] of TABLE) {
    it(`${title}: 4 writers on each, one more killed while it holds the lock, nothing is lost`, async () => {
      const vault = workspaceVaultFile(sandbox);
      await sandbox.ok(['set', 'FAKE_FIRST', '--scope', 'workspace'], { input: 'fake-first' });
      const steps = await stepsOf(['set', 'FAKE_K', '--scope', 'workspace'], async () => {
        const other = new Sandbox();
        await other.ok(['set', 'FAKE_FIRST', '--scope', 'workspace'], { input: 'fake-first' });
        return other;
      });
      const rename =
        steps.findIndex((step) => step.startsWith('rename') && step.includes('workspace.sops.json')) + 1;
      assert.ok(rename > 0, steps.join('\n'));

      const step = join(PROJECT, 'test', 'fixtures', 'step.mjs');
      const words = onMachine([])
        .map((word) => `'${word}'`)
        .join(' ');
      const set = (name: string, node = ''): string =>
        `printf fake-${name} | ${node} '${process.execPath}' ${words} set ${name} --scope workspace`;
      const killed = set(
        'FAKE_KILLED',
        `TEST_STEP=${rename} TEST_STEP_ACTION=kill NODE_OPTIONS='--import ${step}'`,
      );
      const gate = join(sandbox.root, 'gate');
      const writers = (machine: number): string =>
        [0, 1, 2, 3]
          .map(
            (writer) => `{ ${[0, 1, 2].map((n) => set(`FAKE_${machine}_${writer}_${n}`)).join(' && ')}; } &`,
          )
          .join('\n');
      // Both start when the lock's owner is dead, which only its own machine can know.
      const scripts = [
        `${set('FAKE_BEFORE')}\n${killed}\necho "ended with $?" >&2\ntouch '${gate}'\n${writers(0)}\nwait`,
        `until [ -e '${gate}' ]; do sleep 0.05; done\n${writers(1)}\nwait`,
      ];
      const results = await Promise.all(
        play().map(({ machine, env }, index) => {
          const words = [...machine, 'bash', '-c', scripts[index]!];
          return sandbox.run(words[0]!, words.slice(1), { env });
        }),
      );
      const said = results.map(({ stderr }) => stderr).join('\n');
      assert.match(said, /ended with 137/, 'the one was really killed');
      const takeovers = said.match(/Took over the lock .*: process \d+ on .* is gone/g) ?? [];
      assert.equal(takeovers.length, 1, said);

      const names = [0, 1].flatMap((machine) =>
        [0, 1, 2, 3].flatMap((writer) => [0, 1, 2].map((n) => `FAKE_${machine}_${writer}_${n}`)),
      );
      const expected = [
        ['FAKE_FIRST', 'fake-first'],
        ...['FAKE_BEFORE', ...names].map((name) => [name, `fake-${name}`]),
      ];
      const values = await valuesOf('workspace', sandbox);
      assert.deepEqual(Object.fromEntries(values), Object.fromEntries(expected) as object, said);
      assert.deepEqual(leftoversBeside(vault), []);
    });
  }

  it('what a killed writer of the one leaves is foreign to the other: waited for, then taken over, both said', async () => {
    const lock = `${userVaultFile(sandbox)}.lock`;
    await sandbox.ok(['set', 'FAKE_A'], { input: 'fake-a' });
    writeFileSync(lock, owner({ host: 'fake-node-1', ...DEAD }));
    // 60 s by the server's clock, or by our own watch where the server's does not move: here the watch runs fast.
    const result = await onOther({ host: 'fake-node-2', haste: 30 }, ['set', 'FAKE_B'], 'fake-b', sandbox);
    assert.equal(result.exitCode, 0, result.stderr);
    assert.match(
      result.stderr,
      new RegExp(`Waiting for the lock .*, held by process ${here.pid} on fake-node-1`),
    );
    assert.match(result.stderr, /Took over the lock .*on fake-node-1 has not touched it for 60 s/);
    assert.equal((await valuesOf('user', sandbox)).size, 2);
  });
});

// The machines' own clocks are played (other-machine.mjs): JavaScript's, which is all that we ask. A file's times
// are the file server's.
describe('machines whose clocks are five minutes apart', () => {
  let sandbox: Sandbox;
  let lock: string;
  const clock = (minutes: number): string => new Date(Date.now() + minutes * 60_000).toISOString();
  const FAST = (): Machine => ({ host: 'fake-node-1', clock: clock(5) });
  const SLOW = (): Machine => ({ host: 'fake-node-2', clock: clock(-5) });

  beforeEach(() => {
    sandbox = new Sandbox();
    lock = `${workspaceVaultFile(sandbox)}.lock`;
  });
  afterEach(() => {
    sandbox.remove();
  });

  it('write by turns: nothing is lost, the time of the vault does not go back, and nobody is told that it did', async () => {
    const times: number[] = [];
    for (const [index, machine] of [FAST(), SLOW(), FAST(), SLOW(), SLOW()].entries()) {
      const args = ['set', `FAKE_${index}`, '--scope', 'workspace'];
      const { exitCode, stderr } = await onOther(machine, args, `fake-${index}`, sandbox);
      assert.equal(exitCode, 0, stderr);
      assert.doesNotMatch(stderr, /older|lock/);
      times.push(Date.parse(readVault(workspaceVaultFile(sandbox)).sops.lastmodified));
    }
    assert.equal((await valuesOf('workspace', sandbox)).size, 5);
    assert.deepEqual(
      times,
      [...times].sort((a, b) => a - b),
    );
    assert.ok(times.every((time) => !Number.isNaN(time)));
  });

  it('read what the other wrote, and nobody is told of an old version', async () => {
    for (const [index, machine] of [SLOW(), FAST()].entries()) {
      const name = `FAKE_${index}`;
      await onOther(machine, ['set', name, '--scope', 'workspace'], 'fake', sandbox);
      for (const reader of [FAST(), SLOW()]) {
        const { stdout, stderr } = await onOther(reader, ['get', name], '', sandbox);
        assert.equal(String(stdout), 'fake', stderr);
        assert.equal(stderr, '');
      }
    }
  });

  const CLOCKS: readonly [title: string, machine: () => Machine][] = [
    ['ahead', FAST],
    ['behind', SLOW],
  ];
  for (const [title, machine] of CLOCKS) {
    it(`a clock that is ${title} makes no lock of another machine older or younger`, async () => {
      await sandbox.ok(['set', 'FAKE_A', '--scope', 'workspace'], { input: 'fake-a' });
      const set = async (name: string): Promise<Result> =>
        onOther(machine(), ['set', name, '--scope', 'workspace'], 'fake', sandbox);
      writeFileSync(lock, owner(ELSEWHERE));
      setAge(lock, 61);
      const old = await set('FAKE_OLD');
      assert.equal(old.exitCode, 0, old.stderr);
      assert.match(old.stderr, /Took over/);

      writeFileSync(lock, owner(ELSEWHERE));
      setAge(lock, 30);
      const child = sandbox.spawn(
        process.execPath,
        onMachine(['set', 'FAKE_YOUNG', '--scope', 'workspace']),
        {
          env: machineEnv(machine()),
        },
      );
      let stderr = '';
      child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
      const ended = finished(child, 'fake');
      await until('it waits', () => stderr.includes('Waiting for the lock'));
      assert.deepEqual([...(await valuesOf('workspace', sandbox)).keys()], ['FAKE_A', 'FAKE_OLD']);
      unlinkSync(lock);
      assert.equal((await ended).exitCode, 0, stderr);
      assert.doesNotMatch(stderr, /Took over/);
    });
  }
});

describe('a lock that cannot be had at once', () => {
  let sandbox: Sandbox;
  let lock: string;

  beforeEach(async () => {
    sandbox = new Sandbox();
    lock = `${userVaultFile(sandbox)}.lock`;
    await sandbox.ok(['set', 'FAKE_A'], { input: 'fake-a' });
  });
  afterEach(() => {
    sandbox.remove();
  });
  /** Minutes in seconds. */
  const setInHaste = async (): Promise<Result> =>
    onOther({ haste: 30 }, ['set', 'FAKE_B'], 'fake-b', sandbox);

  it('from the future of the server’s own clock is taken over when it has stood still for a minute', async () => {
    writeFileSync(lock, owner(ELSEWHERE));
    setAge(lock, -3600);
    const { exitCode, stderr } = await setInHaste();
    assert.equal(exitCode, 0, stderr);
    assert.match(
      stderr,
      /Waiting for the lock[^]*Took over the lock .*fake-node-7 has not touched it for 60 s/,
    );
    assert.deepEqual(leftoversBeside(userVaultFile(sandbox)), []);
  });

  it('of a process that lives is never taken over, however old: says who has it and what to do', async () => {
    writeFileSync(lock, owner());
    setAge(lock, 3600);
    const result = await setInHaste();
    assertRefusedWithRemedy(result, 74, `is held by process ${here.pid} on ${here.host}`, `rm '${lock}'`);
    assert.equal(readFileSync(lock, 'utf8'), owner());
    assert.equal((await valuesOf('user', sandbox)).size, 1);
  });

  it('of other machines, one after the other, is waited for, not taken over', async () => {
    writeFileSync(lock, owner(ELSEWHERE));
    let turns = 0;
    // Each is younger than a minute, also for the fast watch.
    const turn = setInterval(() => {
      writeFileSync(`${lock}.next`, owner({ ...ELSEWHERE, pid: 5000 + turns }));
      renameSync(`${lock}.next`, lock);
      turns += 1;
    }, 100);
    try {
      assertRefusedWithRemedy(await setInHaste(), 74, /is held by process 5\d+ on fake-node-7/);
    } finally {
      clearInterval(turn);
    }
    assert.ok(existsSync(lock));
  });

  it('because it is a named pipe: does not hang', async () => {
    execFileSync('mkfifo', [lock]);
    const child = sandbox.spawn(process.execPath, onMachine(['set', 'FAKE_B']), {
      env: machineEnv({ haste: 30 }),
    });
    const ended = finished(child, 'fake-b');
    // Far longer than its patience.
    const limit = setTimeout(() => child.kill('SIGKILL'), 20_000);
    const { signal, exitCode, stderr } = await ended;
    clearTimeout(limit);
    assert.equal(signal, null, 'it went on waiting');
    assert.ok(exitCode === 0 || exitCode === 74, stderr);
  });
});

describe('a holder whose lock was taken over while it slept', () => {
  let directory: string;
  let path: string;
  let lockPath: string;
  let world: ReturnType<typeof fakeWorld>;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'nf-secrets-test-'));
    path = join(directory, 'fake.json');
    lockPath = `${path}.lock`;
    world = fakeWorld({ env: { NF_SECRETS_HOME: directory }, homeDir: directory });
  });
  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  const TAKEN: readonly [title: string, take: () => void][] = [
    // Of a process that ended meanwhile, so that the second try gets it at once.
    [
      'by another process',
      () => {
        writeFileSync(lockPath, owner(DEAD));
      },
    ],
    [
      'by another machine, a minute ago',
      () => {
        writeFileSync(lockPath, owner(ELSEWHERE));
        setAge(lockPath, 61);
      },
    ],
    [
      'and given back',
      () => {
        unlinkSync(lockPath);
      },
    ],
    [
      'by what is no lock',
      () => {
        writeFileSync(lockPath, 'fake');
        setAge(lockPath, 61);
      },
    ],
  ];
  for (const [title, take] of TAKEN) {
    it(`${title}: is told before it writes, and starts again`, async () => {
      const told: unknown[] = [];
      const result = await withLock(path, world, async (lock) => {
        await lock.assertHeld();
        if (told.length === 0) {
          take();
          await lock.assertHeld().catch((error: unknown) => {
            told.push(error);
            throw error;
          });
        }
        await lock.assertHeld();
        return 'written';
      });
      assert.equal(result, 'written');
      assert.equal(told.length, 1);
      assert.ok(told[0] instanceof LostLockError);
      assert.ok(!existsSync(lockPath), 'given back in the end');
    });
  }

  it('does not remove the lock of the other', async () => {
    await withLock(path, world, () => {
      writeFileSync(lockPath, owner(ELSEWHERE));
      return Promise.resolve();
    });
    assert.equal(readFileSync(lockPath, 'utf8'), owner(ELSEWHERE));
  });

  it('again and again: gives up and says so', async () => {
    let runs = 0;
    const action = withLock(path, world, async (lock) => {
      runs += 1;
      writeFileSync(lockPath, owner(DEAD));
      await lock.assertHeld();
    });
    await assert.rejects(action, { exitCode: 74, message: /taken over again and again/ });
    assert.ok(runs > 1 && runs < 20, `${runs} runs`);
  });

  it('writes no vault by it: the change is made again, once, and no half of the first is left', async () => {
    const location = userVault(world);
    const lock = `${location.path}.lock`;
    let changes = 0;
    await updateVault(location, world, 'tester', (draft) => {
      changes += 1;
      draft.set(`FAKE_${changes}`, new SecretValue('fake'));
      if (changes === 1) writeFileSync(lock, owner(DEAD));
    });
    assert.equal(changes, 2);
    assert.deepEqual(Object.keys(readVault(location.path).secrets), ['FAKE_2']);
    assert.deepEqual(leftoversBeside(location.path), []);
    assert.match(world.said.join('\n'), /Took over/);
  });
});

describe('8 processes that see the same dead lock at once', () => {
  const WORKERS = 8;
  const ROUNDS = 20;
  let directory: string;
  let workers: ChildProcess[];

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'nf-secrets-test-'));
    const worker = join(PROJECT, 'test', 'fixtures', 'lock-worker.mjs');
    workers = Array.from({ length: WORKERS }, () => fork(worker, { execArgv: ['--import', 'tsx'] }));
    await Promise.all(workers.map((child) => once(child, 'message')));
  });
  after(() => {
    for (const worker of workers) worker.kill();
    rmSync(directory, { recursive: true });
  });

  const LEFT: readonly [title: string, leave: (lock: string) => void][] = [
    [
      'of a process that is gone',
      (lock) => {
        writeFileSync(lock, owner(DEAD));
      },
    ],
    [
      'of another machine',
      (lock) => {
        writeFileSync(lock, owner(ELSEWHERE));
        setAge(lock, 61);
      },
    ],
    [
      'without a name',
      (lock) => {
        writeFileSync(lock, '');
        setAge(lock, 61);
      },
    ],
  ];
  for (const [title, leave] of LEFT) {
    it(`${title}: one after the other gets it, ${ROUNDS} times`, async () => {
      for (let round = 0; round < ROUNDS; round++) {
        const path = join(directory, `count-${title.length}-${round}`);
        writeFileSync(path, '0');
        leave(`${path}.lock`);
        const answers = workers.map(async (worker) => {
          const answer = once(worker, 'message') as Promise<[string]>;
          worker.send({ path });
          return (await answer)[0];
        });
        assert.deepEqual(await Promise.all(answers), Array<string>(WORKERS).fill('done'));
        assert.equal(readFileSync(path, 'utf8'), String(WORKERS), `round ${round}`);
        assert.deepEqual(leftoversBeside(path), []);
      }
    });
  }
});
