import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import fc from 'fast-check';
import { HumanError } from '../../src/core/system/human-error.ts';
import { ensureIdentities } from '../../src/core/vault/identity.ts';
import { SecretValue } from '../../src/core/secrets/secret-value.ts';
import { newVaultTree } from '../../src/core/vault/vault-shape.ts';
import { updateVault } from '../../src/core/vault/update-vault.ts';
import { ensureAccepted, listMembers, listVault, openVault } from '../../src/core/vault/vault.ts';
import { type VaultLocation, workspaceVault } from '../../src/core/vault/vault-location.ts';
import { ALL_TESTS } from '../fixtures/all-tests.ts';
import {
  anyMutation,
  everyFlip,
  everyLoss,
  everyNodeMutation,
  type Mutation,
} from '../fixtures/mutations.ts';
import { fakeWorld } from '../fixtures/world.ts';
import { UnlockedDocument } from '../../src/core/vault/unlocked-document.ts';

const VALUES: ReadonlyMap<string, string> = new Map([
  ['FAKE_A', 'fake-a'],
  ['FAKE_B', 'fake\n"b"'],
  ['FAKE_NUMBER', '42'],
  ['constructor', 'fake-a'],
]);

// Whoever can write the file but has not its key: what they do is refused, or changes nothing that counts.
describe('a mutation of a vault’s file @slow', () => {
  let directory: string;
  let world: ReturnType<typeof fakeWorld>;
  let location: VaultLocation;
  let good: Buffer;
  let remembered: Buffer;
  const accepted = (): string => join(directory, 'home', 'workspaces.json');

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'nf-secrets-test-'));
    world = fakeWorld({ env: { NF_SECRETS_HOME: join(directory, 'home') }, cwd: directory });
    location = workspaceVault(directory);
    // Shared with somebody else, as a workspace is.
    const [{ recipient }] = await ensureIdentities(world);
    const other = await identityToRecipient(await generateX25519Identity());
    const member = { recipient, label: 'me', since: '2026-01-01T00:00:00Z', by: 'me' };
    const members = [member, { ...member, recipient: other, label: 'other' }];
    const empty = await UnlockedDocument.create(newVaultTree(members), [recipient, other], location.path);
    mkdirSync(dirname(location.path));
    writeFileSync(location.path, empty.serialize('2026-01-01T00:00:00Z'));
    await ensureAccepted(location, true, world);
    await updateVault(location, world, 'tester', (draft) => {
      for (const [name, value] of VALUES)
        draft.set(name, new SecretValue(value), { description: `for ${name}` });
    });
    good = readFileSync(location.path);
    remembered = readFileSync(accepted());
  });
  after(() => {
    rmSync(directory, { recursive: true, force: true });
  });

  /** @returns undefined if it is refused as damaged or not ours, which is all that it may be refused for. */
  async function unlessRefused<T>(
    action: () => Promise<T>,
    mayBe: readonly number[] = [65, 77],
  ): Promise<T | undefined> {
    try {
      return await action();
    } catch (error) {
      if (!(error instanceof HumanError)) throw error;
      assert.ok(mayBe.includes(error.exitCode), `exit code ${error.exitCode}: ${error.message}`);
      for (const value of VALUES.values())
        if (value !== '42') assert.ok(!error.message.includes(value), 'a value in it');
      return undefined;
    }
  }

  const revealed = (values: ReadonlyMap<string, SecretValue>): ReadonlyMap<string, string> =>
    new Map(Array.from(values, ([name, value]) => [name, value.reveal()]));

  /** @returns what became of it. @throws AssertionError if anything else is read than what was written. */
  async function read({ apply }: Mutation): Promise<'refused' | 'harmless' | 'none'> {
    const mutated = apply(good);
    writeFileSync(location.path, mutated);
    // These decrypt nothing, so they cannot know all that openVault does; but they refuse as it does.
    await unlessRefused(() => listVault(location, world), [65]);
    await unlessRefused(() => listMembers(location, world), [65]);
    const values = await unlessRefused(() => openVault(location, world));
    if (values === undefined) return 'refused';
    assert.deepEqual(revealed(values), VALUES);
    return mutated.equals(good) ? 'none' : 'harmless';
  }

  const EVERY: readonly (readonly [
    title: string,
    each: (file: Buffer) => Iterable<Mutation>,
    least: number,
  ])[] = [
    ['that changes one byte', everyFlip, 1_500],
    ['that loses one byte', everyLoss, 800],
    ['of one or two nodes', everyNodeMutation, 1_500],
  ];
  for (const [title, each, least] of EVERY) {
    it(`${title} is refused, or every value is as it was`, async () => {
      const wrong: string[] = [];
      let refused = 0;
      let count = 0;
      for (const mutation of each(good)) {
        count += 1;
        try {
          if ((await read(mutation)) === 'refused') refused += 1;
        } catch (error) {
          wrong.push(`${mutation.title}: ${String(error).split('\n')[0] ?? ''}`);
        }
      }
      assert.deepEqual(wrong, []);
      assert.ok(refused > least && refused < count, `${refused} of ${count} refused`);
      assert.deepEqual(readFileSync(accepted()), remembered, 'what is remembered of the vault');
    });
  }

  it('of some steps, too: thousands of them', async () => {
    const count = ALL_TESTS ? 4_500 : 1_500;
    const ends = { refused: 0, harmless: 0, none: 0 };
    await fc.assert(
      fc.asyncProperty(anyMutation, async (mutation) => {
        ends[await read(mutation)] += 1;
      }),
      { numRuns: count },
    );
    assert.ok(
      ends.refused > count / 3 && ends.harmless > count / 150,
      `mutations that do nothing: ${JSON.stringify(ends)}`,
    );
    assert.deepEqual(readFileSync(accepted()), remembered, 'what is remembered of the vault');
  });

  it('is refused by a writer, who leaves the file as it is, or kept with all that was there', async () => {
    let written = 0;
    await fc.assert(
      fc.asyncProperty(anyMutation, async (mutation) => {
        const mutated = mutation.apply(good);
        writeFileSync(location.path, mutated);
        writeFileSync(accepted(), remembered);
        const done = await unlessRefused(async () => {
          await ensureAccepted(location, false, world);
          await updateVault(location, world, 'tester', (draft) => {
            draft.set('FAKE_NEW', new SecretValue('fake-new'));
          });
          return true;
        });
        assert.deepEqual(
          readdirSync(dirname(location.path)).sort(),
          ['.gitattributes', '.gitignore', 'workspace.sops.json'],
          'no lock and no unfinished file',
        );
        if (done === undefined) {
          assert.deepEqual(readFileSync(location.path), mutated);
          assert.deepEqual(readFileSync(accepted()), remembered);
          return;
        }
        written += 1;
        assert.deepEqual(
          revealed(await openVault(location, world)),
          new Map([...VALUES, ['FAKE_NEW', 'fake-new']]),
        );
      }),
      { numRuns: 500 },
    );
    assert.ok(written > 5, `only ${written} were harmless`);
  });
});
