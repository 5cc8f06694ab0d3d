import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { NEXTFLOW_VARIANTS, type NextflowSandbox, Sandboxes } from '../fixtures/nextflow-sandbox.ts';
import { runRoot } from '../fixtures/places.ts';
import { CLI, finished, type Result } from '../fixtures/sandbox.ts';
import { sideBySide } from '../fixtures/side-by-side.ts';
import { assertStarted, ledger, VALUE } from '../fixtures/slurm-launch.ts';
import { leftOfRuns } from '../fixtures/stand-in.ts';
import { type SchedulerName, StandInScheduler } from '../fixtures/stand-in-scheduler.ts';
import { until } from '../fixtures/until.ts';

// SGE, PBS and LSF, which nf-secrets cannot ask about jobs. The schedulers here are STAND-INS, which queue jobs and run
// them on this machine; Nextflow is real and drives them as it drives the real ones.

const PIPELINE = `
process WAITS {
  secret 'TOKEN'
  input: val x
  script:
  """
  printf %s "\\\${TOKEN-NO SECRET}" > "\\$DUMPS/task-WAITS-$x"
  """
}

workflow { WAITS(Channel.of(1, 2)) }
`;

interface Run {
  readonly sandbox: NextflowSandbox;
  readonly scheduler: StandInScheduler;
  readonly runId: string;
  readonly launcher: number;
  readonly child: number;
}

interface Ending {
  readonly title: string;
  readonly end: (run: Run) => void;
  /** Of the launcher; null if it is killed. */
  readonly exitCode: number | null;
  /** Whether the lease stays, with the jobs that wait. */
  readonly stays: boolean;
}

const ENDINGS: readonly Ending[] = [
  {
    title: 'success',
    end: ({ scheduler }) => {
      for (const id of ['1', '2']) scheduler.start(id);
    },
    exitCode: 0,
    stays: false,
  },
  {
    title: 'TERM',
    end: ({ launcher }) => process.kill(launcher, 'SIGTERM'),
    exitCode: 1,
    stays: false,
  },
  {
    title: 'TERM when the scheduler does not answer',
    end: ({ scheduler, launcher }) => {
      scheduler.fail();
      process.kill(launcher, 'SIGTERM');
    },
    exitCode: 1,
    stays: true,
  },
  {
    title: 'KILL of Nextflow',
    end: ({ child }) => process.kill(child, 'SIGKILL'),
    exitCode: 137,
    stays: true,
  },
  {
    title: 'KILL of launcher and Nextflow',
    end: ({ launcher, child }) => {
      process.kill(launcher, 'SIGKILL');
      process.kill(child, 'SIGKILL');
    },
    exitCode: null,
    stays: true,
  },
];

const SCHEDULERS: readonly SchedulerName[] = ['pbs', 'sge', 'lsf'];

for (const [index, name] of SCHEDULERS.entries()) {
  const variant = NEXTFLOW_VARIANTS[index]!;
  describe(`jobs in the queue of a stand-in for ${name}, ${variant.title} @nextflow`, function () {
    this.timeout(240_000);
    const sandboxes = new Sandboxes();
    after(() => {
      sandboxes.removeAll();
    });

    const check = async ({ title, end, exitCode, stays }: Ending): Promise<void> => {
      const sandbox = await sandboxes.create(variant);
      const scheduler = new StandInScheduler(name, sandbox);
      await sandbox.fillVault('user', { TOKEN: VALUE });
      sandbox.write('main.nf', PIPELINE);
      sandbox.write(
        'nextflow.config',
        `process.executor = '${name}'\nexecutor.pollInterval = '1 sec'\nexecutor.queueStatInterval = '2 sec'\n`,
      );
      const launch = finished(sandbox.spawn(process.execPath, [CLI, 'launch', 'main.nf']));
      await until(`${title}: both wait`, () => scheduler.waiting.length === 2);
      const [run] = ledger(sandbox);
      assert.ok(run !== undefined);
      end({ sandbox, scheduler, ...run });
      const result = await launch;
      assert.equal(result.exitCode, exitCode, `${title}: ${result.stderr}${String(result.stdout)}`);
      if (!stays) {
        assert.match(result.stderr, /Its secrets are removed/, title);
        assertStarted(sandbox, exitCode === 0 ? ['WAITS-1', 'WAITS-2'] : []);
        assert.deepEqual(leftOfRuns(sandbox), [], title);
        return;
      }
      await checkThatItStays(title, sandbox, scheduler, run.runId, result);
    };

    const checkThatItStays = async (
      title: string,
      sandbox: NextflowSandbox,
      scheduler: StandInScheduler,
      runId: string,
      { exitCode, stderr }: Result,
    ): Promise<void> => {
      const why = new RegExp(
        `jobs of it may still wait in the queue \\(${name}\\), which nf-secrets cannot ask`,
      );
      if (exitCode !== null) assert.match(stderr, why, title);
      const runs = await sandbox.nfSecrets(['runs']);
      assert.match(
        String(runs.stdout),
        new RegExp(`^${runId} +unknown `, 'm'),
        `${title}: ${runs.stderr}${String(runs.stdout)}${stderr}`,
      );
      assert.match(runs.stderr, why, title);
      const swept = await sandbox.nfSecrets(['sweep', '--cancel-jobs']);
      assert.match(
        swept.stderr,
        new RegExp(`Run ${runId} is kept: .*nf-secrets sweep --run ${runId}`),
        title,
      );
      assert.ok(existsSync(join(runRoot(sandbox), runId, 'store.json')), title);
      for (const id of scheduler.waiting) scheduler.start(id);
      await until(`${title}: both are done`, () => ['1', '2'].every((id) => scheduler.isDone(id)));
      assertStarted(sandbox, ['WAITS-1', 'WAITS-2']);
      await sandbox.ok(['sweep', '--run', runId]);
      assert.deepEqual(leftOfRuns(sandbox), [], title);
      assert.deepEqual(sandbox.filesWith(VALUE), [], title);
      assert.doesNotMatch(readFileSync(join(sandbox.workspace, '.nextflow.log'), 'utf8'), new RegExp(VALUE));
    };

    it('an orderly end removes the lease, any other one leaves it to a person', async () => {
      await sideBySide(ENDINGS, check);
    });
  });
}
