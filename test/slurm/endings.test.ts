import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { MIDDLE, STRICT, type NextflowSandbox } from '../fixtures/nextflow-sandbox.ts';
import { CLI, finished } from '../fixtures/sandbox.ts';
import { sideBySide } from '../fixtures/side-by-side.ts';
import type { Slurm } from '../fixtures/slurm.ts';
import { SlurmLab } from '../fixtures/slurm-lab.ts';
import {
  assertStarted,
  ledger,
  untilNothingIsLeft,
  untilQueued,
  VALUE,
  writePipeline,
} from '../fixtures/slurm-launch.ts';
import { Terminal } from '../fixtures/terminal.ts';
import { until } from '../fixtures/until.ts';

// However a run on a real Slurm ends, with tasks that run and tasks that wait in the queue: each task that starts has
// its secrets, and nothing is left in the end.

const CALLS = '  RUNS(Channel.of(1))\n  WAITS(Channel.of(1, 2))';
const WHO_WAITED = ['WAITS-1', 'WAITS-2'];

interface Ending {
  readonly title: string;
  readonly workflow?: string;
  /** What ends it, once a task runs and two wait. */
  readonly end: (run: { sandbox: NextflowSandbox; slurm: Slurm; launcher: number; child: number }) => unknown;
  readonly inTerminal?: true;
  readonly exitCode: number;
  /** What the launcher says at its end. */
  readonly says: RegExp;
  /** Whether the jobs that wait are still there then, and get their secrets later. */
  readonly jobsStay: boolean;
}

const ENDINGS: readonly Ending[] = [
  {
    title: 'a task fails',
    workflow: `${CALLS}\n  FAILS(Channel.of(1))`,
    end: () => undefined,
    exitCode: 1,
    says: /secrets are removed/,
    jobsStay: false,
  },
  {
    title: 'Ctrl-C',
    inTerminal: true,
    end: () => undefined,
    exitCode: 1,
    says: /secrets are removed/,
    jobsStay: false,
  },
  {
    title: 'TERM',
    end: ({ launcher }) => process.kill(launcher, 'SIGTERM'),
    exitCode: 1,
    says: /secrets are removed/,
    jobsStay: false,
  },
  {
    title: 'KILL of Nextflow',
    end: ({ child }) => process.kill(child, 'SIGKILL'),
    exitCode: 137,
    says: /its Slurm jobs \d+, \d+ wait or start\. Its secrets are removed when nothing of it needs them/,
    jobsStay: true,
  },
  {
    title: 'KILL of launcher and Nextflow',
    end: ({ launcher, child }) => {
      process.kill(launcher, 'SIGKILL');
      process.kill(child, 'SIGKILL');
    },
    exitCode: -1,
    says: /^/,
    jobsStay: true,
  },
];

// Job arrays are younger than the oldest Nextflow; the parser does not matter.
for (const variant of [STRICT, MIDDLE]) {
  describe(`how a launch on Slurm ends, ${variant.title} @nextflow @slurm`, function () {
    this.timeout(240_000);
    let lab: SlurmLab;
    before(async () => {
      lab = await SlurmLab.start();
    });
    after(async () => {
      await lab.stop();
    });

    const newSandbox = async (): Promise<NextflowSandbox> => lab.sandbox(variant, { TOKEN: VALUE });
    const onlyEntry = (sandbox: NextflowSandbox): { runId: string; launcher: number; child: number } => {
      const [entry] = ledger(sandbox);
      assert.ok(entry !== undefined);
      return entry;
    };

    it('each task that starts has its secrets, and nothing is left', async () => {
      await sideBySide(ENDINGS, async ({ title, workflow = CALLS, end, inTerminal, ...expected }) => {
        const sandbox = await newSandbox();
        writePipeline(sandbox, workflow);
        let exitCode: number;
        let said: string;
        if (inTerminal === true) {
          const terminal = Terminal.open(sandbox, ['nf-secrets', 'launch', 'main.nf']);
          await untilQueued(lab.slurm, sandbox, 1, 2);
          terminal.type('\x03');
          exitCode = await terminal.ended();
          said = terminal.screen;
        } else {
          const launcher = sandbox.spawn(process.execPath, [CLI, 'launch', 'main.nf'], { detached: true });
          const result = finished(launcher);
          if (workflow === CALLS) {
            await untilQueued(lab.slurm, sandbox, 1, 2);
            end({ sandbox, slurm: lab.slurm, ...onlyEntry(sandbox) });
          }
          const { exitCode: code, stderr, stdout } = await result;
          exitCode = code ?? -1;
          said = stderr + String(stdout);
        }
        assert.equal(exitCode, expected.exitCode, `${title}: ${said}`);
        assert.match(said, expected.says, `${title}: ${said}`);
        if (expected.jobsStay) {
          assert.equal(lab.slurm.jobs(sandbox.root, 'PENDING').length, 2, title);
          // Whatever is swept meanwhile.
          await sandbox.ok(['sweep']);
          assert.match(String(await sandbox.ok(['runs'])), / running /, title);
          assert.match(
            String(await sandbox.ok(['runs', '--json'])),
            /"reason": ?"Slurm has jobs of it that wait or start\. To end them: scancel \d+ \d+"/,
            title,
          );
        }
        sandbox.openGate();
        await lab.slurm.letThemRun(sandbox.root);
        const others = workflow === CALLS ? [] : ['FAILS-1'];
        assertStarted(
          sandbox,
          expected.jobsStay
            ? ['RUNS-1', ...WHO_WAITED]
            : // What fails may do so before the others have been submitted.
              ['RUNS-1', ...others].filter(
                (name) => others.length === 0 || existsSync(join(sandbox.dumps, `task-${name}`)),
              ),
        );
        await untilNothingIsLeft(lab.slurm, sandbox);
      });
    });

    it('KILL of the launcher: the run goes on to its end, and the guardian removes its secrets', async () => {
      const sandbox = await newSandbox();
      writePipeline(sandbox, CALLS);
      const launcher = sandbox.spawn(process.execPath, [CLI, 'launch', 'main.nf'], { stdio: 'ignore' });
      await untilQueued(lab.slurm, sandbox, 1, 2);
      const { child } = onlyEntry(sandbox);
      launcher.kill('SIGKILL');
      sandbox.openGate();
      await lab.slurm.letThemRun(sandbox.root);
      await until('Nextflow has ended', () => !existsSync(`/proc/${child}/environ`));
      assertStarted(sandbox, ['RUNS-1', ...WHO_WAITED]);
      await untilNothingIsLeft(lab.slurm, sandbox);
    });

    it('the controller stops before an abort: what it still has in its queue gets its secrets', async () => {
      const sandbox = await newSandbox();
      writePipeline(sandbox, CALLS);
      const result = finished(sandbox.spawn(process.execPath, [CLI, 'launch', 'main.nf']));
      await untilQueued(lab.slurm, sandbox, 1, 2);
      const { launcher } = onlyEntry(sandbox);
      await lab.slurm.stopController();
      process.kill(launcher, 'SIGTERM');
      const { exitCode, stderr } = await result;
      assert.equal(exitCode, 1, stderr);
      assert.match(stderr, /Slurm does not answer, and jobs of it may still wait/);
      assert.match(String(await sandbox.ok(['runs', '--json'])), /"unknown"[^]*Slurm does not answer/);
      lab.slurm.startController();
      await until('it answers', () => lab.slurm.jobs(sandbox.root, 'PENDING').length === 2);
      sandbox.openGate();
      await lab.slurm.letThemRun(sandbox.root);
      assertStarted(sandbox, ['RUNS-1', ...WHO_WAITED]);
      await untilNothingIsLeft(lab.slurm, sandbox);
    });

    it('two in one directory: the jobs of one are cancelled, those of the other have their secrets', async () => {
      const sandbox = await newSandbox();
      writePipeline(sandbox, '  WAITS(Channel.of(params.x))');
      const launch = (x: number): void => {
        sandbox.spawn(process.execPath, [CLI, 'launch', 'main.nf', '--x', String(x)], { stdio: 'ignore' });
      };
      launch(1);
      await untilQueued(lab.slurm, sandbox, 0, 1);
      const [first] = ledger(sandbox);
      assert.ok(first !== undefined);
      launch(2);
      await untilQueued(lab.slurm, sandbox, 0, 2);
      for (const { launcher, child } of ledger(sandbox)) {
        process.kill(launcher, 'SIGKILL');
        process.kill(child, 'SIGKILL');
      }
      const [ofFirst] = lab.slurm.jobs(sandbox.root, 'PENDING').sort((a, b) => Number(a) - Number(b));
      const sweep = async (...more: string[]): Promise<Record<string, unknown[]>> =>
        JSON.parse(
          String(await sandbox.ok(['sweep', '--json', '--cancel-jobs', '--run', first.runId, ...more])),
        ) as Record<string, unknown[]>;
      await until('both Nextflows are gone', () =>
        ledger(sandbox).every(({ child }) => !existsSync(`/proc/${child}/environ`)),
      );
      const cancelled = [{ runId: first.runId, jobs: [{ id: ofFirst }] }];
      assert.deepEqual((await sweep('--dry-run'))['cancelled'], cancelled);
      assert.equal(lab.slurm.jobs(sandbox.root, 'PENDING').length, 2);
      const { cancelled: done, released, kept } = await sweep();
      assert.deepEqual([done, kept], [cancelled, []]);
      assert.equal(released?.length, 1);
      assert.equal(lab.slurm.jobs(sandbox.root, 'PENDING').length, 1);
      await lab.slurm.letThemRun(sandbox.root);
      assertStarted(sandbox, ['WAITS-2']);
      await untilNothingIsLeft(lab.slurm, sandbox);
    });
  });
}
