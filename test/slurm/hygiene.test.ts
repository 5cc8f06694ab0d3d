import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { MIDDLE, STRICT, type NextflowSandbox } from '../fixtures/nextflow-sandbox.ts';
import { runRoot } from '../fixtures/places.ts';
import { CLI, finished } from '../fixtures/sandbox.ts';
import { SlurmLab } from '../fixtures/slurm-lab.ts';
import {
  assertStarted,
  ledger,
  started,
  untilNothingIsLeft,
  untilQueued,
  VALUE,
  writePipeline,
} from '../fixtures/slurm-launch.ts';
import { processesOf, shownTraces, tracesIn, tracesInFiles } from '../fixtures/traces.ts';
import { until } from '../fixtures/until.ts';

// What Slurm keeps of a job anybody on the cluster may see, and it keeps it for long.

const VALUES = { TOKEN: VALUE };

for (const variant of [STRICT, MIDDLE]) {
  describe(`a launch on Slurm, looked at from outside, ${variant.title} @nextflow @slurm`, function () {
    this.timeout(240_000);
    let lab: SlurmLab;
    before(async () => {
      lab = await SlurmLab.start();
    });
    after(async () => {
      await lab.stop();
    });

    const newSandbox = async (): Promise<NextflowSandbox> => lab.sandbox(variant, VALUES);

    it('no value is in what Slurm keeps, or in the environment of other tasks', async () => {
      const sandbox = await newSandbox();
      writePipeline(sandbox, '  RUNS(Channel.of(1))\n  WAITS(Channel.of(1))\n  ASKS_NOTHING(Channel.of(1))');
      const end = finished(sandbox.spawn(process.execPath, [CLI, 'launch', 'main.nf']));
      await untilQueued(lab.slurm, sandbox, 2, 1);
      await until('the third has ended', () => lab.slurm.jobs(sandbox.root).length === 2);

      const others = readFileSync(join(sandbox.dumps, 'environment-of-nothing'));
      assert.deepEqual(tracesIn(others, VALUES, 'the environment of ASKS_NOTHING'), []);
      assert.equal(started(sandbox)['ASKS_NOTHING-1'], 'NO SECRET');
      // Its state, its spool with the scripts and environments of jobs, its logs. The database of sacct needs a
      // server of its own; it is fed from the same records.
      assert.equal(shownTraces(tracesInFiles(lab.directory, VALUES)), '');
      for (const job of lab.slurm.jobs(sandbox.root)) {
        const shown = lab.slurm.run('scontrol', ['show', 'job', '-d', job]) ?? '';
        assert.match(shown, /JobState=/);
        assert.deepEqual(tracesIn(shown, VALUES, `scontrol show job ${job}`), []);
        const script = lab.slurm.run('scontrol', ['write', 'batch_script', job, '-']) ?? '';
        assert.match(script, /nxf_main/);
        assert.deepEqual(tracesIn(script, VALUES, `the script of ${job}`), []);
      }
      const asks = (task: string): boolean =>
        existsSync(join(task, '.command.sh')) &&
        readFileSync(join(task, '.command.sh'), 'utf8').includes('task-RUNS');
      for (const { title, argv, environ, cwd } of processesOf(process.pid, sandbox.root)) {
        assert.deepEqual(tracesIn(argv, VALUES, `the arguments of ${title}`), []);
        if (!asks(cwd)) assert.deepEqual(tracesIn(environ, VALUES, `the environment of ${title}`), []);
      }
      sandbox.openGate();
      await lab.slurm.letThemRun(sandbox.root);
      assert.equal((await end).exitCode, 0);
      await untilNothingIsLeft(lab.slurm, sandbox);
    });

    it('a task that starts without its secret does not pass: the run fails, and names it', async () => {
      const sandbox = await newSandbox();
      writePipeline(sandbox, '  RUNS(Channel.of(1))\n  WAITS(Channel.of(1))');
      const end = finished(sandbox.spawn(process.execPath, [CLI, 'launch', 'main.nf']));
      await untilQueued(lab.slurm, sandbox, 1, 1);
      // As a node sees it that does not have the run root.
      const [run] = ledger(sandbox);
      const store = join(runRoot(sandbox), run?.runId ?? '');
      for (const name of readdirSync(store).filter((one) => one.endsWith('.secrets')))
        unlinkSync(join(store, name));
      sandbox.openGate();
      await lab.slurm.letThemRun(sandbox.root);
      const { exitCode, stderr } = await end;
      assert.deepEqual(started(sandbox), { 'RUNS-1': VALUE, 'WAITS-1': 'NO SECRET' });
      assert.equal(exitCode, 74, stderr);
      assert.match(stderr, /1 task started WITHOUT secrets/);
      assert.match(stderr, /TOKEN {2}in .*\/work\/[0-9a-f]{2}\/.*, and SUCCEEDED\n/);
      await untilNothingIsLeft(lab.slurm, sandbox);
    });

    if (variant !== STRICT) return;

    it('a work directory elsewhere, with a space in its name', async () => {
      const sandbox = await newSandbox();
      writePipeline(sandbox, '  WAITS(Channel.of(1))');
      const end = finished(
        sandbox.spawn(process.execPath, [CLI, 'launch', 'main.nf', '-w', join(sandbox.root, 'my work')]),
      );
      await untilQueued(lab.slurm, sandbox, 0, 1);
      const [run] = ledger(sandbox);
      process.kill(run?.child ?? 0, 'SIGKILL');
      assert.match((await end).stderr, /its Slurm jobs \d+ wait or start/);
      await lab.slurm.letThemRun(sandbox.root);
      assertStarted(sandbox, ['WAITS-1']);
      await untilNothingIsLeft(lab.slurm, sandbox);
    });
  });
}
