import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { NEWEST, type NextflowSandbox, Sandboxes } from '../fixtures/nextflow-sandbox.ts';
import { isRoot } from '../fixtures/other-user.ts';
import { CLI } from '../fixtures/sandbox.ts';
import { Slurm } from '../fixtures/slurm.ts';
import {
  assertStarted,
  ledger,
  untilNothingIsLeft,
  untilQueued,
  VALUE,
  writePipeline,
} from '../fixtures/slurm-launch.ts';
import { until } from '../fixtures/until.ts';

// A Slurm of root's, as clusters have it, and people who are not root. Where the tests themselves do not run as root,
// all of test/slurm is that already, and this is one launch more.

/** One whom every system has, and who has a name, as Slurm wants it. */
const USER = 'nobody';

describe('a launch by an ordinary user on Slurm @nextflow @slurm', function () {
  this.timeout(240_000);
  const sandboxes = new Sandboxes();
  let directory: string;
  let slurm: Slurm;
  let sandbox: NextflowSandbox;
  let cli: string;

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'nfs-slurm-'));
    chmodSync(directory, 0o755);
    slurm = await Slurm.start(join(directory, 's'));
    const variant = NEWEST;
    sandbox = await sandboxes.create(variant);
    sandbox.env['SLURM_CONF'] = slurm.conf;
    writePipeline(sandbox, '  RUNS(Channel.of(1))\n  WAITS(Channel.of(1, 2))');
    await sandbox.fillVault('user', { TOKEN: VALUE });
    // This checkout may be for us alone.
    cli = join(sandbox.root, 'dist', 'cli.js');
    cpSync(dirname(CLI), dirname(cli), { recursive: true });
    writeFileSync(join(sandbox.root, 'package.json'), '{"type": "module"}');
    if (isRoot) execFileSync('chown', ['-R', `${USER}:`, sandbox.root]);
  });
  after(async () => {
    if (isRoot) slurm.run('scancel', ['-u', USER]);
    await slurm.stop();
    rmSync(directory, { recursive: true });
    sandboxes.removeAll();
  });

  const as = isRoot ? ['setpriv', `--reuid=${USER}`, '--regid=65534', '--clear-groups', '--'] : ['env'];
  const nfSecrets = (...args: string[]): readonly [string, string[]] => {
    const [program = '', ...words] = [...as, process.execPath, cli, ...args];
    return [program, words];
  };

  it('KILL of launcher and Nextflow: another one sees nothing, a sweep of theirs cancels their jobs', async () => {
    const launcher = sandbox.spawn(...nfSecrets('launch', 'main.nf'), { stdio: 'ignore' });
    await untilQueued(slurm, sandbox, 1, 2);
    const [run] = ledger(sandbox);
    assert.ok(run !== undefined);
    process.kill(run.launcher, 'SIGKILL');
    process.kill(run.child, 'SIGKILL');
    await until('the launcher is gone', () => launcher.signalCode !== null);
    // setpriv has become the launcher itself.
    const seen = JSON.parse(String((await sandbox.run(...nfSecrets('runs', '--json'))).stdout)) as object[];
    assert.match(
      JSON.stringify(seen),
      /Slurm has jobs of it that wait or start\. To end them: scancel \d+ \d+/,
    );
    const swept = await sandbox.run(...nfSecrets('sweep', '--cancel-jobs'));
    assert.equal(swept.exitCode, 0, swept.stderr);
    assert.match(swept.stderr, /Slurm jobs of run \w+ cancelled: \d+, \d+\n/);
    sandbox.openGate();
    assertStarted(sandbox, ['RUNS-1']);
    await untilNothingIsLeft(slurm, sandbox);
  });
});
