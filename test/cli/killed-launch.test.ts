import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { processStartTime } from '../../src/core/system/process-identity.ts';
import { runRoot } from '../fixtures/places.ts';
import { CLI, finished, Sandbox } from '../fixtures/sandbox.ts';
import { sideBySide } from '../fixtures/side-by-side.ts';
import { abandonedRun, guardianOf, leftOfRuns, onlyRun, StandIn } from '../fixtures/stand-in.ts';
import { runToStep, startToStep, type StepAction, stepsOf, watching } from '../fixtures/steps.ts';
import { until } from '../fixtures/until.ts';
import { fillVault } from '../fixtures/vault-values.ts';

// Whatever is killed, and whenever: the secrets are there as long as their Nextflow lives, and gone soon after, or
// with the next sweep where nobody is left to remove them. A stand-in for Nextflow lives as long as the test wants
// and looks all the time whether its store is there; test/nextflow does the same with the real one.

const LAUNCH = ['launch', 'main.nf'];
/** Before the step: the guardian's launcher is the parent of this shell. */
const KILL_GUARDIAN = `pkill -9 -P "$PPID" -f '[n]f-secrets-guardian'`;

interface Victim {
  readonly title: string;
  readonly action: StepAction;
  readonly launcherDies: boolean;
  /** Whether the lease is released without a sweep. */
  readonly guardianLives: boolean;
  readonly at: (what: string) => boolean;
}

const VICTIMS: readonly Victim[] = [
  {
    title: 'the launcher',
    action: { action: 'kill' },
    launcherDies: true,
    guardianLives: true,
    at: () => true,
  },
  {
    title: 'the launcher within a write',
    action: { action: 'tear' },
    launcherDies: true,
    guardianLives: true,
    at: (what) => what.startsWith('writeFile'),
  },
  {
    title: 'the guardian',
    action: { action: 'run', command: KILL_GUARDIAN },
    launcherDies: false,
    guardianLives: false,
    at: () => true,
  },
  {
    title: 'the guardian, then the launcher',
    action: { action: 'run', command: `${KILL_GUARDIAN}; kill -9 "$PPID"` },
    launcherDies: true,
    guardianLives: false,
    at: () => true,
  },
];

async function newSandbox(): Promise<{ sandbox: Sandbox; nextflow: StandIn }> {
  const sandbox = new Sandbox();
  const nextflow = new StandIn(sandbox);
  await fillVault('user', { TOKEN: 'fake-token-of-no-service' }, sandbox);
  return { sandbox, nextflow };
}

async function newSandboxWithShortRun(): Promise<Sandbox> {
  const { sandbox, nextflow } = await newSandbox();
  nextflow.letGo();
  return sandbox;
}

/** Whatever has been done before: nothing of any run is left after a sweep, which is safe to repeat. */
async function assertSwept(sandbox: Sandbox, nextflow: StandIn, at: string): Promise<void> {
  assert.equal((await sandbox.nfSecrets(['sweep'])).exitCode, 0, at);
  assert.deepEqual(leftOfRuns(sandbox), [], at);
  assert.equal(nextflow.wasRobbed, false, `${at}: the store was gone while Nextflow lived`);
}

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

describe('kill -9 before every step of a launch', () => {
  let steps: string[];
  let killed = 0;
  after(() => {
    assert.ok(killed >= 180, `${killed} kills`);
  });
  before(async () => {
    steps = await stepsOf(LAUNCH, newSandboxWithShortRun);
  });

  for (const lifetime of ['ends at once', 'lives on'] as const) {
    for (const { title, action, launcherDies, guardianLives, at: happensAt } of VICTIMS) {
      it(`${title}, while Nextflow ${lifetime}`, async () => {
        const kills = steps
          .map((what, index) => ({ what, number: index + 1 }))
          .filter(({ what }) => happensAt(what));
        killed += kills.length;
        await sideBySide(kills, async ({ what, number }) => {
          const at = `${title} at step ${number}, ${what}`;
          const { sandbox, nextflow } = await newSandbox();
          try {
            if (lifetime === 'ends at once') nextflow.letGo();
            const launcher = startToStep(LAUNCH, sandbox, number, action);
            const end = finished(launcher);
            await until(`${at} has happened`, () => hasEnded(launcher) || nextflow.hasStarted);
            if (nextflow.isAlive) {
              await sandbox.ok(['sweep']);
              await sandbox.ok(['sweep']);
            }
            nextflow.letGo();
            const { signal, exitCode, stderr } = await end;
            if (launcherDies) assert.equal(signal, 'SIGKILL', at);
            else assert.equal(exitCode, 0, `${at}: ${stderr}`);
            await until(`${at}: Nextflow has ended`, () => !nextflow.isAlive);
            if (guardianLives)
              await until(`${at}: nothing is left`, () =>
                leftOfRuns(sandbox).every((name) => name.endsWith('.tmp')),
              );
            if (!launcherDies) assert.deepEqual(leftOfRuns(sandbox), [], at);
            await assertSwept(sandbox, nextflow, at);
          } finally {
            sandbox.remove();
          }
        });
      });
    }
  }
});

describe('a signal before every step of a launch, while its guardian is dead', () => {
  for (const signal of ['INT', 'TERM', 'HUP', 'QUIT']) {
    it(`${signal}: the launcher itself leaves nothing`, async () => {
      const steps = await stepsOf(LAUNCH, newSandboxWithShortRun);
      await sideBySide(steps.entries(), async ([index, what]) => {
        const at = `${signal} at step ${index + 1}, ${what}`;
        const { sandbox, nextflow } = await newSandbox();
        try {
          nextflow.letGo();
          const command = `${KILL_GUARDIAN}; kill -${signal} "$PPID"`;
          await finished(startToStep(LAUNCH, sandbox, index + 1, { action: 'run', command }));
          assert.deepEqual(leftOfRuns(sandbox), [], at);
          assert.equal(nextflow.wasRobbed, false, at);
        } finally {
          sandbox.remove();
        }
      });
    });
  }
});

describe('kill -9 of those that clean up', () => {
  /** A run whose launcher is killed while its Nextflow lives. */
  async function orphan(env: Record<string, string>): Promise<{ sandbox: Sandbox; nextflow: StandIn }> {
    const { sandbox, nextflow } = await newSandbox();
    const launcher = sandbox.spawn(process.execPath, [CLI, ...LAUNCH], { env, stdio: 'ignore' });
    await nextflow.untilStarted();
    launcher.kill('SIGKILL');
    await until('the launcher is gone', () => hasEnded(launcher));
    return { sandbox, nextflow };
  }

  /** The steps of a program while it cleans up after an orphan. */
  async function stepsOfCleaner(
    program: string,
    clean: (sandbox: Sandbox) => Promise<unknown>,
  ): Promise<number> {
    const log = join(mkdtempSync(join(tmpdir(), 'nf-secrets-steps-')), 'log');
    const { sandbox, nextflow } = await orphan(watching(program, { TEST_STEP_LOG: log }));
    try {
      // The launcher's own steps.
      rmSync(log, { force: true });
      nextflow.letGo();
      await clean(sandbox);
      await until('nothing is left', () => leftOfRuns(sandbox).length === 0);
      return readFileSync(log, 'utf8').trimEnd().split('\n').length;
    } finally {
      sandbox.remove();
      rmSync(dirname(log), { recursive: true });
    }
  }

  /** Name of the guardian's program: its shell gives it to Node.js as text. */
  const PROGRAM = '-';
  let steps: number;

  it('the guardian, shell and Node.js, before each step of its own', async () => {
    steps = await stepsOfCleaner(PROGRAM, () => Promise.resolve());
    assert.ok(steps >= 3, `${steps} steps`);
    await sideBySide(Array(steps).keys(), async (index) => {
      const step = watching(PROGRAM, {
        TEST_STEP: String(index + 1),
        TEST_STEP_ACTION: 'run',
        TEST_STEP_COMMAND: `kill -9 -- "-$(ps -o pgid= -p "$PPID" | tr -d ' ')"`,
      });
      const { sandbox, nextflow } = await orphan(step);
      try {
        const guardian = guardianOf(onlyRun(sandbox));
        nextflow.letGo();
        await until(
          'the guardian is killed',
          () => processStartTime(guardian, process.platform) === undefined,
        );
        await assertSwept(sandbox, nextflow, `step ${index + 1}`);
      } finally {
        sandbox.remove();
      }
    });
  });

  it('the guardian’s Node.js alone, before each step of its own: the shell starts another one', async () => {
    await sideBySide(Array(steps).keys(), async (index) => {
      const once = join(tmpdir(), `nf-secrets-once-${process.pid}-${index}`);
      const step = watching(PROGRAM, {
        TEST_STEP: String(index + 1),
        TEST_STEP_ACTION: 'run',
        TEST_STEP_COMMAND: `! mkdir ${once} || kill -9 "$PPID"`,
      });
      const { sandbox, nextflow } = await orphan(step);
      try {
        const guardian = guardianOf(onlyRun(sandbox));
        nextflow.letGo();
        await until('it has ended', () => processStartTime(guardian, process.platform) === undefined);
        assert.ok(existsSync(once), 'it was killed');
        assert.deepEqual(
          leftOfRuns(sandbox).filter((name) => !name.endsWith('.tmp')),
          [],
        );
        await assertSwept(sandbox, nextflow, `step ${index + 1}`);
      } finally {
        sandbox.remove();
        rmSync(once, { recursive: true, force: true });
      }
    });
  });

  it('a sweep before each step of its own, then another one', async () => {
    const both = async (): Promise<{ sandbox: Sandbox; nextflow: StandIn }> => {
      const { sandbox, nextflow } = await newSandbox();
      await abandonedRun(sandbox, nextflow);
      return { sandbox, nextflow };
    };
    const steps = await stepsOf(['sweep'], async () => (await both()).sandbox);
    await sideBySide(steps.keys(), async (index) => {
      const { sandbox, nextflow } = await both();
      try {
        const { signal } = await runToStep(['sweep'], sandbox, index + 1, { action: 'kill' });
        assert.equal(signal, 'SIGKILL');
        await assertSwept(sandbox, nextflow, `step ${index + 1}`);
      } finally {
        sandbox.remove();
      }
    });
  });

  it('five sweeps at once: each says the truth, nothing is left', async () => {
    const { sandbox, nextflow } = await newSandbox();
    try {
      await abandonedRun(sandbox, nextflow, 'lives');
      const sweeps = (): Promise<unknown> =>
        sideBySide(
          Array(5).keys(),
          async () => {
            await sandbox.ok(['sweep']);
          },
          5,
        );
      await sweeps();
      assert.notDeepEqual(leftOfRuns(sandbox), []);
      nextflow.letGo();
      await until('Nextflow has ended', () => !nextflow.isAlive);
      await sweeps();
      await assertSwept(sandbox, nextflow, 'five sweeps');
    } finally {
      sandbox.remove();
    }
  });

  it('20 launches at once, half of them killed', async () => {
    const { sandbox, nextflow } = await newSandbox();
    try {
      const launchers = Array.from({ length: 20 }, () =>
        sandbox.spawn(process.execPath, [CLI, ...LAUNCH], { stdio: 'ignore' }),
      );
      const runs = (): unknown[] => readdirSync(runRoot(sandbox));
      await until('all have been provisioned', () => existsSync(runRoot(sandbox)) && runs().length === 20);
      for (const launcher of launchers.slice(10)) launcher.kill('SIGKILL');
      assert.equal(runs().length, 20);
      nextflow.letGo();
      await until('nothing is left', () => runs().length === 0 && launchers.every(hasEnded));
      assert.ok(launchers.slice(0, 10).every(({ exitCode }) => exitCode === 0));
      await assertSwept(sandbox, nextflow, '20 launches');
    } finally {
      sandbox.remove();
    }
  });
});
