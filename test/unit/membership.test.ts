import assert from 'node:assert/strict';
import { HumanError } from '../../src/core/system/human-error.ts';
import { type Candidate, readCandidate } from '../../src/core/vault/members/candidate.ts';
import {
  addition,
  founding,
  labelsOf,
  memberCalled,
  removal,
  withRole,
} from '../../src/core/vault/members/membership.ts';
import { ownLabel } from '../../src/core/vault/members/own-label.ts';
import { assertMayChange, assertMaySign } from '../../src/core/vault/members/permission.ts';
import { type Role, ROLES } from '../../src/core/vault/members/role.ts';
import { labelProblem, type RosterMember } from '../../src/core/vault/members/roster.ts';
import { remedyLines } from '../../src/cli/words/remedies.ts';

const STAMP = { by: 'alice/laptop', at: '2026-11-28T10:00:00Z' };

const member = (label: string, role: Role, signs = true): RosterMember => ({
  label,
  role,
  recipients: [`age1${label}`],
  signingKey: signs ? `ssh-ed25519 ${label}` : null,
  since: '2026-11-01T10:00:00Z',
  by: 'alice/laptop',
});

const ALICE = member('alice/laptop', 'owner');
const BOB = member('bob/laptop', 'maintain');
const BOB_2 = member('bob/cluster', 'launch');
const CAROL = member('carol', 'admin');
const ROBOT = member('robot/ci', 'launch', false);
const READER = member('dave', 'launch', false);
const ALL = [ALICE, BOB, BOB_2, CAROL, ROBOT, READER];

const candidate = (label: string | undefined, more: Partial<Candidate> = {}): Candidate => ({
  label,
  recipients: [`age1new`],
  signingKey: 'ssh-ed25519 new',
  ...more,
});

/** The refusal as a person reads it. */
function refusal(action: () => unknown, exitCode = 64): string {
  try {
    action();
  } catch (error) {
    assert.ok(error instanceof HumanError, String(error));
    assert.equal(error.exitCode, exitCode, error.message);
    return [error.message, ...remedyLines(error.remedies)].join('\n');
  }
  return assert.fail('not refused');
}

describe('changes of the members', () => {
  it('add at the end, with the role launch if none is named', () => {
    const { members, added, before } = addition(ALL, candidate('eve/laptop'), {}, STAMP);
    assert.deepEqual(members.slice(0, -1), ALL);
    assert.deepEqual(added, {
      label: 'eve/laptop',
      role: 'launch',
      recipients: ['age1new'],
      signingKey: 'ssh-ed25519 new',
      since: STAMP.at,
      by: STAMP.by,
    });
    assert.equal(members.at(-1), added);
    assert.equal(before, undefined);
    const options = { label: 'eve', role: 'admin' } as const;
    assert.deepEqual(addition(ALL, candidate('other'), options, STAMP).added.label, 'eve');
  });

  it('give a member that could not sign the keys of its request, and keep it where it is', () => {
    const request = candidate('dave/laptop', { recipients: READER.recipients });
    const { members, added, before } = addition(ALL, request, { role: 'maintain' }, STAMP);
    assert.equal(before, READER);
    assert.equal(members.length, ALL.length);
    assert.equal(members.at(-1), added);
    assert.deepEqual([added.label, added.role, added.since], ['dave/laptop', 'maintain', READER.since]);
  });

  const REFUSED: readonly [string, () => unknown, ...string[]][] = [
    ['a label that is taken', () => addition(ALL, candidate('carol'), {}, STAMP), 'carol', '--label'],
    ['one that differs by capitals', () => addition(ALL, candidate('Carol'), {}, STAMP), 'Carol', 'capital'],
    [
      'a key that is taken',
      () => addition(ALL, candidate('x', { recipients: BOB.recipients }), {}, STAMP),
      'bob/laptop',
      'nf-secrets member role bob/laptop',
    ],
    [
      'a signing key that is taken',
      () => addition(ALL, candidate('x', { signingKey: CAROL.signingKey }), {}, STAMP),
      'carol',
    ],
    [
      'the key of a robot, which gets no person',
      () => addition(ALL, candidate('x', { recipients: ROBOT.recipients }), {}, STAMP),
      'robot/ci',
    ],
    ['a key without a label', () => addition(ALL, candidate(undefined), {}, STAMP), '--label'],
    ['a label that is none', () => addition(ALL, candidate('a b'), {}, STAMP), '"a b"'],
    [
      'a role that needs a signing key',
      () => addition(ALL, candidate('x', { signingKey: null }), { role: 'maintain' }, STAMP),
      'signing key',
      'nf-secrets member request',
    ],
    ['a role for a robot', () => withRole(ALL, 'robot/ci', 'maintain'), 'robot/ci', 'signing key'],
    ['a role for nobody', () => withRole(ALL, 'carl', 'launch'), 'Did you mean carol?'],
    ['a role for one of several machines', () => withRole(ALL, 'bob', 'launch'), 'bob/laptop, bob/cluster'],
    ['another role for the only owner', () => withRole(ALL, 'alice', 'admin'), 'only owner', 'bob/laptop'],
    ['the removal of the only owner', () => removal(ALL, 'alice'), 'no owner would be left'],
    ['the removal of nobody', () => removal(ALL, 'alcie'), 'Did you mean alice?', 'nf-secrets member list'],
    ['the removal of all robots', () => removal(ALL, 'robot'), 'robot'],
    ['the removal of a half of a name', () => removal(ALL, 'bo'), 'no member bo'],
  ];
  for (const [what, action, ...says] of REFUSED) {
    it(`refuse ${what}`, () => {
      const text = refusal(action);
      for (const one of says) assert.ok(text.includes(one), text);
    });
  }

  it('remove one machine, or all of a person', () => {
    assert.deepEqual(labelsOf(removal(ALL, 'bob').removed), ['bob/laptop', 'bob/cluster']);
    assert.deepEqual(labelsOf(removal(ALL, 'BOB/cluster').removed), ['bob/cluster']);
    assert.deepEqual(labelsOf(removal(ALL, 'robot/ci').members), labelsOf(ALL).slice(0, 4).concat('dave'));
  });

  it('give a role, and say so if it is the same', () => {
    assert.equal(withRole(ALL, 'bob/laptop', 'admin')?.[1]?.role, 'admin');
    assert.equal(withRole(ALL, 'bob/laptop', 'maintain'), undefined);
    // The half of a label is enough if there is one machine.
    assert.equal(memberCalled(ALL, 'alice'), ALICE);
  });

  it('make the first members of those who can read the vault', () => {
    const reader = (recipient: string, label: string): Parameters<typeof founding>[0][number] => ({
      recipient,
      label,
      since: '2026-01-01T00:00:00Z',
      by: '',
    });
    const readers = ['bob@fake.example', 'Bob@fake.example', '\u001b[31m', 'alice/laptop', 'Zoë  Fake'];
    const members = founding(
      [reader('age1own', 'alice@fake.example'), ...readers.map((label, i) => reader(`age1${i}`, label))],
      { label: 'alice/laptop', recipients: ['age1own'], signingKey: 'ssh-ed25519 a' },
      STAMP.at,
    );
    assert.deepEqual(
      members.map(({ role }) => role),
      ['owner', 'launch', 'launch', 'launch', 'launch', 'launch'],
    );
    const labels = labelsOf(members);
    assert.equal(new Set(labels.map((label) => label.toLowerCase())).size, labels.length);
    for (const label of labels) assert.equal(labelProblem(label), undefined, label);
    assert.deepEqual(labels.slice(0, 3), ['alice/laptop', 'bob@fake.example', 'Bob@fake.example-2']);
  });
});

describe('rights of the members', () => {
  const after = (label: string, role: Role): readonly RosterMember[] => withRole(ALL, label, role) ?? ALL;
  const ALLOWED: readonly [RosterMember, readonly RosterMember[]][] = [
    [CAROL, after('bob/laptop', 'launch')],
    [CAROL, removal(ALL, 'bob').members],
    [ALICE, removal(ALL, 'carol').members],
    [ALICE, after('bob/laptop', 'owner')],
  ];
  it('let admins change members, and owners all', () => {
    for (const [me, then] of ALLOWED) assertMayChange(me, ALL, then);
  });

  const FORBIDDEN: readonly [RosterMember, readonly RosterMember[], number, ...string[]][] = [
    [BOB, removal(ALL, 'dave').members, 77, 'bob/laptop', 'maintain', 'Ask', 'alice/laptop, carol'],
    [ROBOT, removal(ALL, 'dave').members, 77, 'robot/ci', 'launch', 'alice/laptop'],
    [CAROL, after('bob/laptop', 'admin'), 77, 'admin', 'bob/laptop', 'Ask a member who may: alice/laptop'],
    [CAROL, after('carol', 'owner'), 77, 'carol'],
    [CAROL, ALL.filter((one) => one !== ALICE), 77, 'alice/laptop'],
    [ALICE, ALL.filter((one) => one !== ALICE), 64, 'your own'],
  ];
  for (const [me, then, exitCode, ...says] of FORBIDDEN) {
    it(`refuse ${me.label} with ${exitCode}: ${says.join(' … ')}`, () => {
      const text = refusal(() => {
        assertMayChange(me, ALL, then);
      }, exitCode);
      for (const one of says) assert.ok(text.includes(one), text);
    });
  }

  it('let those sign who maintain, and more', () => {
    for (const role of ROLES) {
      const sign = (): void => {
        assertMaySign(member('me', role), ALL);
      };
      if (role === 'launch') assert.match(refusal(sign, 77), /launch[^]*bob\/laptop/);
      else sign();
    }
  });
});

describe('a key that is to become a member', () => {
  const AGE = 'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p';
  const SSH = `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${'A'.repeat(43)}`;

  it('may be one of age or SSH, also in a file with comments', () => {
    for (const text of [AGE, ` ${AGE}\n`, `# created: today\n# public key\n${AGE}\n`])
      assert.deepEqual(readCandidate(text), { label: undefined, recipients: [AGE], signingKey: null });
    assert.deepEqual(readCandidate(`${SSH} dave@cluster\n`), {
      label: 'dave@cluster',
      recipients: [SSH],
      signingKey: null,
    });
    assert.equal(readCandidate(`${SSH} Dave of the lab`).label, undefined);
  });

  const PRIVATE = 'AGE-SECRET-KEY-1FAKEFAKEFAKEFAKEFAKEFAKEFAKEFAKEFAKEFAKE';
  const REFUSED: readonly [string, string, string][] = [
    ['a private key of age', PRIVATE, 'private'],
    ['one of SSH', '-----BEGIN OPENSSH PRIVATE KEY-----\nfake', 'private'],
    ['a cut-off key', AGE.slice(0, -1), 'cut off'],
    ['a key of a plugin', 'age1yubikey1qfake', 'plugin'],
    ['an RSA key', 'ssh-rsa AAAAfake bob@laptop', '--signing-key'],
    ['two keys', `${AGE}\n${SSH}`, '2 lines'],
    ['nothing', '# nothing\n', 'no request'],
    ['a name', 'bob', 'no request'],
    ['endless text', 'x'.repeat(1 << 20), 'too long'],
  ];
  for (const [what, text, says] of REFUSED) {
    it(`is refused if it is ${what}`, () => {
      const shown = refusal(() => readCandidate(text));
      assert.ok(shown.includes(says), shown);
      assert.ok(!shown.includes('FAKEFAKE'), 'a private key is not shown');
      assert.match(shown, /nf-secrets member request/);
    });
  }
});

describe('a label of our own', () => {
  const CASES: readonly [user: string, host: string, label: string][] = [
    ['alice', 'laptop.lab.example', 'alice/laptop'],
    ['Zoë', 'Zoës MacBook', 'Zoe/Zoes-MacBook'],
    ['uid 1000', '', 'uid-1000/machine'],
    ['山田', '山', 'somebody/machine'],
    ['robot', 'ci', 'user-robot/ci'],
    ['_svc-', '-x-', 'svc/x'],
    ['a'.repeat(80), 'b'.repeat(80), `${'a'.repeat(30)}/${'b'.repeat(30)}`],
  ];
  for (const [userName, host, label] of CASES) {
    it(`of ${userName} at ${host || 'nowhere'} is ${label}`, () => {
      assert.equal(ownLabel({ userName }, host), label);
      assert.equal(labelProblem(label), undefined);
    });
  }
});
