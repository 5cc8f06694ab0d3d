import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  MIDDLE,
  NEWEST,
  type NextflowSandbox,
  type NextflowVariant,
  Sandboxes,
} from '../fixtures/nextflow-sandbox.ts';
import { ledgerDirectory, runRoot } from '../fixtures/places.ts';
import { PROJECT } from '../fixtures/sandbox.ts';
import { Slurm } from '../fixtures/slurm.ts';
import {
  assertStarted,
  ledger,
  started,
  untilNothingIsLeft,
  untilQueued,
  VALUE,
  writePipeline,
} from '../fixtures/slurm-launch.ts';
import { guardianOf } from '../fixtures/stand-in.ts';
import { until } from '../fixtures/until.ts';

// A launch inside a Slurm job, by the script that is there to be copied. Slurm ends all that belongs to a job together
// with it; here without cgroups, so the guardian, which is outside of the launcher's session, is ended by the test.

const SCRIPT = join(PROJECT, 'examples', 'slurm', 'launch.sbatch');
const CALLS = '  RUNS(Channel.of(1))\n  WAITS(Channel.of(1, 2))';

describe('a launch inside a Slurm job @nextflow @slurm', function () {
  this.timeout(300_000);
  const sandboxes = new Sandboxes();
  let directory: string;
  let slurm: Slurm;
  let atLimit: NextflowSandbox;
  let limited: string;

  /** @returns the id of the launcher's job. */
  const submit = async (sandbox: NextflowSandbox, ...options: string[]): Promise<string> => {
    writePipeline(sandbox, CALLS);
    const args = ['--parsable', ...options, SCRIPT, 'main.nf'];
    const { exitCode, stdout, stderr } = await sandbox.run('sbatch', args);
    assert.equal(exitCode, 0, stderr);
    return String(stdout).trim();
  };
  const newSandbox = async (variant: NextflowVariant): Promise<NextflowSandbox> => {
    const sandbox = await sandboxes.create(variant);
    sandbox.env['SLURM_CONF'] = slurm.conf;
    await sandbox.fillVault('user', { TOKEN: VALUE });
    return sandbox;
  };
  const isOver = (job: string, sandbox: NextflowSandbox): boolean => {
    const jobs = slurm.jobs(sandbox.root);
    return !jobs.includes('?') && !jobs.includes(job);
  };

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'nfs-slurm-'));
    slurm = await Slurm.start(join(directory, 's'));
    atLimit = await newSandbox(NEWEST);
    // A minute is the shortest limit that there is; meanwhile the other tests run. No warning ahead of it.
    limited = await submit(atLimit, '--time=1', '--signal=B:CONT@1');
  });
  after(async () => {
    await slurm.stop();
    rmSync(directory, { recursive: true });
    sandboxes.removeAll();
  });

  for (const variant of [NEWEST, MIDDLE]) {
    it(`TERM ahead of the limit ends the run as Ctrl-C does, ${variant.title}`, async () => {
      const sandbox = await newSandbox(variant);
      const job = await submit(sandbox);
      await untilQueued(slurm, sandbox, 1, 2);
      slurm.run('scancel', ['--batch', '--signal=TERM', job]);
      const log = join(sandbox.workspace, `nextflow-${job}.log`);
      await until('the launcher says its end', () =>
        readFileSync(log, 'utf8').includes('ended with exit code 1. Its secrets are removed'),
      );
      assertStarted(sandbox, ['RUNS-1']);
      await untilNothingIsLeft(slurm, sandbox);
    });

    it(`KILL of all of it: jobs that wait get their secrets, then a sweep on another node removes them, ${variant.title}`, async () => {
      const sandbox = await newSandbox(variant);
      const job = await submit(sandbox);
      await untilQueued(slurm, sandbox, 1, 2);
      const [run] = ledger(sandbox);
      assert.ok(run !== undefined);
      // As the end of its cgroup does it; scancel would begin with TERM, which is enough for an orderly end.
      for (const pid of [guardianOf(run.runId), run.launcher, run.child]) process.kill(pid, 'SIGKILL');
      await until('it is over', () => isOver(job, sandbox) && !existsSync(`/proc/${run.child}/environ`));

      // As another node sees it, which can only ask Slurm.
      const path = join(ledgerDirectory(sandbox), `${run.runId}.json`);
      const entry = JSON.parse(readFileSync(path, 'utf8')) as { slurmJob: string; launcher: object };
      assert.equal(entry.slurmJob, job);
      writeFileSync(path, JSON.stringify({ ...entry, launcher: { ...entry.launcher, host: 'another' } }));
      const old = Date.now() / 1000 - 600;
      utimesSync(path, old, old);

      await sandbox.ok(['sweep']);
      assert.ok(existsSync(join(runRoot(sandbox), run.runId)));
      sandbox.openGate();
      await slurm.letThemRun(sandbox.root);
      assertStarted(sandbox, ['RUNS-1', 'WAITS-1', 'WAITS-2']);
      const runs = JSON.parse(String(await sandbox.ok(['runs', '--json']))) as object[];
      assert.match(JSON.stringify(runs), new RegExp(`"state": ?"over".*Slurm job ${job} is over`));
      await sandbox.ok(['sweep']);
      await untilNothingIsLeft(slurm, sandbox);
    });
  }

  it('at its time limit: nothing starts without its secrets, and the next sweep leaves nothing', async () => {
    await until('the limit is reached', () => isOver(limited, atLimit));
    atLimit.openGate();
    await slurm.letThemRun(atLimit.root);
    for (const [task, got] of Object.entries(started(atLimit))) assert.equal(got, VALUE, task);
    await atLimit.ok(['sweep']);
    await untilNothingIsLeft(slurm, atLimit);
  });
});
