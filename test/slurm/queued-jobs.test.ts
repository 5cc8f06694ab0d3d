import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NEXTFLOW_VARIANTS, type NextflowSandbox, Sandboxes } from '../fixtures/nextflow-sandbox.ts';
import { runRoot } from '../fixtures/places.ts';
import { CLI } from '../fixtures/sandbox.ts';
import { Slurm } from '../fixtures/slurm.ts';
import { guardianOf, leftOfRuns, onlyRun } from '../fixtures/stand-in.ts';
import { until } from '../fixtures/until.ts';

// What waits in the queue when everything else is gone still needs its secrets.

const VALUE = 'fake-value-of-no-service';

const FILES = {
  'main.nf': `
process WAITS {
  secret 'TOKEN'
  input: val x
  script:
  '''
  printf %s "$TOKEN" > "$DUMPS/task-$SLURM_JOB_ID"
  '''
}

workflow { WAITS(Channel.of(1, 2)) }
`,
  'nextflow.config': `
process.executor = 'slurm'
process.clusterOptions = '--hold'
executor.pollInterval = '1 sec'
executor.queueStatInterval = '2 sec'
executor.exitReadTimeout = '15 sec'
`,
};

// Job arrays are younger than the oldest Nextflow; the parser does not matter.
for (const variant of NEXTFLOW_VARIANTS.slice(1, 3)) {
  describe(`jobs in the queue of a killed run, ${variant.title} @nextflow @slurm`, () => {
    const sandboxes = new Sandboxes();
    let directory: string;
    let slurm: Slurm;
    let sandbox: NextflowSandbox;

    before(async () => {
      directory = mkdtempSync(join(tmpdir(), 'nfs-slurm-'));
      slurm = await Slurm.start(join(directory, 's'));
    });
    beforeEach(async () => {
      sandbox = await sandboxes.create(variant);
      sandbox.env['SLURM_CONF'] = slurm.conf;
      await sandbox.fillVault('user', { TOKEN: VALUE });
    });
    after(async () => {
      await slurm.stop();
      rmSync(directory, { recursive: true });
      sandboxes.removeAll();
    });

    const held = (): number =>
      slurm.run('squeue', ['-h', '-r', '-t', 'PD'])?.split('\n').filter(Boolean).length ?? 0;
    const states = async (): Promise<string[]> =>
      (JSON.parse(String(await sandbox.ok(['runs', '--json']))) as { state: string; reason: string }[]).map(
        ({ state, reason }) => `${state}: ${reason}`,
      );
    /** A run whose jobs are all held, and of which launcher, Nextflow and what is named have been killed. */
    const killed = async (extra: string, alsoGuardian: boolean): Promise<string> => {
      for (const [name, text] of Object.entries(FILES)) sandbox.write(name, text);
      sandbox.write('extra.config', extra);
      const launcher = sandbox.spawn(process.execPath, [CLI, 'launch', 'main.nf', '-c', 'extra.config'], {
        stdio: 'ignore',
      });
      await until('both jobs are in the queue', () => held() === 2);
      const runId = onlyRun(sandbox);
      if (alsoGuardian) process.kill(guardianOf(runId), 'SIGKILL');
      const entry = JSON.parse(readFileSync(join(sandbox.toolHome, 'runs', `${runId}.json`), 'utf8')) as {
        child: { pid: number };
      };
      launcher.kill('SIGKILL');
      process.kill(entry.child.pid, 'SIGKILL');
      await until('Nextflow is gone', () => !existsSync(`/proc/${entry.child.pid}`));
      return runId;
    };
    const letThemRun = async (): Promise<void> => {
      for (const job of slurm.run('squeue', ['-h', '-o', '%A'])?.split('\n') ?? [])
        slurm.run('scontrol', ['release', job]);
      await until('the queue is empty', () => slurm.run('squeue', ['-h']) === '');
    };
    const assertBothHadIt = (): void => {
      const tasks = readdirSync(sandbox.dumps).filter((name) => name.startsWith('task-'));
      assert.deepEqual(
        tasks.map((name) => readFileSync(join(sandbox.dumps, name), 'utf8')),
        [VALUE, VALUE],
      );
    };

    it('of a job array keep their secrets until a sweep after them', async () => {
      const runId = await killed('process.array = 2', true);
      await sandbox.ok(['sweep']);
      assert.ok(existsSync(join(runRoot(sandbox), runId)));
      assert.match(
        (await states())[0] ?? '',
        /^running: Slurm has jobs of it that wait or start \(scancel \d+_\d \d+_\d ends them\)$/,
      );
      await letThemRun();
      assertBothHadIt();
      await sandbox.ok(['sweep']);
      assert.deepEqual(leftOfRuns(sandbox), []);
    });

    it('are not given up when the controller does not answer', async () => {
      const runId = await killed('', true);
      await slurm.stopController();
      assert.match((await states())[0] ?? '', /^unknown: .*Slurm does not answer/);
      const kept = await sandbox.nfSecrets(['sweep']);
      assert.match(kept.stderr, /Slurm does not answer.*nf-secrets sweep --run/);
      assert.ok(existsSync(join(runRoot(sandbox), runId)));
      slurm.startController();
      await until('it answers', () => held() === 2);
      await letThemRun();
      assertBothHadIt();
      await sandbox.ok(['sweep']);
      assert.deepEqual(leftOfRuns(sandbox), []);
    });
  });
}
