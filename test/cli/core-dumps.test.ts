import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ledgerDirectory } from '../fixtures/places.ts';
import { CLI, finished, Sandbox } from '../fixtures/sandbox.ts';
import { guardianOf, leftOfRuns, onlyRun, StandIn } from '../fixtures/stand-in.ts';
import { until } from '../fixtures/until.ts';
import { fillVault } from '../fixtures/vault-values.ts';

const VALUE = 'fake-token-of-no-service';

describe('core dumps @linux', () => {
  let sandbox: Sandbox;
  let nextflow: StandIn;

  beforeEach(async () => {
    sandbox = new Sandbox();
    nextflow = new StandIn(sandbox);
    await fillVault('user', { TOKEN: VALUE }, sandbox);
  });
  afterEach(() => {
    nextflow.letGo();
    sandbox.remove();
  });

  const filterOf = (pid: number): number =>
    Number(`0x${readFileSync(`/proc/${pid}/coredump_filter`, 'latin1').trim()}`);

  for (const words of [['launch'], ['launch', '--background']]) {
    it(`of ${words.join(' ')} and its guardian have no memory in them; Nextflow’s have what they always had`, async () => {
      const launcher = sandbox.spawn(process.execPath, [CLI, ...words, 'main.nf'], { stdio: 'ignore' });
      await nextflow.untilStarted();
      const runId = onlyRun(sandbox);
      assert.equal(filterOf(guardianOf(runId)), 0);
      const ledger = join(ledgerDirectory(sandbox), `${runId}.json`);
      const entry = JSON.parse(readFileSync(ledger, 'utf8')) as { launcher: { pid: number } };
      if (words.length === 1) assert.equal(entry.launcher.pid, launcher.pid);
      assert.equal(filterOf(entry.launcher.pid), 0);
      await until('Nextflow has its own', () => filterOf(nextflow.pid) === filterOf(process.pid));
      nextflow.letGo();
      await until('nothing is left', () => leftOfRuns(sandbox).length === 0);
    });
  }

  for (const signal of ['SIGSEGV', 'SIGABRT'] as const) {
    it(`a launcher that dies of ${signal} writes no value into one`, async () => {
      // A dump that a program takes goes where no test can see it; then the filter has to speak for it.
      const isHere = readFileSync('/proc/sys/kernel/core_pattern', 'latin1').trim() === 'core';
      const command = `ulimit -c unlimited && exec '${process.execPath}' '${CLI}' launch main.nf`;
      const launcher = sandbox.spawn('bash', ['-c', command]);
      const ended = finished(launcher);
      await nextflow.untilStarted();
      assert.equal(filterOf(launcher.pid ?? 0), 0);
      launcher.kill(signal);
      nextflow.letGo();
      assert.equal((await ended).signal, signal);
      const dumps = readdirSync(sandbox.workspace).filter((name) => name.startsWith('core'));
      if (isHere) assert.equal(dumps.length, 1, 'no dump was written');
      for (const name of dumps) {
        const dump = readFileSync(join(sandbox.workspace, name));
        assert.ok(!dump.includes(VALUE), 'the value');
        assert.ok(!dump.includes('AGE-SECRET-KEY-'), 'the identity');
      }
    });
  }
});
