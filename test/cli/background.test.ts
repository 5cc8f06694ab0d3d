import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { processStartTime } from '../../src/core/system/process-identity.ts';
import { assertRefused, assertRefusedWithRemedy } from '../fixtures/refusal.ts';
import { CLI, finished, type Result, type RunOptions, Sandbox } from '../fixtures/sandbox.ts';
import { guardianOf, leftOfRuns, onlyRun, StandIn } from '../fixtures/stand-in.ts';
import { Terminal } from '../fixtures/terminal.ts';
import { tracesInFiles } from '../fixtures/traces.ts';
import { until } from '../fixtures/until.ts';
import { fillVault } from '../fixtures/vault-values.ts';

const VALUE = 'fake-token-of-no-service';

describe('a launch in the background', () => {
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

  const logs = (): string => join(sandbox.toolHome, 'logs');
  const launch = async (words: readonly string[], options?: RunOptions): Promise<string> => {
    const out = String(await sandbox.ok(['launch', ...words], options));
    assert.match(out, /^[a-z0-9]{12}\n$/, 'the id alone, for scripts');
    return out.trim();
  };
  const untilReleased = async (): Promise<void> => {
    await until('nothing is left', () => leftOfRuns(sandbox).length === 0);
  };

  it('returns with the run’s id when Nextflow has started; wait ends with its exit code', async () => {
    const runId = await launch(['--background', 'main.nf', '--outdir', 'out']);
    await nextflow.untilStarted();
    assert.equal(onlyRun(sandbox), runId);
    const [run] = JSON.parse(String(await sandbox.ok(['runs', '--json']))) as {
      runId: string;
      state: string;
    }[];
    assert.deepEqual([run?.runId, run?.state], [runId, 'running']);
    assert.match(
      String(await sandbox.ok(['logs'])),
      new RegExp(`^RUN .*\n${runId} +running .* main\\.nf\n$`),
    );

    const waiting = sandbox.nfSecrets(['wait', runId]);
    nextflow.letGo(9);
    assert.equal((await waiting).exitCode, 9);
    assert.deepEqual(leftOfRuns(sandbox), []);
    assert.equal((await sandbox.nfSecrets(['wait', runId])).exitCode, 9, 'as often as one likes');
    assert.match(String(await sandbox.ok(['logs'])), /ended, 9/);
    const [known] = JSON.parse(String(await sandbox.ok(['logs', '--json']))) as Record<string, unknown>[];
    assert.deepEqual(
      [known?.['runId'], known?.['pipeline'], known?.['exitCode'], known?.['state']],
      [runId, 'main.nf', 9, 'over'],
    );
    assertRefused(await sandbox.nfSecrets(['logs', runId, '--json']), 64, 'list of all');
    assert.equal(nextflow.wasRobbed, false);
  });

  it('writes its output, and ours, into a log that only its owner can read, and no value', async () => {
    const runId = await launch(['--background', 'main.nf']);
    const following = sandbox.nfSecrets(['logs', runId, '-f']);
    const early = until('the log has a line', () =>
      readFileSync(join(logs(), `${runId}.log`), 'utf8').includes('it runs'),
    );
    await early;
    assert.match(String(await sandbox.ok(['logs', runId])), /1 secret for main\.nf[^]*it runs\n/);
    nextflow.letGo();
    const { exitCode, stdout } = await following;
    assert.equal(exitCode, 0);
    assert.match(String(stdout), /it runs\n[^]*it ends\n[^]*exit code 0\. Its secrets are removed\.\n/);
    for (const name of readdirSync(logs()))
      assert.equal(statSync(join(logs(), name)).mode & 0o777, 0o600, name);
    assert.deepEqual(tracesInFiles(logs(), { TOKEN: VALUE }), []);
  });

  it('-bg means this, wherever it stands, and Nextflow does not get it', async () => {
    nextflow.letGo();
    for (const [words, env] of [
      [['main.nf', '-bg'], {}],
      [['main.nf', '-resume', '-bg', '--outdir', 'out'], {}],
      [['--', 'nextflow', '-bg', 'run', 'main.nf'], {}],
      [['main.nf'], { NXF_CLI_OPTS: '-q -bg' }],
    ] as const) {
      const { stdout, stderr, exitCode } = await sandbox.nfSecrets(['launch', ...words], { env });
      assert.equal(exitCode, 0, stderr);
      assert.match(stderr, /-bg.*: the launch goes on in the background/);
      const runId = String(stdout).trim();
      assert.equal((await sandbox.nfSecrets(['wait', runId])).exitCode, 0);
      assert.doesNotMatch(nextflow.call, /-bg/);
    }
  });

  it('goes on when the terminal is closed', async () => {
    const script = `"$0" "$1" launch --background main.nf > id; sleep 100`;
    const terminal = Terminal.open(sandbox, ['sh', '-c', script, process.execPath, CLI]);
    await nextflow.untilStarted();
    const runId = onlyRun(sandbox);
    await until(
      'it has returned',
      () => readFileSync(join(sandbox.workspace, 'id'), 'utf8') === `${runId}\n`,
    );
    terminal.hangUp();
    await terminal.ended();
    assert.ok(nextflow.isAlive);
    nextflow.letGo(3);
    assert.equal((await sandbox.nfSecrets(['wait', runId])).exitCode, 3);
  });

  it('is stopped by stop, which waits until nothing is left', async () => {
    const runId = await launch(['--background', 'main.nf']);
    await nextflow.untilStarted();
    const { exitCode, stderr } = await sandbox.nfSecrets(['stop', runId]);
    assert.equal(exitCode, 0, stderr);
    assert.match(stderr, /Its secrets are removed/);
    assert.deepEqual(leftOfRuns(sandbox), []);
    assert.equal((await sandbox.nfSecrets(['wait', runId])).exitCode, 143);
    assertRefused(await sandbox.nfSecrets(['stop', runId]), 64, 'Nothing is provisioned');
  });

  it('is stopped by stop --force, and when its launcher was killed', async () => {
    const first = await launch(['--background', 'main.nf']);
    await nextflow.untilStarted();
    await sandbox.ok(['stop', '--force', first]);
    assert.equal((await sandbox.nfSecrets(['wait', first])).exitCode, 137);

    const second = await launch(['--background', 'main.nf']);
    await until('the second one runs', () => nextflow.isAlive);
    process.kill(launcherOf(second), 'SIGKILL');
    assert.ok(nextflow.isAlive, 'Nextflow is not the launcher');
    assert.match(String(await sandbox.ok(['logs'])), new RegExp(`${second} +running`));
    await sandbox.ok(['stop', second]);
    await untilReleased();
    assertRefused(await sandbox.nfSecrets(['wait', second]), 74, 'its exit code is not known');
    assert.equal(nextflow.wasRobbed, false);
  });

  it('its launcher and guardian are outside of our session', async () => {
    const runId = await launch(['--background', 'main.nf']);
    for (const pid of [launcherOf(runId), guardianOf(runId)]) {
      const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
      const session = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[3]);
      assert.ok(
        session !== process.pid && session > 1 && processStartTime(pid, process.platform) !== undefined,
      );
    }
  });

  describe('that cannot start', () => {
    const assertNothingKept = (): void => {
      assert.deepEqual(leftOfRuns(sandbox), []);
      assert.deepEqual(existsSync(logs()) ? readdirSync(logs()) : [], []);
    };
    const background = async (words: readonly string[], env = {}): Promise<Result> =>
      sandbox.nfSecrets(['launch', '--background', ...words], { env });

    it('says why in the foreground', async () => {
      assertRefused(await background(['--secret', 'MISSING', 'main.nf']), 66, 'MISSING');
      assertRefused(await background(['--run-root', join(sandbox.root, 'a b'), 'main.nf']), 73, 'a b');
      assertRefused(await background(['nothing.nf']), 64, 'nothing.nf');
      assertNothingKept();
    });

    it('because Nextflow cannot be executed: its output and its exit code', async () => {
      const broken = join(sandbox.root, 'nextflow');
      writeFileSync(broken, '#!/no/such/shell\n', { mode: 0o755 });
      const result = await background(['--nextflow', broken, 'main.nf']);
      assertRefused(result, 127, 'before Nextflow was started');
      assert.match(result.stderr, /command not found/);
      assertNothingKept();
    });

    it('because the person gives up: Ctrl-C before the start', async () => {
      const child = sandbox.spawn(process.execPath, [CLI, 'launch', '--background', 'main.nf'], {
        env: { NODE_OPTIONS: `--import=${SLOW_DETACHED}` },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const end = finished(child);
      await until('the detached launcher runs', () => existsSync(logs()) && readdirSync(logs()).length > 0);
      child.kill('SIGINT');
      assert.notEqual((await end).exitCode, 0);
      await until('the detached launcher is gone', () => processesIn(sandbox).length === 0);
      assert.equal(nextflow.hasStarted, false);
      assert.deepEqual(leftOfRuns(sandbox), []);
    });

    it('inside another run, whose secrets end with it', async () => {
      const inner = `"${process.execPath}" "${CLI}" launch --background main.nf`;
      const result = await sandbox.nfSecrets(['exec', '--', 'sh', '-c', inner]);
      assertRefusedWithRemedy(
        result,
        64,
        'in the background',
        'Launch in the foreground, or leave that run: env -u NF_SECRETS_RUN nf-secrets …',
      );
    });
  });

  it('names that are not known: 64 with a near miss, and what is known', async () => {
    const runId = await launch(['--background', 'main.nf']);
    const near = `${runId.slice(0, 11)}${runId.endsWith('a') ? 'b' : 'a'}`;
    for (const command of ['logs', 'wait']) {
      assertRefusedWithRemedy(await sandbox.nfSecrets([command, near]), 64, `Did you mean ${runId}?`);
      assertRefusedWithRemedy(await sandbox.nfSecrets([command, '../identity']), 64);
    }
    const foreground = sandbox.spawn(process.execPath, [CLI, 'exec', '--', 'sleep', '100'], {
      stdio: 'ignore',
    });
    const other = await until('the other run is there', () =>
      leftOfRuns(sandbox).find((name) => /^[a-z0-9]{12}$/.test(name) && name !== runId),
    );
    assertRefused(await sandbox.nfSecrets(['wait', other]), 64, 'not launched in the background');
    foreground.kill('SIGTERM');
    await until('it has ended', () => foreground.exitCode !== null || foreground.signalCode !== null);
  });

  it('its log is kept for 30 days after its end', async () => {
    nextflow.letGo();
    const old = await launch(['--background', 'main.nf']);
    await sandbox.nfSecrets(['wait', old]);
    const then = Date.now() / 1000 - 31 * 86_400;
    utimesSync(join(logs(), `${old}.log`), then, then);
    const next = await launch(['--background', 'main.nf']);
    await sandbox.nfSecrets(['wait', next]);
    assert.deepEqual(readdirSync(logs()).sort(), [`${next}.json`, `${next}.log`]);
  });

  const launcherOf = (runId: string): number => {
    const file = join(logs(), `${runId}.json`);
    return (JSON.parse(readFileSync(file, 'utf8')) as { launcher: { pid: number } }).launcher.pid;
  };
});

/** Makes a detached launcher wait so long before anything else that it can be interrupted there. */
const SLOW_DETACHED = `data:text/javascript,${encodeURIComponent('if (process.env.NF_SECRETS_BACKGROUND_RUN) await new Promise((done) => setTimeout(done, 1500))')}`;

/** Processes of ours that work in the sandbox. */
const processesIn = (sandbox: Sandbox): string[] =>
  readdirSync('/proc').filter((name) => {
    try {
      const environment = readFileSync(`/proc/${name}/environ`, 'utf8');
      return /^[0-9]+$/.test(name) && environment.includes(`NF_SECRETS_HOME=${sandbox.toolHome}\0`);
    } catch {
      return false;
    }
  });
