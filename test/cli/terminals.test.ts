import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureTmux } from '../../scripts/tools.mjs';
import { CLI, Sandbox } from '../fixtures/sandbox.ts';
import { guardianOf, leftOfRuns, onlyRun, StandIn } from '../fixtures/stand-in.ts';
import { preloaded, stepsOf } from '../fixtures/steps.ts';
import { Terminal } from '../fixtures/terminal.ts';
import { until } from '../fixtures/until.ts';
import { fillVault } from '../fixtures/vault-values.ts';

// Real terminals: what is typed into them, and what becomes of a run when they go. The stand-in for Nextflow counts
// the signals that reach it and ends when it has had enough of them.

const LAUNCH = ['launch', 'main.nf'];
const CTRL_C = '\x03';

describe('a launch in a terminal', () => {
  let sandbox: Sandbox;
  let nextflow: StandIn;

  const create = async (): Promise<Sandbox> => {
    sandbox = new Sandbox();
    nextflow = new StandIn(sandbox);
    await fillVault('user', { TOKEN: 'fake-token-of-no-service' }, sandbox);
    return sandbox;
  };
  beforeEach(create);
  afterEach(() => {
    nextflow.letGo();
    sandbox.remove();
  });

  const open = (command: readonly string[] = [process.execPath, CLI, ...LAUNCH], env = {}): Terminal =>
    Terminal.open(sandbox, command, env);
  const untilReleased = async (): Promise<void> => {
    await until('nothing is left', () => leftOfRuns(sandbox).length === 0);
  };

  for (const times of [1, 2, 3]) {
    it(`Ctrl-C ${times} times: each reaches Nextflow once, and its exit code is the launch’s`, async () => {
      nextflow.endsAfter(times);
      const terminal = open();
      await nextflow.untilStarted();
      for (let count = 1; count <= times; count++) {
        terminal.type(CTRL_C);
        await until(`signal ${count} has come`, () => nextflow.signals.length >= count);
      }
      assert.equal(await terminal.ended(), 1);
      assert.deepEqual(nextflow.signals, Array(times).fill('INT'));
      assert.deepEqual(leftOfRuns(sandbox), []);
    });
  }

  it('Ctrl-C while the secrets are removed: that is done to the end', async () => {
    const steps = await stepsOf(LAUNCH, async () => {
      await create();
      nextflow.letGo();
      return sandbox;
    });
    const first = steps.findIndex((step) => step.startsWith('unlink') && step.endsWith('store.json'));
    for (let step = first; step <= first + 2; step++) {
      await create();
      nextflow.letGo();
      const at = join(sandbox.root, 'at-release');
      const terminal = open([process.execPath, ...preloaded(LAUNCH)], {
        TEST_STEP: String(step + 1),
        TEST_STEP_ACTION: 'run',
        TEST_STEP_COMMAND: `trap '' INT; touch '${at}'; sleep 0.5`,
      });
      await until('it is at the release', () => existsSync(at));
      terminal.type(CTRL_C);
      terminal.type(CTRL_C);
      assert.equal(await terminal.ended(), 0);
      assert.deepEqual(leftOfRuns(sandbox), []);
    }
  });

  it('the window is closed, or the connection lost: Nextflow is told, and nothing is left', async () => {
    nextflow.endsAfter(1);
    const terminal = open();
    await nextflow.untilStarted();
    terminal.hangUp();
    await terminal.ended();
    await untilReleased();
    assert.ok(nextflow.signals.includes('HUP'));
    assert.equal(nextflow.wasRobbed, false);
  });

  it('the launcher is killed, then the window closed: the guardian is in neither', async () => {
    nextflow.endsAfter(1);
    const terminal = open();
    await nextflow.untilStarted();
    const runId = onlyRun(sandbox);
    const guardian = guardianOf(runId);
    process.kill(launcherOf(runId), 'SIGKILL');
    terminal.hangUp();
    await untilReleased();
    await until('the guardian has ended', () => !existsSync(`/proc/${guardian}`));
    assert.equal(nextflow.wasRobbed, false);
  });

  it('the launcher is killed, and Nextflow does not mind the window: its secrets stay until it ends', async () => {
    nextflow.endsAfter(100);
    const terminal = open();
    await nextflow.untilStarted();
    process.kill(launcherOf(onlyRun(sandbox)), 'SIGKILL');
    terminal.hangUp();
    await until('Nextflow was told', () => nextflow.signals.includes('HUP'));
    assert.ok(nextflow.isAlive);
    assert.notDeepEqual(leftOfRuns(sandbox), []);
    nextflow.letGo();
    await untilReleased();
    assert.equal(nextflow.wasRobbed, false);
  });

  it('a tmux session that is killed: nothing is left @tmux', async () => {
    nextflow.endsAfter(1);
    const tmux = await ensureTmux();
    const server = ['-S', join(sandbox.root, 'tmux')];
    const words = [
      ...server,
      '-f',
      '/dev/null',
      'new-session',
      '-d',
      '-s',
      'run',
      process.execPath,
      CLI,
      ...LAUNCH,
    ];
    const { exitCode, stderr } = await sandbox.run(tmux, words, { env: { TERM: 'xterm' } });
    assert.equal(exitCode, 0, stderr);
    await nextflow.untilStarted();
    await sandbox.run(tmux, [...server, 'kill-session', '-t', 'run']);
    await untilReleased();
    assert.ok(nextflow.signals.includes('HUP'));
    assert.equal(nextflow.wasRobbed, false);
  });

  const launcherOf = (runId: string): number => {
    const file = join(sandbox.toolHome, 'runs', `${runId}.json`);
    return (JSON.parse(readFileSync(file, 'utf8')) as { launcher: { pid: number } }).launcher.pid;
  };
});
