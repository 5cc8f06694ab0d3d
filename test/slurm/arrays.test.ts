import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { hazardousValues } from '../fixtures/hazardous-values.ts';
import { MIDDLE, STRICT, type NextflowSandbox } from '../fixtures/nextflow-sandbox.ts';
import { CLI, finished } from '../fixtures/sandbox.ts';
import { SlurmLab } from '../fixtures/slurm-lab.ts';
import { FAST_SLURM, ledger, untilNothingIsLeft, VALUE } from '../fixtures/slurm-launch.ts';
import { guardianOf } from '../fixtures/stand-in.ts';
import { environmentOf, KEEP_ENVIRONMENT } from '../fixtures/task-environment.ts';
import { until } from '../fixtures/until.ts';

// Many tasks at once, in job arrays, with values that mean something to a shell.

const SECRETS = Object.fromEntries(
  hazardousValues('S0', 'S1')
    .slice(0, 24)
    .map((value, index) => [`S${index}`, value]),
);
const NAMES = Object.keys(SECRETS);

const pipeline = (tasks: number, clusterOptions = ''): string => `
process MANY {
${NAMES.map((name) => `  secret '${name}'`).join('\n')}
  array 25
  ${clusterOptions}
  input: val x
  script:
  """
  ${KEEP_ENVIRONMENT.replaceAll('$', '\\$')} env-$x
  """
}

workflow { MANY(Channel.of(1..${tasks})) }
`;

for (const variant of [STRICT, MIDDLE]) {
  describe(`job arrays on Slurm, ${variant.title} @nextflow @slurm`, function () {
    this.timeout(240_000);
    let lab: SlurmLab;
    before(async () => {
      lab = await SlurmLab.start();
    });
    after(async () => {
      await lab.stop();
    });

    const newSandbox = async (): Promise<NextflowSandbox> => {
      const sandbox = await lab.sandbox(variant, { ...SECRETS, OTHER: VALUE });
      sandbox.write('nextflow.config', FAST_SLURM);
      return sandbox;
    };
    const assertAllHadThem = (sandbox: NextflowSandbox, tasks: number): void => {
      const kept = readdirSync(sandbox.dumps).filter((name) => name.startsWith('env-'));
      assert.equal(kept.length, tasks);
      for (const name of kept) {
        const environment = environmentOf(sandbox, name);
        const got = Object.fromEntries(NAMES.map((secret) => [secret, environment.get(secret)?.toString()]));
        assert.deepEqual(got, SECRETS, name);
        assert.equal(environment.has('OTHER'), false);
      }
      assert.deepEqual(
        sandbox.files().filter((file) => file.endsWith('PWNED')),
        [],
      );
    };

    it('of 100 tasks, each gets every value exactly', async () => {
      const sandbox = await newSandbox();
      sandbox.write('main.nf', pipeline(100));
      const { exitCode, stderr, stdout } = await sandbox.launch(['main.nf']);
      assert.equal(exitCode, 0, stderr + String(stdout));
      assertAllHadThem(sandbox, 100);
      await untilNothingIsLeft(lab.slurm, sandbox);
    });

    it('of which some elements are done when all is killed: a sweep waits for the others', async () => {
      const sandbox = await newSandbox();
      sandbox.write('main.nf', pipeline(6, "clusterOptions '--hold'"));
      const end = finished(sandbox.spawn(process.execPath, [CLI, 'launch', 'main.nf']));
      await until('all wait', () => lab.slurm.jobs(sandbox.root, 'PENDING').length === 6);
      const [array] = (lab.slurm.jobs(sandbox.root)[0] ?? '').split('_');
      lab.slurm.run('scontrol', ['release', `${array}_0`]);
      lab.slurm.run('scontrol', ['release', `${array}_3`]);
      await until('two are done', () => lab.slurm.jobs(sandbox.root).length === 4);
      const [run] = ledger(sandbox);
      assert.ok(run !== undefined);
      for (const pid of [guardianOf(run.runId), run.launcher, run.child]) process.kill(pid, 'SIGKILL');
      await end;
      await until('Nextflow is gone', () => !existsSync(`/proc/${run.child}/environ`));

      const kept = await sandbox.nfSecrets(['sweep']);
      assert.match(
        kept.stderr,
        /is kept: Slurm has jobs of it that wait or start\. To end them: scancel( \d+_[1245]){4}$/m,
      );
      await lab.slurm.letThemRun(sandbox.root);
      assertAllHadThem(sandbox, 6);
      await sandbox.ok(['sweep']);
      await untilNothingIsLeft(lab.slurm, sandbox);
    });
  });
}
