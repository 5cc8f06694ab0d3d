import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Sops } from '../fixtures/sops.ts';
import { Person, Team } from '../fixtures/team.ts';
import { addMember, dataKeyOf } from '../fixtures/forged-vault.ts';

// A line that stays the same is what makes a diff readable, and two branches mergeable.

/** Lines of a vault, without what each write changes: its time, its MAC, and the leaf about its structure. */
const linesOf = (path: string): string[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !/^\s*"(lastmodified|mac|structure)":/.test(line))
    // The last entry of an object has no comma, until there is another one.
    .map((line) => line.replace(/,$/, ''));

/** Lines that a write has taken out or put in. */
async function changedBy(path: string, write: () => Promise<unknown>): Promise<string[]> {
  const before = linesOf(path);
  await write();
  const after = linesOf(path);
  const only = (lines: readonly string[], others: readonly string[]): string[] =>
    lines.filter((line) => !others.includes(line));
  return [...only(before, after), ...only(after, before)];
}

/** Asserts that a write has changed lines of these secrets, and no others. */
function assertAbout(lines: readonly string[], ...names: string[]): void {
  const ofNames = lines.filter((line) => !names.some((name) => line.includes(`"${name}":`)));
  // The data beside a value: its dates and author.
  const others = ofNames.filter((line) => !/^\s*"(created|updated|updatedBy|description)":/.test(line));
  assert.deepEqual(others, []);
  assert.ok(lines.length > 0);
}

describe('a write of a vault', () => {
  const NAMES = ['FAKE_A', 'FAKE_B', 'FAKE_C', 'FAKE_D'];
  const secrets = Object.fromEntries(NAMES.map((name) => [name, `fake-${name}`]));

  it('with a roster changes its own lines, whoever wrote last; an addition those of the new member', async () => {
    const team = await Team.create(secrets);
    try {
      const file = team.file();
      const set = (person: Person, name: string, value: string) => async (): Promise<unknown> =>
        person.ok(['set', name, '--scope', 'workspace'], { input: value });
      for (const [person, name] of [
        [team.max, 'FAKE_A'],
        [team.ann, 'FAKE_B'],
        [team.max, 'FAKE_B'],
        [team.ann, 'FAKE_NEW'],
      ] as const)
        assertAbout(await changedBy(file, set(person, name, `fake-by-${person.label}`)), name);
      const removed = await changedBy(file, async () => team.max.ok(['delete', 'FAKE_NEW', '--yes']));
      assertAbout(removed, 'FAKE_NEW');

      const eve = await Person.at(team.workspace, 'eve/laptop');
      try {
        const added = await changedBy(file, async () => team.ann.add(eve, 'maintain'));
        assert.ok(added.some((line) => line.includes(eve.key.recipient)));
        assert.deepEqual(
          added.filter((line) => line.includes('ENC[')),
          [],
          'no value is encrypted anew',
        );
        await eve.accept();
        assertAbout(await changedBy(file, set(eve, 'FAKE_C', 'fake-by-eve')), 'FAKE_C');
        assertAbout(await changedBy(file, set(team.max, 'FAKE_D', 'fake-by-max')), 'FAKE_D');
        const role = await changedBy(file, async () => team.ann.setRole('eve/laptop', 'admin'));
        assert.deepEqual(role, []);
      } finally {
        eve.remove();
      }
    } finally {
      team.remove();
    }
  });

  it('without a roster changes its own lines, whoever wrote last, also after sops @sops', async () => {
    const team = await Team.create({});
    const [ann, bob] = [team.ann, await Person.at(team.workspace, 'bob/laptop')];
    try {
      const plain = bob.workspace;
      for (const person of [ann, bob]) person.workAt(plain);
      const file = `${plain}/.nf-secrets/workspace.sops.json`;
      for (const name of NAMES)
        await ann.ok(['set', name, '--scope', 'workspace'], { input: `fake-${name}` });
      await addMember(file, await dataKeyOf(file, ann.key), 'bob', bob.key.recipient);
      const set = (person: Person, name: string) => async (): Promise<unknown> =>
        person.ok(['set', name, '--scope', 'workspace', '--accept-members'], {
          input: `fake-by-${person.label}-${name}`,
        });
      await set(ann, 'FAKE_A')();
      await set(bob, 'FAKE_A')();
      assertAbout(await changedBy(file, set(ann, 'FAKE_B')), 'FAKE_B');
      assertAbout(await changedBy(file, set(bob, 'FAKE_C')), 'FAKE_C');
      assertAbout(await changedBy(file, set(ann, 'FAKE_C')), 'FAKE_C');
      // sops encrypts all leaves that it writes anew only where their text is another one.
      const sops = await Sops.of(bob);
      await sops.set(file, ['secrets', 'FAKE_D'], '"fake-by-sops"');
      assertAbout(await changedBy(file, set(ann, 'FAKE_B')), 'FAKE_B');
      assertAbout(await changedBy(file, set(bob, 'FAKE_A')), 'FAKE_A');
    } finally {
      bob.remove();
      team.remove();
    }
  });
});
