import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CLI, Sandbox } from '../fixtures/sandbox.ts';
import { Terminal } from '../fixtures/terminal.ts';
import { until } from '../fixtures/until.ts';
import { PlatformStandIn } from './stand-in.ts';

describe('Ctrl-C while a run on Seqera Platform is watched', function () {
  this.timeout(120_000);
  for (const [answer, status] of [
    ['y', 'CANCELLED'],
    ['n', 'RUNNING'],
  ] as const) {
    it(`asks, and after ${answer} the run is ${status}`, async () => {
      const platform = await PlatformStandIn.start();
      const alice = platform.state.addUser('alice');
      const workspace = platform.state.addWorkspace('fake-lab/rnaseq', [[alice, 'launch']]);
      platform.state.addComputeEnv('cluster', workspace);
      platform.state.onLaunch = (run) => {
        run.status = 'RUNNING';
      };
      const sandbox = new Sandbox();
      try {
        const source = join(sandbox.root, 'hello');
        mkdirSync(source);
        writeFileSync(join(source, 'main.nf'), 'workflow { }\n');
        const own = ['-C', source, '-c', 'user.name=a', '-c', 'user.email=a@example.org'];
        await sandbox.run('git', [...own, 'init', '-q', '-b', 'main']);
        await sandbox.run('git', [...own, 'add', '.']);
        await sandbox.run('git', [...own, 'commit', '-qm', 'x']);
        const terminal = Terminal.open(
          sandbox,
          [process.execPath, CLI, 'platform', 'launch', '--in', 'fake-lab/rnaseq', `file://${source}`],
          { TOWER_ACCESS_TOKEN: alice.token ?? '', TOWER_API_ENDPOINT: platform.url },
        );
        await until('it runs', () => terminal.screen.includes('is running'));
        terminal.type('\x03');
        await until('it asks', () => terminal.screen.includes('Cancel the run? [y/N]'));
        terminal.type(`${answer}\r`);
        await until('it ends', () => /was cancelled|still runs on the Platform/.test(terminal.screen));
        assert.equal(platform.state.runs[0]?.status, status, terminal.screen);
        assert.equal(await terminal.ended(), 130, terminal.screen);
        if (answer === 'n')
          assert.match(terminal.screen, /platform wait \S+ --in fake-lab\/rnaseq[^]*platform cancel/);
      } finally {
        sandbox.remove();
        await platform.stop();
      }
    });
  }
});
