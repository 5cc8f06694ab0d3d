import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { delimiter, join } from 'node:path';
import { runRoot } from '../fixtures/places.ts';
import { CLI, Sandbox } from '../fixtures/sandbox.ts';
import { abandonedRun, leftOfRuns, StandIn } from '../fixtures/stand-in.ts';
import { Terminal } from '../fixtures/terminal.ts';
import { until } from '../fixtures/until.ts';
import { fillVault } from '../fixtures/vault-values.ts';

// What a person on a cluster is told and asked. Nextflow and Slurm's programs are STAND-INS here; test/slurm has the
// real ones.

describe('on a cluster', () => {
  let sandbox: Sandbox;
  let nextflow: StandIn;
  let slurm: string;

  beforeEach(async () => {
    sandbox = new Sandbox();
    nextflow = new StandIn(sandbox);
    await fillVault('user', { TOKEN: 'fake-token-of-no-service' }, sandbox);
    slurm = join(sandbox.root, 'slurm');
    mkdirSync(slurm);
    sandbox.env['PATH'] = [slurm, sandbox.env['PATH']].join(delimiter);
  });
  afterEach(() => {
    nextflow.letGo();
    sandbox.remove();
  });

  const program = (name: string, script: string): void => {
    writeFileSync(join(slurm, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  };
  const configure = (config: string): void => {
    writeFileSync(join(sandbox.workspace, 'nextflow.config'), config);
  };

  describe('a run root that the nodes may not see', () => {
    let memory: string;
    beforeEach(() => {
      memory = mkdtempSync('/dev/shm/nf-secrets-test-');
      program('squeue', 'true');
      nextflow.letGo();
    });
    afterEach(() => {
      rmSync(memory, { recursive: true });
    });

    const launch = async (): Promise<string> => {
      const { exitCode, stderr } = await sandbox.nfSecrets(['launch', '--run-root', memory, 'main.nf']);
      assert.equal(exitCode, 0, stderr);
      return stderr;
    };

    it('is warned of, with the scheduler and what to do', async () => {
      program('sinfo', 'echo node1; echo node2');
      configure("process.executor = 'slurm'\n");
      assert.match(
        await launch(),
        /WARNING: the run root \/dev\/shm\/\S+ is on tmpfs, memory of this machine.*\(slurm\).*NF_SECRETS_RUN_ROOT/,
      );
    });

    it('is warned of where Slurm says nothing about its nodes, and for other schedulers', async () => {
      program('sinfo', 'exit 1');
      configure("process.executor = 'slurm'\n");
      assert.match(await launch(), /WARNING: the run root/);
      configure("process.executor = 'pbs'\n");
      assert.match(await launch(), /WARNING: the run root .*\(pbs\)/);
    });

    for (const [what, config, nodes] of [
      ['without a scheduler', '', 'node1'],
      ['with the local executor', "process.executor = 'local'\n", 'node1'],
      ['where this machine is the only node', "process.executor = 'slurm'\n", hostname().split('.')[0]],
    ] as const) {
      it(`is no matter ${what}`, async () => {
        program('sinfo', `echo '${nodes}'`);
        configure(config);
        assert.doesNotMatch(await launch(), /WARNING/);
      });
    }
  });

  describe('sweep --cancel-jobs', () => {
    let runId: string;
    const cancelled = (): string => readFileSync(join(slurm, 'cancelled'), 'utf8');

    beforeEach(async () => {
      program('squeue', `[ -e ${slurm}/cancelled ] || cat ${slurm}/queue`);
      program('scancel', `echo "$@" > ${slurm}/cancelled`);
      writeFileSync(join(slurm, 'queue'), '');
      runId = await abandonedRun(sandbox, nextflow);
      const task = join(sandbox.root, 'task');
      mkdirSync(task);
      writeFileSync(join(task, '.command.run'), `grep ${join(runRoot(sandbox), runId)}/.nf-1.secrets\n`);
      writeFileSync(join(slurm, 'queue'), `77 PENDING ${task}\n78 PENDING ${sandbox.workspace}\n`);
    });

    it('asks on a terminal: after a no all stays, after a yes it cancels and releases', async () => {
      for (const [answer, exists] of [
        ['n', false],
        ['y', true],
      ] as const) {
        const terminal = Terminal.open(sandbox, [process.execPath, CLI, 'sweep', '--cancel-jobs']);
        await until('it asks', () =>
          terminal.screen.includes(`Cancel 1 Slurm job of run ${runId} (77)? [y/N]`),
        );
        terminal.type(`${answer}\r`);
        assert.equal(await terminal.ended(), 0);
        assert.equal(existsSync(join(slurm, 'cancelled')), exists, terminal.screen);
        rmSync(join(sandbox.root, 'exit-code'));
      }
      assert.equal(cancelled(), '77\n');
      assert.deepEqual(leftOfRuns(sandbox), []);
    });

    it('without a terminal does as it is told, and says it', async () => {
      const dry = await sandbox.nfSecrets(['sweep', '--cancel-jobs', '--dry-run']);
      assert.match(dry.stderr, new RegExp(`Slurm jobs of run ${runId} would be cancelled: 77\n`));
      assert.equal(existsSync(join(slurm, 'cancelled')), false);
      const { exitCode, stderr } = await sandbox.nfSecrets(['sweep', '--cancel-jobs']);
      assert.equal(exitCode, 0);
      assert.match(stderr, new RegExp(`Slurm jobs of run ${runId} cancelled: 77\n[^]*Run ${runId} is over`));
      assert.equal(cancelled(), '77\n');
      assert.deepEqual(leftOfRuns(sandbox), []);
    });

    it('keeps the lease where Slurm does not answer', async () => {
      program('squeue', 'exit 1');
      for (const args of [[], ['--run', runId]]) {
        const { stderr } = await sandbox.nfSecrets(['sweep', '--cancel-jobs', ...args]);
        assert.match(stderr, new RegExp(`Run ${runId} is kept: .*Slurm does not answer`));
      }
      assert.ok(existsSync(join(runRoot(sandbox), runId, 'store.json')));
    });
  });
});
