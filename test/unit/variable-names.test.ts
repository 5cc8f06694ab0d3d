import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { InProcess } from '../fixtures/in-process.ts';
import { type Result, Sandbox } from '../fixtures/sandbox.ts';
import { fillVault } from '../fixtures/vault-values.ts';

describe('names of secrets that are variables of something else', () => {
  let sandbox: Sandbox;
  let nextflow: InProcess;
  beforeEach(() => {
    sandbox = new Sandbox();
    nextflow = new InProcess(sandbox);
  });
  afterEach(() => {
    sandbox.remove();
  });

  async function launch(name: string, config = '', ...words: string[]): Promise<Result> {
    await fillVault('user', { [name]: 'fake-value' }, sandbox);
    const process_ = `process ALIGN {\n  secret '${name}'\n  script:\n  'true'\n}\nworkflow { ALIGN() }\n`;
    writeFileSync(join(sandbox.workspace, 'main.nf'), process_);
    writeFileSync(join(sandbox.workspace, 'nextflow.config'), config);
    return nextflow.nfSecrets(['launch', ...words, 'main.nf']);
  }

  for (const name of ['UID', 'PPID', 'BASHOPTS', 'RANDOM', 'PWD']) {
    it(`${name}, which bash sets itself, is refused where a task asks for it`, async () => {
      for (const words of [[], ['--dry-run']]) {
        const { exitCode, stderr } = await launch(name, '', ...words);
        assert.equal(exitCode, 69, stderr);
        assert.match(stderr, new RegExp(`${name} is used in main\\.nf:2 \\(process ALIGN\\), but bash sets`));
      }
      assert.deepEqual(nextflow.starts, []);
    });
  }

  it('one that only Nextflow reads is nobody’s variable', async () => {
    await fillVault('user', { UID: 'fake-value' }, sandbox);
    writeFileSync(join(sandbox.workspace, 'main.nf'), 'println secrets.UID\nworkflow { }\n');
    const { exitCode, stderr } = await nextflow.nfSecrets(['launch', 'main.nf']);
    assert.equal(exitCode, 0, stderr);
  });

  for (const name of ['PATH', 'HOME', 'LD_PRELOAD', 'NXF_DEBUG']) {
    it(`${name} takes the place of the task's own, which is said`, async () => {
      const { exitCode, stderr } = await launch(name);
      assert.equal(exitCode, 0, stderr);
      assert.match(stderr, new RegExp(`WARNING: a task that asks for ${name} \\(main\\.nf:2`));
    });
  }

  it('a name that only Nextflow takes, of its own store, is no pattern', async () => {
    const store = join(sandbox.nextflowHome, 'secrets', 'store.json');
    mkdirSync(dirname(store), { recursive: true });
    writeFileSync(store, JSON.stringify([{ name: 'A(B', value: 'fake-value' }]), { mode: 0o600 });
    writeFileSync(
      join(sandbox.workspace, 'main.nf'),
      "process P {\n  secret 'A(B'\n  script:\n  'true'\n}\nworkflow { P() }\n",
    );
    writeFileSync(join(sandbox.workspace, 'nextflow.config'), "process.containerOptions = '-e X=1'\n");
    const { exitCode, stderr } = await nextflow.nfSecrets(['launch', 'main.nf']);
    assert.equal(exitCode, 0, stderr);
    assert.doesNotMatch(stderr, /WARNING/);
  });

  const rivals: [string, string, boolean][] = [
    ['env', "env.TOKEN = 'public'", true],
    ['a block of env', "env {\n  TOKEN = 'public'\n}", true],
    ['containerOptions', "process.containerOptions = '--rm -e TOKEN=public'", true],
    ['docker.runOptions', 'docker.runOptions = "--env=TOKEN=public"', true],
    ['-e with the name alone, which hands the secret on', "process.containerOptions = '-e TOKEN'", false],
    ['another name', "env.TOKENS = 'public'\nprocess.containerOptions = '-e MY_TOKEN=1'", false],
  ];
  for (const [what, config, isSaid] of rivals) {
    it(`${what}: ${isSaid ? 'said, with file and line' : 'nothing is said'}`, async () => {
      const { exitCode, stderr } = await launch('TOKEN', config);
      assert.equal(exitCode, 0, stderr);
      assert.equal(/WARNING: .*nextflow\.config:\d+ sets TOKEN too/.test(stderr), isSaid, stderr);
    });
  }
});
