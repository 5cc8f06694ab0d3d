import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  lchownSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { giveAway, nfSecretsAsOther, OTHER } from '../fixtures/other-user.ts';
import { identityFile, userVaultFile } from '../fixtures/places.ts';
import { assertRefused, assertRefusedWithRemedy } from '../fixtures/refusal.ts';
import { Sandbox } from '../fixtures/sandbox.ts';
import { sideBySide } from '../fixtures/side-by-side.ts';
import { Team } from '../fixtures/people.ts';

// What root makes in the home of the person who called sudo is root's, and locks them out of it.

describe('root in the place of somebody else, as with sudo -E @root', () => {
  let sandbox: Sandbox;

  beforeEach(() => {
    sandbox = new Sandbox();
    giveAway(sandbox.home);
    writeFileSync(join(sandbox.workspace, 'main.nf'), 'workflow {}\n');
  });
  afterEach(() => {
    sandbox.remove();
  });

  const SUDO = { SUDO_UID: String(OTHER), SUDO_USER: 'alice' };
  const COMMANDS: readonly string[][] = [
    ['list'],
    ['get', 'USER_KEY'],
    ['set', 'NEW_KEY'],
    ['runs'],
    ['sweep'],
    ['identity', 'show'],
    ['exec', '--', 'touch', 'started'],
    ['set', 'NEW_KEY', '--scope', 'workspace'],
    ['import', 'nextflow'],
    ['launch', 'main.nf', '--nextflow', '/bin/true'],
    ['launch', '--dry-run', 'main.nf'],
    ['launch', '--background', 'main.nf'],
    ['member', 'list'],
    ['grant', 'list'],
  ];
  const assertUntouched = (): void => {
    for (const name of readdirSync(sandbox.home, { recursive: true, encoding: 'utf8' })) {
      assert.equal(statSync(join(sandbox.home, name)).uid, OTHER, `${name} is root's now`);
    }
    assert.deepEqual(readdirSync(sandbox.workspace), ['main.nf']);
  };

  const HOMES: readonly (readonly [
    title: string,
    env: (home: string) => Record<string, string | undefined>,
  ])[] = [
    ['HOME', () => ({ NF_SECRETS_HOME: undefined })],
    ['NF_SECRETS_HOME that does not exist yet', (home) => ({ NF_SECRETS_HOME: join(home, 'a', 'b') })],
    ['XDG_DATA_HOME', (home) => ({ NF_SECRETS_HOME: undefined, XDG_DATA_HOME: home, HOME: '/root' })],
  ];
  for (const [title, env] of HOMES) {
    it(`by ${title}: everything is refused, with whose it is, before anything is made`, async () => {
      await sideBySide(COMMANDS, async (args) => {
        const result = await sandbox.nfSecrets(args, {
          input: 'fake',
          env: { ...env(sandbox.home), ...SUDO },
        });
        assertRefusedWithRemedy(result, 77, sandbox.home, `alice, uid ${OTHER}`, 'without sudo');
      });
      assertUntouched();
    });
  }

  it('by a home that is in use: the files stay its owner’s', async () => {
    const made = await nfSecretsAsOther(sandbox, ['set', 'OWN_KEY'], { input: 'fake-own' });
    assert.equal(made.exitCode, 0, made.stderr);
    assertRefused(await sandbox.nfSecrets(['set', 'TOK2'], { input: 'fake', env: SUDO }), 77, 'alice');
    assertUntouched();
    const { stdout } = await nfSecretsAsOther(sandbox, ['get', 'OWN_KEY']);
    assert.equal(String(stdout), 'fake-own');
  });

  it('by Nextflow’s home alone: no launch, and none is made', async () => {
    const own = join(sandbox.root, 'own');
    for (const nextflowHome of [undefined, sandbox.nextflowHome]) {
      const env = { ...SUDO, NF_SECRETS_HOME: own, NXF_HOME: nextflowHome };
      for (const args of [
        ['exec', '--', 'touch', 'started'],
        ['launch', '--nextflow', '/bin/true', 'main.nf'],
        ['launch', '--nextflow', '/bin/true', 'lab/remote'],
        ['launch', '--dry-run', '--nextflow', '/bin/true', 'lab/remote'],
      ]) {
        const result = await sandbox.nfSecrets(args, { env });
        assertRefusedWithRemedy(result, 77, sandbox.home, 'alice', 'NF_SECRETS_RUN_ROOT');
      }
      await sandbox.ok(['set', 'ROOT_KEY'], { env, input: 'fake' });
    }
    assertUntouched();
    const args = ['exec', '--run-root', join(own, 'runs'), '--', 'true'];
    await sandbox.ok(args, { env: { ...SUDO, NF_SECRETS_HOME: own } });
  });

  it('scan does without: a check of code in a container of CI', async () => {
    const { exitCode, stderr } = await sandbox.nfSecrets(['scan', '--strict'], {
      env: { NF_SECRETS_HOME: undefined },
    });
    assert.equal(exitCode, 0, stderr);
    assert.match(stderr, /Your own secrets count as not set: .*another user/);
    assertUntouched();
  });

  it('member verify does without, too', async () => {
    const team = new Team();
    try {
      const owner = await team.founder('alice', { FAKE_A: 'fake' });
      await owner.ok(['member', 'robot', 'ci', '--yes']);
      const env = { NF_SECRETS_HOME: undefined, HOME: sandbox.home };
      const { exitCode, stderr } = await owner.nf(['member', 'verify'], { env });
      assert.equal(exitCode, 0, stderr);
      assertUntouched();
    } finally {
      team.remove();
    }
  });

  it('what root has left in somebody’s home is refused to them, with the command that gives it back', async () => {
    const made = await nfSecretsAsOther(sandbox, ['set', 'OWN_KEY'], { input: 'fake-own' });
    assert.equal(made.exitCode, 0, made.stderr);
    for (const file of ['workspaces.json', 'grants.json', basename(userVaultFile(sandbox))]) {
      const path = join(sandbox.toolHome, file);
      if (!existsSync(path)) writeFileSync(path, '{}\n', { mode: 0o600 });
      lchownSync(path, 0, 0);
      const refused = await nfSecretsAsOther(sandbox, ['list']);
      assertRefusedWithRemedy(refused, 77, path, `sudo chown -R ${OTHER} '${path}'`);
      lchownSync(path, OTHER, OTHER);
    }
    lchownSync(sandbox.toolHome, 0, 0);
    chmodSync(sandbox.toolHome, 0o755);
    const refused = await nfSecretsAsOther(sandbox, ['list']);
    assertRefusedWithRemedy(refused, 77, `sudo chown -R ${OTHER} '${sandbox.toolHome}'`);
  });

  it('root’s own home, as in a container: fine', async () => {
    const own = new Sandbox();
    try {
      await own.ok(['set', 'ROOT_KEY'], { env: SUDO, input: 'fake-root' });
      assert.equal(String(await own.ok(['get', 'ROOT_KEY'], { env: SUDO })), 'fake-root');
      assert.match(readFileSync(identityFile(own), 'utf8'), /AGE-SECRET-KEY-1/);
    } finally {
      own.remove();
    }
  });
});
