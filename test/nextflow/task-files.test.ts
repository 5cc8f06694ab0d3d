import assert from 'node:assert/strict';
import { HOSTILE_FILES } from '../fixtures/hostile-files.ts';
import { STRICT, NextflowSandbox, STAY } from '../fixtures/nextflow-sandbox.ts';
import { CLI, finished } from '../fixtures/sandbox.ts';
import { sideBySide } from '../fixtures/side-by-side.ts';
import { leftOfRuns } from '../fixtures/stand-in.ts';
import { until } from '../fixtures/until.ts';
import { fillVault } from '../fixtures/vault-values.ts';

// A task of a real Nextflow on this machine puts something else in the place of the files that Nextflow made for it,
// while it runs. Nextflow may wait for ever for what is in them; TERM ends it, and the secrets are removed.

const VALUE = 'fakeTokenQ9zX2vTb4n7Wk';

describe('a task that replaces files of its directory, with a real Nextflow @nextflow', function () {
  this.timeout(240_000);
  const sandboxes: NextflowSandbox[] = [];
  after(() => {
    for (const sandbox of sandboxes) {
      // What a task waits in is none of Nextflow's business any more.
      sandbox.openGate();
      sandbox.remove();
    }
  });

  it('TERM ends the launch, other commands answer meanwhile, and nothing is left', async () => {
    await sideBySide(HOSTILE_FILES, async ({ title, script }) => {
      const sandbox = await NextflowSandbox.create(STRICT);
      sandboxes.push(sandbox);
      await fillVault('user', { TOKEN: VALUE }, sandbox);
      sandbox.write(
        'main.nf',
        `process P {
  secret 'TOKEN'
  script:
  '''
  for n in .command.run .command.err .command.log .exitcode .command.trace; do
    rm -rf "$n"; f=$PWD/$n; ${script}
  done
  ${STAY}
  '''
}
workflow { P() }
`,
      );
      const launcher = sandbox.spawn(process.execPath, [CLI, 'launch', 'main.nf']);
      const end = finished(launcher);
      await sandbox.untilStarted();
      assert.match(String(await sandbox.ok(['runs'])), /running/, title);
      await sandbox.ok(['sweep']);
      launcher.kill('SIGTERM');
      const { exitCode, stderr } = await end;
      assert.notEqual(exitCode, 0, title);
      assert.match(stderr, /Its secrets are removed/, title);
      await until('nothing is left', () => leftOfRuns(sandbox).length === 0);
    });
  });
});
