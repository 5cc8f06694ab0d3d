import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ledgerDirectory, runRoot } from '../fixtures/places.ts';
import { Sandbox } from '../fixtures/sandbox.ts';
import { until } from '../fixtures/until.ts';

// The launcher is killed, and nobody holds the directory any more: what is not there was not removed by us.
describe('a private store that vanishes after its launcher was killed', () => {
  let sandbox: Sandbox;
  beforeEach(async () => {
    sandbox = new Sandbox();
    await sandbox.ok(['set', 'FAKE_A'], { input: 'fake-value' });
  });
  afterEach(() => {
    sandbox.remove();
  });

  for (const [title, vanish] of [
    [
      'moved away',
      (path: string): void => {
        renameSync(path, `${path}.moved`);
      },
    ],
    [
      'removed by another program',
      (path: string): void => {
        rmSync(path, { recursive: true });
      },
    ],
  ] as const) {
    it(`${title}: stays on record, until a person says that it is over`, async () => {
      // The command ends its launcher as kill -9 does, then lives until it may end.
      const wait = (until: string): string => `while ! ${until}; do sleep 0.1; done`;
      const command = `${wait(`grep -q '"ino"' '${ledgerDirectory(sandbox)}'/*.json`)}; kill -9 $PPID; ${wait('[ -e gate ]')}`;
      void sandbox.nfSecrets(['exec', '--', 'sh', '-c', command]);
      const directory = (): string[] => (existsSync(runRoot(sandbox)) ? readdirSync(runRoot(sandbox)) : []);
      const entry = (): string | undefined =>
        existsSync(ledgerDirectory(sandbox))
          ? readdirSync(ledgerDirectory(sandbox)).find((name) => /^[a-z0-9]{12}\.json$/.test(name))
          : undefined;
      const text = (): string => readFileSync(join(ledgerDirectory(sandbox), entry() ?? ''), 'utf8');
      await until('its child is on record', () => entry() !== undefined && text().includes('"ino"'));
      const [runId = ''] = directory();
      vanish(join(runRoot(sandbox), runId));
      writeFileSync(join(sandbox.workspace, 'gate'), '');
      await until('it is over', async () => {
        const runs = JSON.parse(String(await sandbox.ok(['runs', '--json']))) as { state: string }[];
        return runs.every(({ state }) => state !== 'running');
      });
      const [run] = JSON.parse(String(await sandbox.ok(['runs', '--json']))) as {
        state: string;
        reason: string;
      }[];
      assert.equal(run?.state, 'unknown');
      assert.match(run.reason, /no longer in .*: another program moved or removed that directory/);
      await sandbox.ok(['sweep']);
      assert.equal(entry(), `${runId}.json`);
      await sandbox.ok(['sweep', '--run', runId]);
      assert.equal(entry(), undefined);
    });
  }
});
