import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ExitCode, HumanError } from '../../src/core/system/human-error.ts';
import { memberOf as ownMember } from '../../src/core/vault/members/refusal.ts';
import {
  appendVersion,
  continues,
  formatRoster,
  hashOfVersion,
  labelProblem,
  membersOfVersion,
  parseRoster,
  type Roster,
  rosterRecipients,
  type RosterVersion,
  verifyChain,
} from '../../src/core/vault/members/roster.ts';
import { changed, memberOf, person } from '../fixtures/members.ts';

const PATH = '/w/.nf-secrets/members.json';
const alice = person('alice/laptop');
const olga = person('olga/desk');
const adam = person('adam/desk');
const mary = person('mary/mac');
const rob = person('robot/ci');

/** Six versions: a first one, and changes by owners and an admin. */
async function history(): Promise<Roster> {
  let roster = await changed(undefined, alice, () => [memberOf(alice, 'owner')]);
  roster = await changed(roster, alice, (all) => [...all, memberOf(adam, 'admin'), memberOf(olga, 'owner')]);
  roster = await changed(roster, adam, (all) => [...all, memberOf(mary, 'launch', adam.label)]);
  roster = await changed(roster, adam, (all) => [
    ...all,
    { ...memberOf(rob, 'launch', adam.label), signingKey: null },
  ]);
  roster = await changed(roster, adam, (all) =>
    all.map((one) => (one.label === mary.label ? { ...one, role: 'maintain' } : one)),
  );
  return changed(roster, olga, (all) => all.filter(({ label }) => label !== alice.label));
}

const read = (bytes: Uint8Array): Roster => parseRoster(bytes, PATH);
const text = (roster: Roster): string => formatRoster(roster).toString('utf8');

/** The reason that a file is refused, or undefined. */
function refusal(bytes: Uint8Array): string | undefined {
  try {
    const problem = verifyChain(read(bytes));
    return problem === undefined ? undefined : String(problem);
  } catch (error) {
    assert.ok(error instanceof HumanError && error.exitCode === ExitCode.data, String(error));
    assert.ok(error.remedies.length > 0);
    return error.message;
  }
}

const ofVersions = (versions: readonly RosterVersion[]): Buffer => formatRoster({ versions });

async function rejects(work: Promise<unknown>, exitCode: number, says: RegExp): Promise<void> {
  await assert.rejects(work, (error) => {
    assert.ok(error instanceof HumanError, String(error));
    assert.equal(error.exitCode, exitCode, error.message);
    assert.match(error.message, says);
    return true;
  });
}

describe('the roster of a workspace', () => {
  let roster: Roster;

  before(async () => {
    roster = await history();
  });

  it('comes back from its file, and holds', () => {
    const again = read(formatRoster(roster));
    assert.deepEqual(again, roster);
    assert.equal(verifyChain(again), undefined);
    assert.deepEqual(
      again.members.map(({ label, role }) => `${label} ${role}`),
      ['adam/desk admin', 'olga/desk owner', 'mary/mac maintain', 'robot/ci launch'],
    );
    assert.deepEqual(
      rosterRecipients(again),
      [adam, olga, mary, rob].map(({ recipient }) => recipient),
    );
    assert.equal(ownMember(again, ['age1x', mary.recipient])?.label, 'mary/mac');
    assert.equal(ownMember(again, [alice.recipient]), undefined);
    assert.deepEqual(
      membersOfVersion(again, 2)?.map(({ label }) => label),
      ['alice/laptop', 'adam/desk', 'olga/desk', 'mary/mac'],
    );
    assert.equal(membersOfVersion(again, 6), undefined);
  });

  it('continues each of its own versions, and none of another roster', async () => {
    const { root } = roster;
    for (const { number } of roster.versions) {
      const head = hashOfVersion(roster, number) ?? '';
      assert.ok(continues(roster, { root, number, head }));
    }
    const { head } = roster;
    assert.ok(!continues(roster, { root, number: 4, head }));
    assert.ok(!continues(roster, { root, number: 6, head }));
    const other = await history();
    assert.notEqual(other.root, root);
    assert.ok(!continues(other, { root, number: 0, head: root }));
  });

  it('gives a change one entry in its file, whatever else it has', async () => {
    const before = text(roster);
    const after = text(await changed(roster, adam, (all) => [...all, memberOf(person('zoe/pc'), 'launch')]));
    const kept = before.slice(0, before.lastIndexOf('\n\t]'));
    assert.ok(after.startsWith(`${kept},\n`));
    assert.ok(after.length - before.length < 1500);
  });

  it('is refused after any change of a byte that changes what it has', () => {
    const bytes = formatRoster(roster);
    const same = JSON.stringify(roster.versions);
    fc.assert(
      fc.property(
        fc.nat(bytes.length - 1),
        fc.constantFrom('replace', 'insert', 'drop'),
        fc.integer({ min: 0, max: 255 }),
        (at, how, byte) => {
          const end = bytes.subarray(how === 'insert' ? at : at + 1);
          const middle = Buffer.from(how === 'drop' ? [] : [byte]);
          const edited = Buffer.concat([bytes.subarray(0, at), middle, end]);
          if (refusal(edited) !== undefined) return;
          // White space of JSON holds nothing.
          assert.equal(JSON.stringify(read(edited).versions), same);
        },
      ),
      { numRuns: 3000, seed: 7 },
    );
  });

  it('is refused if a version is dropped, moved or repeated, and says which', () => {
    const { versions } = roster;
    const count = versions.length;
    fc.assert(
      fc.property(fc.array(fc.nat(count - 1), { minLength: 1, maxLength: count + 2 }), (order) => {
        const isPrefix = order.every((version, index) => version === index);
        const said = refusal(ofVersions(order.map((index) => versions[index]!)));
        if (isPrefix) assert.equal(said, undefined);
        else assert.match(said ?? 'accepted', /^version \d, of [a-z]+\/[a-z]+, /);
      }),
      { numRuns: 500, seed: 7 },
    );
  });

  it('is refused if a field is changed, a version is signed by nobody, or with a signature of another one', () => {
    const { versions } = roster;
    const edit = (index: number, change: (version: RosterVersion) => Partial<RosterVersion>): string =>
      refusal(ofVersions(versions.map((one, at) => (at === index ? { ...one, ...change(one) } : one)))) ?? '';
    const last = versions.length - 1;
    assert.match(
      edit(last, () => ({ by: 'adam/desk' })),
      /version 5 is not as adam\/desk signed it \(SHA256:/,
    );
    assert.match(
      edit(last, () => ({ removed: [] })),
      /version 5 is not as olga\/desk signed it/,
    );
    assert.match(
      edit(2, ({ members }) => ({ members: members.map((one) => ({ ...one, role: 'owner' as const })) })),
      /version 2 is not as adam\/desk signed it/,
    );
    assert.match(
      edit(last, () => ({ signature: versions[4]!.signature })),
      /version 5 is not as olga\/desk signed it/,
    );
    assert.match(
      edit(last, () => ({ signature: 'none' })),
      /version 5, of olga\/desk, has no signature that counts/,
    );
  });

  it('takes no version of somebody who may not make it, whoever they say they are', async () => {
    const forged = async (
      by: typeof alice,
      named: string,
      change: Partial<RosterVersion>,
    ): Promise<string> => {
      // As somebody does who has the keys and not this program.
      const draft = {
        ...roster.versions.at(-1)!,
        number: 6,
        previous: roster.head,
        by: named,
        removed: [],
        ...change,
      };
      const { number, previous, at, members, removed } = draft;
      const signed = `nf-secrets roster\n${JSON.stringify({ number, previous, at, by: named, members, removed })}`;
      const signature = await by.signer.sign(Buffer.from(signed));
      return refusal(ofVersions([...roster.versions, { ...draft, signature }])) ?? 'accepted';
    };
    const eve = person('eve/pc');
    const joins = { members: [memberOf(eve, 'launch')] };
    assert.equal(await forged(olga, olga.label, joins), 'accepted');
    assert.match(
      await forged(mary, mary.label, joins),
      /version 6 is signed by mary\/mac: mary\/mac has the role maintain, which may not change members/,
    );
    assert.match(
      await forged(mary, olga.label, joins),
      /signed by mary\/mac, but names olga\/desk as its author/,
    );
    // Gone since version 5.
    assert.match(await forged(alice, alice.label, joins), /key that no member has \(SHA256:/);
    assert.match(await forged(eve, eve.label, joins), /key that no member has/);
    assert.match(
      await forged(adam, adam.label, { members: [memberOf(eve, 'admin')] }),
      /only an owner may change eve\/pc, who is admin/,
    );
    assert.match(
      await forged(adam, adam.label, { members: [], removed: [olga.label] }),
      /only an owner may change olga\/desk, who is owner/,
    );
    assert.match(
      await forged(adam, adam.label, { members: [memberOf(adam, 'owner')] }),
      /only an owner may change adam\/desk/,
    );
    assert.match(
      await forged(olga, olga.label, { members: [], removed: [olga.label] }),
      /version 6, of olga\/desk, is refused: no owner is left/,
    );
    assert.match(await forged(olga, olga.label, { members: [] }), /it changes nothing/);
    assert.match(
      await forged(olga, olga.label, { members: [], removed: ['nobody'] }),
      /it removes nobody, who is no member/,
    );
  });

  it('is changed by members who may, to members that can be', async () => {
    const add =
      (one: ReturnType<typeof memberOf>) =>
      (all: Roster['members']): Roster['members'] => [...all, one];
    const eve = memberOf(person('eve/pc'), 'launch');
    await rejects(changed(roster, mary, add(eve)), 77, /mary\/mac has the role maintain, which may not/);
    await rejects(
      changed(roster, adam, add({ ...eve, role: 'admin' })),
      77,
      /only an owner may change eve\/pc/,
    );
    await rejects(changed(roster, alice, add(eve)), 77, /alice\/laptop is no member/);
    const refused: [Partial<typeof eve>, RegExp][] = [
      [{ label: 'Mary/Mac' }, /the labels mary\/mac and Mary\/Mac differ in case alone/],
      [{ label: '../x' }, /cannot be used/],
      [{ recipients: [mary.recipient] }, /eve\/pc has a key that mary\/mac has too/],
      [{ recipients: [] }, /has 0 keys/],
      [{ recipients: ['age1abc'] }, /is no age key/],
      [{ recipients: [`${eve.signingKey ?? ''} comment`] }, /is no age key/],
      [{ signingKey: mary.signer.publicKey }, /eve\/pc has a key that mary\/mac has too/],
      [{ role: 'maintain', signingKey: null }, /has no key to sign with, which the role maintain needs/],
      [{ signingKey: `${eve.signingKey ?? ''} comment` }, /no SSH key of a kind that can sign/],
    ];
    for (const [change, says] of refused)
      await rejects(changed(roster, olga, add({ ...eve, ...change })), 65, says);
    await rejects(
      changed(roster, olga, (all) => all.filter(({ role }) => role !== 'owner')),
      65,
      /no owner is left/,
    );
    await rejects(
      changed(roster, olga, (all) => all),
      65,
      /it changes nothing/,
    );
    const first = [memberOf(mary, 'maintain')];
    await rejects(
      appendVersion(undefined, { members: first, by: mary.label, at: new Date() }, mary.signer),
      77,
      /may not change members/,
    );
  });

  it('needs no second look at signatures that were accepted, but at all later ones', () => {
    const { root, versions } = roster;
    const known = { root, number: 2, head: hashOfVersion(roster, 2) ?? '' };
    const without = (index: number): Roster =>
      read(ofVersions(versions.map((one, at) => (at === index ? { ...one, signature: '' } : one))));
    assert.equal(verifyChain(without(1), known), undefined);
    assert.notEqual(verifyChain(without(1)), undefined);
    assert.notEqual(verifyChain(without(3), known), undefined);
    assert.notEqual(verifyChain(without(1), { ...known, head: root }), undefined);
  });

  it('takes time in proportion to its versions: each signature is looked at once', async () => {
    let long = await changed(undefined, alice, () => [memberOf(alice, 'owner'), memberOf(adam, 'admin')]);
    for (let count = 0; count < 300; count++) {
      const role = count % 2 === 0 ? 'maintain' : 'launch';
      long = await changed(long, alice, ([a, b]) => [a!, b!, memberOf(mary, role)]);
    }
    const bytes = formatRoster(long);
    assert.ok(bytes.length < 400_000);
    assert.equal(verifyChain(read(bytes)), undefined);
  });

  it('is refused in each hostile form, at once', () => {
    const good = text(roster);
    const hostile: [string | Buffer, RegExp][] = [
      ['', /not JSON/],
      ['[]', /is no roster/],
      ['{"format": 2, "versions": []}', /format 2/],
      ['{"format": 1, "versions": []}', /no versions/],
      ['{"format": 1.0, "versions": [{}]}', /format is unknown/],
      ['{"format": 1, "versions": [1]}', /not the form/],
      [good.replace('"format": 1', '"format": 1, "more": 1'), /unknown, "more"/],
      [good.replace('"previous": null', '"previous": null, "previous": null'), /occurs twice/],
      [good.replace('"label"', '"extra": "", "label"'), /unknown, "extra"/],
      [good.replace('"role": "owner"', '"role": "root"'), /"role" of version 0/],
      [good.replace('"number": 1', '"number": 1e0'), /"number" of version 1/],
      [good.replace('"number": 1', '"number": "1"'), /"number" of version 1/],
      ['['.repeat(1_000_000), /nested too deeply/],
      [Buffer.from([0xff, 0xfe, 0x7b]), /not UTF-8/],
      [`\ufeff${good}`, /not JSON/],
      [`<<<<<<< HEAD\n${good}`, /not JSON/],
      [good.replace('alice/laptop', 'alice\\u202e/laptop'), /"label" of version 0|"by" of version 0/],
    ];
    for (const [bytes, says] of hostile) assert.match(refusal(Buffer.from(bytes)) ?? 'accepted', says);
  });

  it('has labels that none can be taken for', () => {
    for (const label of ['alice', 'alice/laptop', 'robot/ci', 'a.b_c+d@e-f/1', 'A'.repeat(64)])
      assert.equal(labelProblem(label), undefined, label);
    for (const label of ['', '/', 'a/', '/a', 'a/b/c', '-a', 'a b', 'ä', 'a\u0301', 'a\n', 'A'.repeat(65)])
      assert.notEqual(labelProblem(label), undefined, label);
  });
});
