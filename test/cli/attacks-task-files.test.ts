import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { HOSTILE_FILES, replaceAll } from '../fixtures/hostile-files.ts';
import { runRoot } from '../fixtures/places.ts';
import { CLI, finished, Sandbox } from '../fixtures/sandbox.ts';
import { abandonedRun, leftOfRuns, onlyRun, StandIn } from '../fixtures/stand-in.ts';
import { until } from '../fixtures/until.ts';
import { fillVault } from '../fixtures/vault-values.ts';

// A task owns its directory. What it, or who can write there, puts in the place of the files that we look at holds up
// no launch and no sweep, and what we cannot read then is not taken for nothing. Nextflow and Slurm's programs are
// STAND-INS here.

const FILES = ['.command.run', '.command.sh', '.command.err', '.command.log', '.exitcode', '.command.out'];

describe('a task that replaces files of its directory', () => {
  let sandbox: Sandbox;
  let nextflow: StandIn;
  let slurm: string;
  let task: string;

  beforeEach(async () => {
    sandbox = new Sandbox();
    nextflow = new StandIn(sandbox);
    await fillVault('user', { TOKEN: 'fake-token-of-no-service' }, sandbox);
    slurm = join(sandbox.root, 'slurm');
    task = join(sandbox.workspace, 'work', 'ab', 'cdef');
    mkdirSync(slurm);
    mkdirSync(task, { recursive: true });
    sandbox.env['PATH'] = [slurm, sandbox.env['PATH']].join(delimiter);
    writeFileSync(join(sandbox.workspace, 'nextflow.config'), "process.executor = 'slurm'\n");
    program('squeue', `cat ${slurm}/queue`);
    queue('');
  });
  afterEach(() => {
    nextflow.letGo();
    sandbox.remove();
  });

  const program = (name: string, script: string): void => {
    writeFileSync(join(slurm, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  };
  const queue = (text: string): void => {
    writeFileSync(join(slurm, 'queue'), text);
  };
  /** Nextflow has given a task to a scheduler. */
  const submitted = (): void => {
    rmSync(task, { recursive: true });
    rmSync(join(sandbox.workspace, '.nextflow.log'), { force: true });
    mkdirSync(task);
    for (const name of FILES) writeFileSync(join(task, name), '0\n');
    const line = `[SLURM] submitted process P > jobId: 77; workDir: ${task}\n`;
    writeFileSync(join(sandbox.workspace, '.nextflow.log'), line);
  };
  const start = (): ReturnType<Sandbox['spawn']> =>
    sandbox.spawn(process.execPath, [CLI, 'launch', 'main.nf']);
  const states = async (): Promise<unknown[]> => {
    const runs = JSON.parse(String(await sandbox.ok(['runs', '--json']))) as { state: string }[];
    return runs.map(({ state }) => state);
  };

  for (const hostile of HOSTILE_FILES) {
    it(`by ${hostile.title}, while it runs: the launch ends, removes its secrets, and says what it could not read`, async () => {
      const launcher = start();
      await nextflow.untilStarted();
      submitted();
      replaceAll(task, FILES, hostile);
      nextflow.letGo();
      const { exitCode, stderr } = await finished(launcher);
      assert.equal(exitCode, 0, stderr);
      // Of a file without end the beginning can be read.
      const unread = /Nobody knows whether all tasks had their secrets: \S+\/\.command\.\S+ and 1 more/;
      assert.equal(unread.test(stderr), !hostile.title.includes('TiB'), stderr);
      assert.deepEqual(leftOfRuns(sandbox), []);
    });

    it(`by ${hostile.title}: TERM ends the launch`, async () => {
      const launcher = start();
      await nextflow.untilStarted();
      submitted();
      replaceAll(task, FILES, hostile);
      replaceAll(sandbox.workspace, ['.nextflow.log'], hostile);
      launcher.kill('SIGTERM');
      await finished(launcher);
      await until('nothing is left', () => leftOfRuns(sandbox).length === 0);
    });

    it(`by ${hostile.title}, as a job that waits in Slurm: its secrets stay until it is gone`, async () => {
      const runId = await abandonedRun(sandbox, nextflow);
      submitted();
      replaceAll(task, FILES, hostile);
      queue(`77 PENDING ${task}\n`);
      const script = join(task, '.command.run');
      for (const args of [['sweep'], ['sweep', '--cancel-jobs']]) {
        const { stderr } = await sandbox.nfSecrets(args);
        assert.match(
          stderr,
          new RegExp(`Run ${runId} is kept: .*nobody can tell whether Slurm job 77 needs its secrets`),
        );
        assert.ok(stderr.includes(task), stderr);
      }
      assert.deepEqual(await states(), ['unknown']);
      assert.ok(existsSync(join(runRoot(sandbox), runId, 'store.json')), script);
      queue('');
      const { stderr } = await sandbox.nfSecrets(['sweep']);
      assert.match(stderr, new RegExp(`Run ${runId} is over`));
      assert.deepEqual(leftOfRuns(sandbox), []);
    });
  }

  const [pipe] = HOSTILE_FILES;
  assert.ok(pipe !== undefined);

  it('and whose Nextflow fails: the launch leaves its secrets to the guardian, until the job is gone', async () => {
    const launcher = start();
    await nextflow.untilStarted();
    submitted();
    replaceAll(task, FILES, pipe);
    queue(`77 PENDING ${task}\n`);
    nextflow.letGo(1);
    const { exitCode, stderr } = await finished(launcher);
    assert.equal(exitCode, 1);
    assert.match(
      stderr,
      /ended with exit code 1, but nobody can tell whether Slurm job 77 needs its secrets/,
    );
    assert.deepEqual(await states(), ['unknown']);
    queue('');
    await until('nothing is left', () => leftOfRuns(sandbox).length === 0);
  });

  it('and has begun: it has its secrets, whatever its script says now', async () => {
    await abandonedRun(sandbox, nextflow);
    submitted();
    replaceAll(task, ['.command.run', '.command.sh'], pipe);
    queue(`77 RUNNING ${task}\n`);
    await sandbox.ok(['sweep']);
    assert.deepEqual(leftOfRuns(sandbox), []);
  });

  it('in the background: wait, logs and stop answer', async () => {
    for (const [command, exitCode] of [
      ['wait', 0],
      ['stop', 143],
    ] as const) {
      const runId = String(await sandbox.ok(['launch', '--background', 'main.nf'])).trim();
      await nextflow.untilStarted();
      assert.equal(onlyRun(sandbox), runId);
      submitted();
      replaceAll(task, FILES, pipe);
      replaceAll(sandbox.workspace, ['.nextflow.log'], pipe);
      assert.match(String(await sandbox.ok(['logs', runId])), /it runs/);
      if (command === 'wait') nextflow.letGo();
      await sandbox.nfSecrets([command, runId]);
      assert.equal((await sandbox.nfSecrets(['wait', runId])).exitCode, exitCode);
      await until('nothing is left', () => leftOfRuns(sandbox).length === 0);
      replaceAll(sandbox.root, ['stand-in/gate', 'stand-in/pid'], { ...pipe, make: () => undefined });
    }
  });

  it('of a scheduler that nobody can ask: an unread log of Nextflow keeps the secrets of a run that failed', async () => {
    writeFileSync(join(sandbox.workspace, 'nextflow.config'), "process.executor = 'sge'\n");
    const launcher = start();
    await nextflow.untilStarted();
    const runId = onlyRun(sandbox);
    writeFileSync(join(runRoot(sandbox), runId, '.nf-1.secrets'), '');
    replaceAll(sandbox.workspace, ['.nextflow.log'], pipe);
    nextflow.letGo(1);
    const { stderr } = await finished(launcher);
    assert.match(stderr, new RegExp(`Its secrets stay[^]*nf-secrets sweep --run ${runId}`));
    await sandbox.ok(['sweep', '--run', runId]);
    assert.deepEqual(leftOfRuns(sandbox), []);
    assert.equal(readFileSync(join(slurm, 'queue'), 'utf8'), '');
  });
});
