import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { DeliveryWatch } from '../../src/core/launch/delivery-watch.ts';
import { Sandbox } from '../fixtures/sandbox.ts';
import { untilFile } from '../fixtures/until.ts';
import { fakeWorld } from '../fixtures/world.ts';

const RUN = 'abcdefghijkl';

// Where a Nextflow starts it has the log of the one before open for a moment, until it renames it. Here a stand-in that
// looks like its JVM holds that moment.
describe('a Nextflow that has just started', () => {
  let sandbox: Sandbox;
  beforeEach(() => {
    sandbox = new Sandbox();
  });
  afterEach(() => {
    sandbox.remove();
  });

  const log = (pid: number, store: string): string =>
    [
      'Nov-28 10:00:00.000 [main] DEBUG nextflow.cli.Launcher - $> nextflow run main.nf',
      `Nov-28 10:00:00.100 [main] DEBUG n.secret.LocalSecretsProvider - Secrets store: ${store}`,
      'Nov-28 10:00:00.200 [main] DEBUG nextflow.Session - Session start',
      '  Version: 24.10.0 build 5928',
      `  Process: ${pid}@${hostname()} [127.0.0.1]`,
      '',
    ].join('\n');

  async function watched(
    logOf: (pid: number) => string,
    { name = '.nextflow.log', command = 'run main.nf' } = {},
  ): Promise<string[]> {
    const storeFile = join(sandbox.root, 'runs', RUN, 'store.json');
    mkdirSync(join(sandbox.root, 'runs', RUN), { recursive: true });
    writeFileSync(storeFile, '[]');
    const ready = join(sandbox.root, 'ready');
    const path = join(sandbox.workspace, name);
    const program = `exec 9>>'${path}'; touch '${ready}'; read -r _`;
    const child = spawn(
      'bash',
      ['-c', `exec -a java bash -c "$0" nextflow.cli.Launcher ${command}`, program],
      {
        cwd: sandbox.workspace,
        env: {
          ...sandbox.env,
          NXF_SECRETS_FILE: storeFile,
          NXF_ENABLE_SECRETS: 'true',
          NF_SECRETS_RUN: RUN,
        },
        stdio: ['pipe', 'ignore', 'ignore'],
      },
    );
    child.stdin.on('error', () => undefined);
    const pid = child.pid ?? 0;
    try {
      await untilFile(ready);
      writeFileSync(path, logOf(pid));
      const world = fakeWorld({ cwd: sandbox.workspace, homeDir: sandbox.home });
      const watch = new DeliveryWatch(
        { runId: RUN, storeFile, args: command.split(' '), isNextflow: true },
        world,
      );
      watch.start(pid);
      const { wrongStores, seen } = await watch.end();
      assert.ok(seen);
      return wrongStores.map(({ store }) => ('path' in store ? store.path : store.kind));
    } finally {
      child.stdin.end('\n');
    }
  }

  it('is not accused of what the log of the one before says', async () => {
    assert.deepEqual(await watched(() => log(4_000_000, '/another/run/store.json')), []);
  });

  it('is, if its own log names another store', async () => {
    assert.deepEqual(await watched((pid) => log(pid, '/another/store.json')), ['/another/store.json']);
  });

  it('is likewise if it runs a module, which has a log of another name', async () => {
    const module = { name: '.module.log', command: 'module run acme/fetch' };
    assert.deepEqual(await watched((pid) => log(pid, '/another/store.json'), module), [
      '/another/store.json',
    ]);
  });
});
