import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { usingIfSet } from '../fixtures/fake-nextflow.ts';
import { giveAway, nfSecretsAsOther } from '../fixtures/other-user.ts';
import { assertRefusedWithRemedy } from '../fixtures/refusal.ts';
import { Sandbox } from '../fixtures/sandbox.ts';
import { sideBySide } from '../fixtures/side-by-side.ts';

// A container may run under a user id that the system has no entry for: no name, and no home.
describe('a user id without an account @root', () => {
  let sandbox: Sandbox;

  beforeEach(() => {
    sandbox = new Sandbox();
    giveAway(sandbox.home);
    giveAway(sandbox.workspace);
    // What the sandbox names for everybody else.
    const { PATH = '', HOME = '' } = sandbox.env;
    Object.assign(sandbox, { env: { PATH, HOME, GIT_CONFIG_GLOBAL: '/dev/null' } });
  });
  afterEach(() => {
    sandbox.remove();
  });

  const COMMANDS: readonly string[][] = [
    ['list'],
    ['set', 'FAKE_A'],
    ['set', 'FAKE_A', '--scope', 'workspace'],
    ['get', 'FAKE_A'],
    ['exec', '--', 'true'],
    ['launch', '--nextflow', '/bin/true', 'main.nf'],
    ['runs'],
    ['identity', 'show'],
  ];
  for (const [title, home] of [
    ['no HOME', undefined],
    ['an empty HOME', ''],
    ['a relative HOME', 'home'],
  ] as const) {
    it(`and ${title}: 64, with what to set`, async () => {
      await sideBySide(COMMANDS, async (args) => {
        const result = await nfSecretsAsOther(sandbox, args, { input: 'fake', env: { HOME: home } });
        assertRefusedWithRemedy(result, 64, 'HOME', 'NF_SECRETS_HOME');
      });
      assert.deepEqual(readdirSync(sandbox.home), []);
      assert.deepEqual(readdirSync(sandbox.workspace), []);
    });
  }

  it('and no HOME, but a home of the tool: all works, and a run has its secrets there', async () => {
    const home = join(sandbox.home, 'tool');
    const env = { HOME: undefined, NF_SECRETS_HOME: home };
    writeFileSync(join(sandbox.workspace, 'main.nf'), usingIfSet(['FAKE_A']));
    for (const args of [
      ['set', 'FAKE_A'],
      ['set', 'FAKE_B', '--scope', 'workspace'],
      ['list'],
      ['scan'],
      ['runs'],
    ]) {
      const { exitCode, stderr } = await nfSecretsAsOther(sandbox, args, { input: 'fake-a', env });
      assert.equal(exitCode, 0, stderr);
    }
    const show = ['exec', '--', 'sh', '-c', 'echo "$NXF_SECRETS_FILE"; cat "$NXF_SECRETS_FILE"'];
    const { exitCode, stdout, stderr } = await nfSecretsAsOther(sandbox, show, { env });
    assert.equal(exitCode, 0, stderr);
    assert.ok(String(stdout).startsWith(`${home}/run-root/`), String(stdout));
    assert.match(String(stdout), /fake-a/);
    const launch = ['launch', '--nextflow', '/bin/true', 'main.nf'];
    const launched = await nfSecretsAsOther(sandbox, launch, { env });
    assert.equal(launched.exitCode, 0, launched.stderr);
  });

  it('and a HOME: works as for anybody', async () => {
    for (const args of [['set', 'FAKE_A'], ['list'], ['exec', '--', 'true']]) {
      const { exitCode, stderr } = await nfSecretsAsOther(sandbox, args, { input: 'fake-a' });
      assert.equal(exitCode, 0, stderr);
    }
  });

  it('and neither: what needs no home works', async () => {
    mkdirSync(join(sandbox.workspace, 'code'));
    const env = { HOME: undefined };
    for (const args of [
      ['scan'],
      ['completion', 'bash'],
      ['--help'],
      ['--version'],
      ['complete', '--', 'get', ''],
    ]) {
      const { exitCode, stderr } = await nfSecretsAsOther(sandbox, args, { env });
      assert.equal(exitCode, 0, stderr);
    }
  });
});
