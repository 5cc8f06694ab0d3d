import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isAtLeast, type Role } from '../../src/core/vault/members/role.ts';
import { type Roster, type RosterMember, verifyChain } from '../../src/core/vault/members/roster.ts';
import { mergeRosters, type RosterMerge } from '../../src/core/vault/members/roster-merge.ts';
import { changed, memberOf, person, type Person } from '../fixtures/members.ts';

const owner = person('owner/desk');
const spare = person('spare/desk');
const people = ['bob/laptop', 'bob/desk', 'carl', 'dora/mac', 'bob/hpc', 'robot/ci'].map(person);
const [bob, bobDesk, carl, dora, bobHpc] = people as [Person, Person, Person, Person, Person];

type Edit = (members: readonly RosterMember[]) => readonly RosterMember[];

const add =
  (one: Person, role: Role = 'launch'): Edit =>
  (all) => [...all, memberOf(one, role)];
const remove =
  (...gone: readonly Person[]): Edit =>
  (all) =>
    all.filter(({ label }) => !gone.some((one) => one.label === label));
const change =
  (one: Person, fields: Partial<RosterMember>): Edit =>
  (all) =>
    all.map((member) => (member.label === one.label ? { ...member, ...fields } : member));

async function after(roster: Roster, ...edits: readonly Edit[]): Promise<Roster> {
  let now = roster;
  for (const edit of edits) now = await changed(now, owner, edit);
  return now;
}

/** Members of the result, as `label role`, or the reasons of a conflict. */
function shown(merge: RosterMerge): string[] {
  if (merge.kind === 'conflict') return merge.reasons.map(String);
  const members = merge.kind === 'taken' ? (merge.roster?.members ?? []) : merge.members;
  return members
    .map(({ label, role }) => `${label} ${role}`)
    .filter((line) => line !== 'owner/desk owner')
    .sort();
}

describe('a merge of two rosters', () => {
  let base: Roster;

  before(async () => {
    base = await changed(undefined, owner, () => [
      memberOf(owner, 'owner'),
      memberOf(bob, 'maintain'),
      memberOf(carl, 'launch'),
    ]);
  });

  it('takes the longer one if one side continues the other, and the one that there is', async () => {
    const more = await after(base, add(dora));
    for (const [ours, theirs, side] of [
      [base, more, 'theirs'],
      [more, base, 'ours'],
      [more, more, 'ours'],
      [undefined, more, 'theirs'],
      [more, undefined, 'ours'],
    ] as const) {
      for (const common of [base, undefined]) {
        const merge = mergeRosters(common, ours, theirs);
        assert.ok(merge.kind === 'taken' && merge.side === side && merge.roster === more);
      }
    }
    const none = mergeRosters(undefined, undefined, undefined);
    assert.ok(none.kind === 'taken' && none.roster === undefined);
  });

  it('has the changes of both, which an admin signs, or an owner if they are about admins', async () => {
    const ours = await after(base, change(bob, { role: 'launch' }), add(dora));
    const theirs = await after(base, add(bobDesk, 'maintain'));
    const merge = mergeRosters(base, ours, theirs);
    assert.ok(merge.kind === 'replay');
    assert.equal(merge.needs, 'admin');
    assert.deepEqual(shown(merge), [
      'bob/desk maintain',
      'bob/laptop launch',
      'carl launch',
      'dora/mac launch',
    ]);
    const signed = await changed(merge.onto, owner, () => merge.members);
    assert.equal(verifyChain(signed), undefined);
    const senior = mergeRosters(base, ours, await after(base, add(spare, 'admin')));
    assert.ok(senior.kind === 'replay' && senior.needs === 'owner');
  });

  it('needs nothing signed if one side has all changes of the other', async () => {
    const ours = await after(base, remove(carl), add(dora));
    const theirs = await after(base, remove(carl));
    for (const [a, b, side] of [
      [ours, theirs, 'ours'],
      [theirs, ours, 'theirs'],
    ] as const) {
      const merge = mergeRosters(base, a, b);
      assert.ok(merge.kind === 'taken' && merge.side === side);
      assert.equal(merge.roster, ours);
    }
  });

  const cases: [title: string, ours: Edit[], theirs: Edit[], result: string[]][] = [
    ['a removal wins over a new role', [remove(bob)], [change(bob, { role: 'admin' })], ['carl launch']],
    [
      'a removal wins over new keys',
      [remove(bob)],
      [change(bob, { recipients: [dora.recipient] })],
      ['carl launch'],
    ],
    ['a removal wins over another machine of that person', [remove(bob)], [add(bobDesk)], ['carl launch']],
    [
      'a removal of one machine leaves another one that is added',
      [add(bobDesk), remove(bob)],
      [add(bobHpc), add(dora)],
      ['bob/desk launch', 'bob/hpc launch', 'carl launch', 'dora/mac launch'],
    ],
    [
      'a removal wins over the same keys under another label',
      [remove(bob)],
      [remove(bob), add({ ...bob, label: 'robert' })],
      ['carl launch'],
    ],
    [
      'a removal wins over a removal and a return',
      [remove(bob)],
      [remove(bob), add(bob, 'admin')],
      ['carl launch'],
    ],
    [
      'of two new roles the lesser one counts',
      [change(bob, { role: 'admin' })],
      [change(bob, { role: 'launch' })],
      ['bob/laptop launch', 'carl launch'],
    ],
    [
      'of two additions the lesser role counts',
      [add(dora, 'admin')],
      [add(dora, 'launch')],
      ['bob/laptop maintain', 'carl launch', 'dora/mac launch'],
    ],
    [
      'a new role and new keys are both taken',
      [change(bob, { role: 'launch' })],
      [change(bob, { recipients: [dora.recipient] })],
      ['bob/laptop launch', 'carl launch'],
    ],
    [
      'a new label keeps the lesser role that the other side gave the old one',
      [remove(bob), add({ ...bob, label: 'robert' }, 'maintain')],
      [change(bob, { role: 'launch' })],
      ['carl launch', 'robert launch'],
    ],
    [
      'other keys on both sides are a conflict',
      [change(bob, { recipients: [dora.recipient] })],
      [change(bob, { recipients: [spare.recipient] })],
      ['both sides have given bob/laptop keys, and not the same'],
    ],
    [
      'one key for two members is a conflict',
      [add(dora)],
      [add({ ...dora, label: 'eve' })],
      ['eve has a key that dora/mac has too'],
    ],
    [
      'labels that differ in case alone are a conflict',
      [add({ ...dora, label: 'Eve' })],
      [add({ ...spare, label: 'eve' })],
      ['both sides have given Eve keys, and not the same'],
    ],
  ];
  for (const [title, ours, theirs, result] of cases) {
    it(title, async () => {
      const [a, b] = [await after(base, ...ours), await after(base, ...theirs)];
      for (const common of [base, undefined]) {
        assert.deepEqual(shown(mergeRosters(common, a, b)), result);
        if (!result[0]?.includes(' keys') && !result[0]?.includes(' a key'))
          assert.deepEqual(shown(mergeRosters(common, b, a)), result, 'the other way round');
      }
    });
  }

  it('carries nothing over from somebody who has lost the right to change members meanwhile', async () => {
    const eve = person('eve/pc');
    const two = await after(base, add(spare, 'admin'));
    const byEve = await changed(two, spare, add(eve));
    const more = await changed(byEve, spare, change(carl, { recipients: [dora.recipient] }));
    const says = ['spare/desk has changed members on one side, and has lost the role admin on the other one'];
    for (const edit of [
      remove(spare),
      change(spare, { role: 'maintain' }),
      change(spare, { signingKey: dora.signer.publicKey }),
    ]) {
      const main = await after(two, edit);
      for (const branch of [byEve, more]) {
        assert.deepEqual(shown(mergeRosters(two, main, branch)), says);
        assert.deepEqual(shown(mergeRosters(two, branch, main)), says);
      }
    }
    // Others' changes on that side, and a new label of the same person, are in order.
    const renamed = await after(two, remove(spare), add({ ...spare, label: 'spare/new' }, 'admin'));
    assert.equal(mergeRosters(two, renamed, byEve).kind, 'replay');
  });

  it('is a conflict if no owner is left, or if both sides have begun by themselves', async () => {
    const two = await after(base, add(spare, 'owner'));
    const ours = await changed(two, owner, remove(spare));
    const theirs = await changed(two, spare, remove(owner));
    assert.deepEqual(shown(mergeRosters(two, ours, theirs)), [
      'owner/desk has changed members on one side, and has lost the role owner on the other one',
      'spare/desk has changed members on one side, and has lost the role owner on the other one',
    ]);
    const three = await after(base, add(spare, 'owner'), add(dora, 'owner'));
    const noOwner = mergeRosters(
      three,
      await changed(three, dora, remove(owner, dora)),
      await changed(three, dora, remove(spare)),
    );
    assert.equal(noOwner.kind, 'conflict');
    const other = await changed(undefined, spare, () => [memberOf(spare, 'owner')]);
    for (const common of [undefined, base]) {
      const [reason = ''] = shown(mergeRosters(common, base, other));
      assert.match(reason, /one by owner\/desk and one by spare\/desk/);
    }
  });

  it('of any changes loses none, brings nobody back, raises no role, and is the same from both sides', async () => {
    const edits = fc.array(
      fc.record({
        who: fc.nat(people.length - 1),
        what: fc.constantFrom<('remove' | Role)[]>('remove', 'launch', 'maintain', 'admin'),
      }),
      { maxLength: 4 },
    );
    const apply = async (list: readonly { who: number; what: 'remove' | Role }[]): Promise<Roster> => {
      let roster = base;
      for (const { who, what } of list) {
        const one = people[who]!;
        const has = roster.members.some(({ label }) => label === one.label);
        const old = roster.members.find(({ label }) => label === one.label);
        if (what === 'remove' ? !has : old?.role === what) continue;
        const edit = what === 'remove' ? remove(one) : has ? change(one, { role: what }) : add(one, what);
        roster = await after(roster, edit);
      }
      return roster;
    };
    const had = new Set(base.members.map(({ label }) => label));
    await fc.assert(
      fc.asyncProperty(edits, edits, async (first, second) => {
        const [ours, theirs] = [await apply(first), await apply(second)];
        const merge = mergeRosters(base, ours, theirs);
        assert.deepEqual(shown(mergeRosters(base, theirs, ours)), shown(merge));
        assert.notEqual(merge.kind, 'conflict');
        if (merge.kind === 'conflict') return;
        const result = merge.kind === 'taken' ? (merge.roster?.members ?? []) : merge.members;
        const roleIn = (members: readonly RosterMember[], label: string): Role | undefined =>
          members.find((member) => member.label === label)?.role;
        for (const { label, role } of result) {
          const roles = [ours, theirs].map(({ members }) => roleIn(members, label));
          if (had.has(label))
            assert.ok(
              roles.every((one) => one !== undefined),
              `${label} is back`,
            );
          const was = roleIn(base.members, label);
          const wanted = roles.filter((one) => one !== undefined && one !== was);
          for (const one of wanted) assert.ok(isAtLeast(one!, role), `${label} is ${role}`);
        }
        const dropped = merge.kind === 'replay' ? merge.dropped.map(({ label }) => label) : [];
        for (const { label } of [...ours.members, ...theirs.members]) {
          const isThere = roleIn(result, label) !== undefined;
          if (merge.kind === 'replay') assert.ok(isThere || had.has(label) || dropped.includes(label), label);
        }
        if (merge.kind !== 'replay') return;
        const signed = await changed(merge.onto, owner, () => merge.members);
        assert.equal(verifyChain(signed), undefined);
      }),
      { numRuns: 150, seed: 7 },
    );
  });
});
