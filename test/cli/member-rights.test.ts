import assert from 'node:assert/strict';
import { chmodSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type World, localWorld } from '../../src/core/system/world.ts';
import type { readRights as ReadRights } from '../../src/extension/state/read-rights.ts';
import { importExtension } from '../fixtures/import-extension.ts';
import { type Person, Team } from '../fixtures/people.ts';
import { identityFile } from '../fixtures/places.ts';

/** The little of VS Code that words of reasons need. */
const VS_CODE = `
  exports.l10n = { t: (text, ...args) => [typeof text === 'string' ? text : text.message, ...args].join(' ') };
  exports.commands = {};
  exports.env = {};
  exports.window = {};
  exports.Uri = {};
`;

describe('the rights that the view of secrets shows', () => {
  const team = new Team();
  let ada: Person;
  let bob: Person;
  let readRights: typeof ReadRights;

  before(async () => {
    ({ readRights } = await importExtension<{ readRights: typeof ReadRights }>(
      ['extension/state/read-rights'],
      VS_CODE,
    ));
    ada = await team.founder('ada', { TOKEN: 'fake-token' });
    bob = team.cloner('bob');
    await ada.ok(['member', 'add', await bob.request(), '--yes']);
    ada.push('Bob');
    bob.pull();
  });
  after(() => {
    team.remove();
  });

  const rightsOf = async (
    { sandbox, vault, clone }: Person,
    env: World['env'] = {},
  ): ReturnType<typeof ReadRights> => {
    const world = localWorld({
      ...{ env: { ...sandbox.env, ...env }, cwd: clone },
      ...{ say: () => undefined, notice: () => undefined, ask: () => Promise.resolve(undefined) },
    });
    return readRights({ scope: 'workspace', path: vault }, world);
  };

  it('are those of the role', async () => {
    const owner = await rightsOf(ada);
    assert.deepEqual([owner.role, owner.isStranger, owner.cannotWrite], ['owner', false, undefined]);
    const launcher = await rightsOf(bob);
    assert.deepEqual([launcher.role, launcher.isStranger], ['launch', false]);
    assert.match(launcher.cannotWrite ?? '', /has the role/);
    assert.equal(launcher.members?.length, 2);
  });

  it('of somebody with an empty home are none, and say whom to ask', async () => {
    const eve = team.cloner('eve');
    const { role, isStranger, cannotWrite, members } = await rightsOf(eve);
    assert.deepEqual([role, isStranger, members?.length], [undefined, true, 2]);
    assert.match(cannotWrite ?? '', /none of your keys/);
    assert.ok(!existsSync(eve.sandbox.toolHome), 'nothing is made by a look');
  });

  it('are not known where a key cannot be used, and say so: such a person may be a member', async () => {
    const identity = identityFile(bob.sandbox);
    chmodSync(identity, 0o644);
    const { role, isStranger, cannotWrite } = await rightsOf(bob);
    chmodSync(identity, 0o600);
    assert.deepEqual([role, isStranger], [undefined, false]);
    assert.match(cannotWrite ?? '', /can be read by others/);
    const broken = await rightsOf(bob, { SOPS_AGE_KEY_FILE: 'not-there.txt' });
    assert.equal(broken.isStranger, false);
    assert.match(broken.cannotWrite ?? '', /SOPS_AGE_KEY_FILE/);
  });

  it('are none in a vault without a roster that no key of theirs opens: it is told before a launch fails', async () => {
    const own = new Team();
    try {
      const dora = await own.founder('dora', { TOKEN: 'fake-token' });
      const there = await rightsOf(dora);
      assert.deepEqual([there.isStranger, there.cannotWrite], [false, undefined]);
      const eve = own.cloner('eve');
      const { isStranger, cannotWrite, members } = await rightsOf(eve);
      assert.deepEqual([isStranger, members], [true, undefined]);
      assert.match(cannotWrite ?? '', /None of your keys opens it/);
      assert.ok(!existsSync(eve.sandbox.toolHome), 'nothing is made by a look');
      const known = await rightsOf(eve, { SOPS_AGE_KEY_CMD: 'false' });
      assert.deepEqual([known.isStranger, known.cannotWrite], [false, undefined]);
    } finally {
      own.remove();
    }
  });

  it('are read without running a command that prints a key; whoever has one may be a member', async () => {
    const eve = team.cloner('eve2');
    const marker = join(eve.sandbox.root, 'ran');
    const { isStranger, cannotWrite } = await rightsOf(eve, { SOPS_AGE_KEY_CMD: `touch ${marker}` });
    assert.deepEqual([isStranger, cannotWrite], [false, undefined]);
    assert.ok(!existsSync(marker));
  });

  it('are refused with the vault', async () => {
    const signature = `${bob.vault}.sig`;
    const before = await rightsOf(bob);
    writeFileSync(signature, 'not a signature\n');
    const refused = await rightsOf(bob);
    rmSync(signature);
    bob.git('checkout', '--', '.nf-secrets');
    assert.notEqual(refused.cannotWrite, before.cannotWrite);
    assert.match(refused.cannotWrite ?? '', /sign/);
    assert.equal((await rightsOf(bob)).cannotWrite, before.cannotWrite);
  });
});
