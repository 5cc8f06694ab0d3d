import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { ORDINARY_USER } from '../fixtures/narrow-places.ts';
import { giveAway, nfSecretsAsOther } from '../fixtures/other-user.ts';
import { ledgerDirectory, runRoot } from '../fixtures/places.ts';
import { assertRefusedWithRemedy } from '../fixtures/refusal.ts';
import { CLI, type Result, type RunOptions, Sandbox } from '../fixtures/sandbox.ts';

// Nextflow's home is the usual place for the secrets of a run, and often one that a person cannot write: Nextflow of
// the whole machine, a container's image.
describe('the run root where Nextflow’s home cannot be used', () => {
  let sandbox: Sandbox;
  let closed: string[];

  beforeEach(async () => {
    sandbox = new Sandbox();
    closed = [];
    await sandbox.ok(['set', 'FAKE_A'], { input: 'fake-a' });
  });
  afterEach(() => {
    for (const directory of closed) chmodSync(directory, 0o700);
    sandbox.remove();
  });

  const close = (directory: string): void => {
    mkdirSync(directory, { recursive: true });
    closed.push(directory);
    chmodSync(directory, 0o500);
  };
  const SHOW = ['sh', '-c', 'echo "$NXF_SECRETS_FILE"; cat "$NXF_SECRETS_FILE"'];
  const asOrdinaryUser = async (args: string[], options: RunOptions = {}): Promise<Result> => {
    const words = [...ORDINARY_USER, process.execPath, CLI, ...args];
    return sandbox.run(words[0]!, words.slice(1), options);
  };
  const spare = (): string => join(sandbox.toolHome, 'run-root');
  /** The run had its secrets, in the tool's home, nobody else could see them, and they are gone. */
  const assertSpared = ({ exitCode, stdout, stderr }: Result, ...says: string[]): void => {
    assert.equal(exitCode, 0, stderr);
    const [store = '', content = ''] = String(stdout).split('\n');
    assert.equal(dirname(dirname(store)), spare());
    assert.match(content, /fake-a/);
    for (const text of [spare(), '--run-root', 'NF_SECRETS_RUN_ROOT', ...says])
      assert.ok(stderr.includes(text), stderr);
    assert.equal(statSync(spare()).mode & 0o777, 0o700);
    assert.deepEqual([readdirSync(spare()), readdirSync(ledgerDirectory(sandbox))], [[], []]);
  };

  it('because it is read-only: it is in the tool’s home, and that is said', async () => {
    close(sandbox.nextflowHome);
    assertSpared(await asOrdinaryUser(['exec', '--', ...SHOW]), sandbox.nextflowHome, 'permission denied');
  });

  it('because it cannot be made', async () => {
    const above = join(sandbox.root, 'opt');
    close(above);
    const env = { NXF_HOME: join(above, 'nextflow') };
    assertSpared(await asOrdinaryUser(['exec', '--', ...SHOW], { env }), above);
  });

  for (const [title, make] of [
    ['its secrets are a file', (home: string) => [home, join(home, 'secrets')]],
    ['it is a file', (home: string) => [dirname(home), home]],
  ] as const) {
    it(`because ${title}`, async () => {
      const [directory, file] = make(sandbox.nextflowHome);
      mkdirSync(directory!, { recursive: true });
      writeFileSync(file!, '');
      assertSpared(await sandbox.nfSecrets(['exec', '--', ...SHOW]));
    });
  }

  it('because its path is none for scripts of tasks', async () => {
    const env = { NXF_HOME: join(sandbox.root, 'with space') };
    assertSpared(await sandbox.nfSecrets(['exec', '--', ...SHOW], { env }), 'do not quote');
  });

  it('because its run root is root’s, from a launch of root’s @root', async () => {
    mkdirSync(runRoot(sandbox), { recursive: true, mode: 0o755 });
    chmodSync(runRoot(sandbox), 0o700);
    giveAway(sandbox.toolHome);
    chmodSync(sandbox.home, 0o755);
    giveAway(sandbox.workspace);
    const { exitCode, stdout, stderr } = await nfSecretsAsOther(sandbox, ['exec', '--', ...SHOW]);
    assert.equal(exitCode, 0, stderr);
    assert.ok(String(stdout).startsWith(`${spare()}/`), String(stdout));
  });

  it('launch --background goes there too', async () => {
    close(sandbox.nextflowHome);
    writeFileSync(
      join(sandbox.workspace, 'main.nf'),
      "process A {\n  secret 'FAKE_A'\n  script:\n  'true'\n}\nworkflow { A() }\n",
    );
    writeFileSync(join(sandbox.root, 'nextflow'), '#!/bin/sh\ncat "$NXF_SECRETS_FILE" > seen\n', {
      mode: 0o755,
    });
    const args = ['launch', '--background', '--nextflow', join(sandbox.root, 'nextflow'), 'main.nf'];
    const { exitCode, stdout, stderr } = await asOrdinaryUser(args);
    assert.equal(exitCode, 0, stderr);
    assert.equal((await asOrdinaryUser(['wait', String(stdout).trim()])).exitCode, 0);
    assert.match(readFileSync(join(sandbox.workspace, 'seen'), 'utf8'), /fake-a/);
    assert.deepEqual(readdirSync(spare()), []);
  });

  it('a run whose entry is damaged is found there', async () => {
    close(sandbox.nextflowHome);
    writeFileSync(join(sandbox.workspace, 'main.nf'), 'workflow {}\n');
    const args = ['launch', '--keep', '--all', '--nextflow', '/bin/true', 'main.nf'];
    const { exitCode, stderr } = await asOrdinaryUser(args);
    assert.equal(exitCode, 0, stderr);
    const [runId = ''] = readdirSync(spare());
    writeFileSync(join(ledgerDirectory(sandbox), `${runId}.json`), '');
    const swept = await asOrdinaryUser(['sweep', '--run', runId]);
    assert.equal(swept.exitCode, 0, swept.stderr);
    assert.deepEqual([readdirSync(spare()), readdirSync(ledgerDirectory(sandbox))], [[], []]);
  });

  it('where one was named, nothing else is taken', async () => {
    close(sandbox.nextflowHome);
    const named = join(sandbox.nextflowHome, 'mine');
    for (const [args, env] of [
      [['--run-root', named], {}],
      [[], { NF_SECRETS_RUN_ROOT: named }],
    ] as const) {
      const result = await asOrdinaryUser(['exec', ...args, '--', 'touch', 'started'], { env });
      assertRefusedWithRemedy(result, 73, named, 'permission denied', '--run-root');
    }
    assert.ok(!existsSync(join(sandbox.workspace, 'started')));
    assert.ok(!existsSync(spare()));
  });

  it('where it is unsafe, nothing else is taken: Nextflow itself is in it', async () => {
    mkdirSync(sandbox.nextflowHome);
    chmodSync(sandbox.nextflowHome, 0o775);
    const result = await sandbox.nfSecrets(['exec', '--', 'touch', 'started']);
    assertRefusedWithRemedy(result, 73, sandbox.nextflowHome, 'chmod g-w', '--run-root');
    assert.ok(!existsSync(spare()));
  });
});
