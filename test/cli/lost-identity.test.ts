import assert from 'node:assert/strict';
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { assertHidden, fillWithKnown, KNOWN, knownNow } from '../fixtures/known-secrets.ts';
import { identityFile, userVaultFile, workspaceVaultFile } from '../fixtures/places.ts';
import { assertRefusedWithRemedy } from '../fixtures/refusal.ts';
import { type Result, Sandbox } from '../fixtures/sandbox.ts';
import { sideBySide } from '../fixtures/side-by-side.ts';

// The worst that can happen to a person: vaults, and no key. No command may make it worse, by a new identity in
// the place of the old one or by a change to a vault, and each says what is lost and what is not.
describe('with the identity lost', () => {
  let sandbox: Sandbox;
  let kept: string;
  let files: string[];

  before(async () => {
    sandbox = new Sandbox();
    await fillWithKnown(sandbox);
    writeFileSync(join(sandbox.workspace, '.env'), 'FAKE_NEW=hidden\n');
    writeFileSync(join(sandbox.toolHome, 'grants.json'), '{"nf-core/fake": ["FAKE_USER"]}\n');
    kept = join(sandbox.root, 'kept.txt');
    files = [userVaultFile(sandbox), workspaceVaultFile(sandbox), join(sandbox.toolHome, 'workspaces.json')];
    renameSync(identityFile(sandbox), kept);
  });
  after(() => {
    sandbox.remove();
  });

  const USER_LOST = (): (string | RegExp)[] => [
    userVaultFile(sandbox),
    identityFile(sandbox),
    /backup/,
    /values in this file are lost/,
    /the names that are lost: nf-secrets list/,
    /Workspace secrets are not lost/,
    /mv '.*' '.*\.lost'/,
  ];
  const WORKSPACE_LOST = (): (string | RegExp)[] => [
    workspaceVaultFile(sandbox),
    identityFile(sandbox),
    /backup/,
    // The label of the one member: whom to ask.
    /send a request with new keys to tester: nf-secrets member request/,
  ];

  /** For what opens both vaults. */
  const EITHER_LOST = (): (string | RegExp)[] => [
    /user\.sops\.json|workspace\.sops\.json/,
    identityFile(sandbox),
    /backup/,
  ];

  const CLOSED: readonly [command: string, says: () => (string | RegExp)[]][] = [
    ['get FAKE_USER', USER_LOST],
    ['get FAKE_WS', WORKSPACE_LOST],
    ['get FAKE_BOTH --scope workspace', WORKSPACE_LOST],
    ['set FAKE_NEW', USER_LOST],
    ['set FAKE_USER', USER_LOST],
    ['set FAKE_NEW --scope workspace', WORKSPACE_LOST],
    ['set FAKE_NEW --scope workspace --accept-members', WORKSPACE_LOST],
    ['delete FAKE_USER --yes', USER_LOST],
    ['delete FAKE_WS --yes', WORKSPACE_LOST],
    ['rename FAKE_USER FAKE_NEW --yes', USER_LOST],
    ['rename FAKE_WS FAKE_NEW --yes', WORKSPACE_LOST],
    ['copy FAKE_USER --to workspace --yes', USER_LOST],
    ['move FAKE_WS --to user --yes', WORKSPACE_LOST],
    ['import .env', USER_LOST],
    ['import .env --dry-run', USER_LOST],
    ['import nextflow --scope workspace', WORKSPACE_LOST],
    ['export', EITHER_LOST],
    ['export --scope workspace', WORKSPACE_LOST],
    ['exec -- touch started', EITHER_LOST],
    ['exec --without-user -- touch started', WORKSPACE_LOST],
    ['identity show', USER_LOST],
  ];
  it('every command that needs it says 77, which vault, what is lost and what to do; nothing is made or changed', async () => {
    const before = files.map((file) => readFileSync(file));
    await sideBySide(CLOSED, async ([command, says]) => {
      const result = await sandbox.nfSecrets(command.split(' '), { input: 'hidden-new' });
      try {
        assertRefusedWithRemedy(result, 77, ...says());
        assertHidden(result);
      } catch (error) {
        throw new Error(`${command}: ${String(error)}`, { cause: error });
      }
    });
    assert.deepEqual(
      files.map((file) => readFileSync(file)),
      before,
    );
    assert.ok(!existsSync(identityFile(sandbox)), 'no new identity');
    assert.ok(!existsSync(join(sandbox.workspace, 'started')), 'nothing was started');
  });

  it('a backup has nothing to back up: 77', async () => {
    const file = join(sandbox.root, 'new-backup.age');
    assertRefusedWithRemedy(
      await sandbox.nfSecrets(['identity', 'backup', file], { input: 'fake' }),
      77,
      'identity',
    );
    assert.ok(!existsSync(file));
  });

  const OPEN: readonly [command: string, shows: RegExp][] = [
    ['list', /FAKE_USER .*\n[^]*FAKE_WS /],
    ['list --json', /"name": "FAKE_USER"/],
    ['export --names', /^FAKE_BOTH\nFAKE_NXF\n/],
    ['member list', /age1.*tester/],
    ['grant list', /nf-core\/fake .*FAKE_USER/],
    ['get FAKE_NXF', /^hidden-nextflow$/],
  ];
  for (const [command, shows] of OPEN) {
    it(`${command} needs none`, async () => {
      const { exitCode, stdout, stderr } = await sandbox.nfSecrets(command.split(' '));
      assert.equal(exitCode, 0, stderr);
      assert.match(String(stdout), shows);
    });
  }

  it('and put back, opens everything again', async () => {
    const put = async (action: () => Promise<Result>): Promise<Result> => {
      renameSync(kept, identityFile(sandbox));
      try {
        return await action();
      } finally {
        renameSync(identityFile(sandbox), kept);
      }
    };
    const result = await put(async () => {
      assert.deepEqual(await knownNow(sandbox), KNOWN);
      return sandbox.nfSecrets(['get', 'FAKE_USER']);
    });
    assert.equal(String(result.stdout), 'hidden-user');
  });

  it('and only a workspace’s vault there: a new identity can be made, and a member add it', async () => {
    const other = new Sandbox();
    try {
      await fillWithKnown(other);
      rmSync(identityFile(other));
      rmSync(userVaultFile(other));
      const shown = await other.nfSecrets(['identity', 'show']);
      assert.equal(shown.exitCode, 0, shown.stderr);
      const result = await other.nfSecrets(['get', 'FAKE_WS']);
      assertRefusedWithRemedy(
        result,
        77,
        workspaceVaultFile(other),
        'not a recipient',
        'tester',
        String(shown.stdout).trim(),
      );
      await other.ok(['set', 'FAKE_USER'], { input: 'fake' });
    } finally {
      other.remove();
    }
  });
});
