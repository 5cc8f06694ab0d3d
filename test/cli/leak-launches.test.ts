import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { LeakRecord } from '../../src/core/leaks/record.ts';
import { CLI, finished, type Result, Sandbox } from '../fixtures/sandbox.ts';
import { leftOfRuns } from '../fixtures/stand-in.ts';
import { processesOf, shownTraces, tracesIn, tracesInFiles, type Trace } from '../fixtures/traces.ts';
import { until, untilFile } from '../fixtures/until.ts';
import { fillVault } from '../fixtures/vault-values.ts';

const VALUES = { TOKEN: 'fakeTokenQ9zX2vTb4n7Wk', LINES: 'fakeFirst"Kd8`id`Zq\nfakeSecond$Lm3\\grüß\n' };

/** Writes both values into its log and prints one, then waits for the gate, or for a signal. */
const LEAKING = `#!/bin/bash
node -e '
const values = JSON.parse(fs.readFileSync(process.env.NXF_SECRETS_FILE)).map(({ value }) => value);
fs.writeFileSync(".nextflow.log", values.join("\\n"));
console.log(values.find((value) => value.startsWith("fakeToken")));
'
trap 'exit 130' INT
touch started
while [ ! -e gate ] && [ -e main.nf ]; do sleep 0.05; done
exit "$(cat gate)"
`;

describe('leaks of a launch', () => {
  let sandbox: Sandbox;
  beforeEach(async () => {
    sandbox = new Sandbox();
    const bin = join(sandbox.root, 'bin');
    mkdirSync(bin);
    writeFileSync(join(bin, 'nextflow'), LEAKING, { mode: 0o755 });
    sandbox.env['PATH'] = [bin, sandbox.env['PATH']].join(delimiter);
    const process = "process P {\n  secret 'TOKEN'\n  secret 'LINES'\n\n  script:\n  'true'\n}\n";
    writeFileSync(path('main.nf'), `${process}workflow { P() }\n`);
    await fillVault('user', VALUES, sandbox);
  });
  afterEach(() => {
    sandbox.remove();
  });

  const path = (name: string): string => join(sandbox.workspace, name);
  const letGo = (exitCode = 0): void => {
    writeFileSync(path('gate'), String(exitCode));
  };
  const record = (): LeakRecord => {
    const directory = join(sandbox.toolHome, 'leaks');
    const names = existsSync(directory) ? readdirSync(directory) : [];
    assert.equal(names.length, 1);
    return JSON.parse(readFileSync(join(directory, names[0]!), 'utf8')) as LeakRecord;
  };

  it('in the background are looked for there, also in what it printed; the result is in its record and its log', async () => {
    const runId = String(await sandbox.ok(['launch', '--background', '--fail-on-leak', 'main.nf'])).trim();
    await untilFile(path('started'));
    letGo();
    assert.equal((await sandbox.nfSecrets(['wait', runId])).exitCode, 74);
    const log = String(await sandbox.ok(['logs', runId]));
    assert.match(log, /Its secrets are removed\.\n[^]*LEAK: TOKEN is in \.nextflow\.log:\d \(raw\)/);
    const found = record();
    assert.equal(found.runId, runId);
    assert.deepEqual(
      found.leaks.map(({ name, file }) => [name, file]),
      [
        ['LINES', path('.nextflow.log')],
        ['TOKEN', join(sandbox.toolHome, 'logs', `${runId}.log`)],
        ['TOKEN', path('.nextflow.log')],
      ],
    );
    const [known] = JSON.parse(String(await sandbox.ok(['logs', '--json']))) as Record<string, unknown>[];
    assert.deepEqual([known?.['exitCode'], known?.['leaks']], [74, 3]);
    assert.match(String(await sandbox.ok(['logs'])), /ended, 74, 3 leaks/);
  });

  for (const options of [[], ['--fail-on-leak']])
    it(`of a run that is cancelled are looked for, and the exit code stays ${options.join('')}`, async () => {
      const child = sandbox.spawn(process.execPath, [CLI, 'launch', ...options, 'main.nf']);
      const ended = finished(child);
      await untilFile(path('started'));
      child.kill('SIGINT');
      const { exitCode, stderr } = await ended;
      assert.equal(exitCode, 130, stderr);
      assert.match(stderr, /LEAK: TOKEN is in \.nextflow\.log/);
      assert.deepEqual(leftOfRuns(sandbox), []);
    });

  it('are shown without a value anywhere: not in output, record, arguments or environments', async () => {
    // The look takes a while, so that it can be looked at.
    mkdirSync(path('results'));
    for (let index = 0; index < 8; index++)
      writeFileSync(path(`results/r${index}.txt`), Buffer.alloc(32 << 20, 'x '.repeat(50)));
    const identity = /AGE-SECRET-KEY-1\w+/.exec(
      readFileSync(join(sandbox.toolHome, 'identity.txt'), 'utf8'),
    )?.[0];
    const secret = { ...VALUES, identity: identity ?? '' };
    const child = sandbox.spawn(process.execPath, [CLI, 'launch', '--leaks', 'all', 'main.nf']);
    let stderr = '';
    child.stderr!.on('data', (data: Buffer) => (stderr += String(data)));
    const ended: Promise<Result> = finished(child);
    await untilFile(path('started'));
    letGo();
    await until('its secrets are removed', () => stderr.includes('Its secrets are removed'));
    const traces: Trace[] = [];
    let looks = 0;
    let isOver = false;
    void ended.then(() => (isOver = true));
    await until('it has ended', () => {
      for (const { title, argv, environ } of isOver ? [] : processesOf(child.pid!, sandbox.root)) {
        looks += 1;
        traces.push(...tracesIn(argv, secret, title), ...tracesIn(environ, secret, title));
      }
      return isOver;
    });
    assert.ok(looks > 0, 'it was seen at work');
    assert.equal(shownTraces(traces), '', 'in processes');
    assert.match(stderr, /LEAK: TOKEN is in \.nextflow\.log/);
    assert.equal(shownTraces(tracesIn(stderr, secret, 'stderr')), '');
    assert.equal(record().leaks.length, 2);
    const theirs = [path('.nextflow.log'), join(sandbox.toolHome, 'identity.txt')];
    assert.equal(shownTraces(tracesInFiles(sandbox.root, secret, theirs)), '', 'in files');
  });
});
