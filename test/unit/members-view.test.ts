import assert from 'node:assert/strict';
import { choicesIn, type ConflictRow, resolveHtml } from '../../src/extension/members/resolve-html.ts';
import { joinSecrets } from '../../src/extension/state/join.ts';
import type { SecretNode, VaultRoot } from '../../src/extension/state/secret-nodes.ts';
import type { Repair } from '../../src/extension/state/repair.ts';
import { rowContext } from '../../src/extension/state/row-context.ts';
import {
  mayChangeAdmins,
  mayChangeMembers,
  mayWrite,
  type Role,
  ROLES,
} from '../../src/core/vault/members/role.ts';
import manifest from '../../package.json' with { type: 'json' };
import type { FolderStores } from '../../src/extension/state/store-states.ts';
import type { MemberRow, WorkspaceRights } from '../../src/extension/state/workspace-rights.ts';
import { NO_INFO } from '../../src/core/secrets/secret-store.ts';

const menus: readonly { readonly command: string; readonly when: string; readonly group?: string }[] =
  manifest.contributes.menus['view/item/context'];

const WORDS = {
  title: 'Merge',
  explanation: 'Choose.',
  ours: 'Ours:',
  theirs: 'Theirs:',
  merge: 'Merge',
  merging: 'Merging',
  language: 'en',
};

describe('the page on which conflicts are decided', () => {
  const row = (name: string, chosen?: ConflictRow['chosen']): ConflictRow => ({
    ...{ name, title: name, ours: 'changed 2026-11-01 by ada', theirs: 'deleted', chosen },
  });

  it('has one choice of two for each conflict, with the sides in words, and nothing chosen', () => {
    const html = resolveHtml([row('DB_PASSWORD'), row('TOKEN')], WORDS, 'n0nce');
    assert.equal(html.match(/<fieldset>/g)?.length, 2);
    assert.equal(html.match(/<label><input type="radio"/g)?.length, 4);
    assert.match(html, /<legend>TOKEN<\/legend>/);
    assert.match(html, /changed 2026-11-01 by ada/);
    assert.doesNotMatch(html, /\schecked/);
  });

  it('has what was chosen before', () => {
    const html = resolveHtml([row('TOKEN', 'theirs')], WORDS, 'n0nce');
    assert.equal(html.match(/value="theirs"[^>]* checked/g)?.length, 1);
    assert.equal(html.match(/ checked/g)?.length, 1);
  });

  it('runs and loads nothing but its own script', () => {
    const html = resolveHtml([], WORDS, 'n0nce');
    assert.match(html, /default-src 'none'; style-src 'nonce-n0nce'; script-src 'nonce-n0nce'/);
    assert.deepEqual(html.match(/<script[^>]*>/g), ['<script nonce="n0nce">']);
    assert.doesNotMatch(html, /https?:|\son\w+=/);
  });

  it('shows hostile texts as texts', () => {
    const hostile = `</legend><script>alert(1)</script>"'&`;
    const html = resolveHtml([row(hostile)], { ...WORDS, title: hostile }, 'n0nce');
    assert.equal(html.match(/<script/g)?.length, 1);
    assert.ok(html.includes('&lt;/legend&gt;&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;'));
  });

  it('answers with sides of known conflicts; whatever else comes is left out', () => {
    const known = [{ name: 'A' }, { name: '__proto__' }];
    const choices = choicesIn(
      { choices: [['A', 'ours'], ['__proto__', 'theirs'], ['B', 'ours'], ['A'], 'A', null, ['A', 'both']] },
      known,
    );
    assert.deepEqual(
      [...choices],
      [
        ['A', 'ours'],
        ['__proto__', 'theirs'],
      ],
    );
    for (const answer of [null, undefined, 1, 'ours', {}, { choices: 'A' }, { choices: { A: 'ours' } }])
      assert.equal(choicesIn(answer, known).size, 0);
  });
});

describe('members in the view of secrets', () => {
  const of = { folder: 'file:///w/alpha', title: 'alpha', directory: '/w/alpha' };
  const member = (label: string, role: MemberRow['role'], isYou = false): MemberRow => ({
    ...{ label, role, isYou, recipients: ['age1fake'], since: '2026-11-01T00:00:00Z', by: 'ada/laptop' },
    signingKey: undefined,
  });
  const rootWith = (rights: WorkspaceRights | undefined, repair?: Repair): VaultRoot => {
    const row = {
      name: 'TOKEN',
      scope: 'workspace',
      overrides: null,
      overriddenBy: null,
      lastUsed: null,
    } as const;
    const stores: FolderStores = {
      ...{ of, rows: [{ ...row, ...NO_INFO }], problems: {}, rights, keys: new Map() },
      repairs: repair && { workspace: repair },
      vaults: { user: '/home/user.sops.json', workspace: '/w/alpha/.nf-secrets/workspace.sops.json' },
    };
    const none = { usesIn: () => new Map(), isComplete: () => false };
    const root = joinSecrets([stores], none).roots.find(
      (one) => one.kind === 'vault' && one.scope === 'workspace',
    );
    assert.equal(root?.kind, 'vault');
    return root;
  };
  const rights: WorkspaceRights = {
    members: [member('ada/laptop', 'owner'), member('bob/laptop', 'launch', true)],
    role: 'launch',
    cannotWrite: 'bob/laptop has the role launch, which may not change secrets. Ask ada/laptop.',
    cannotChangeMembers: 'bob/laptop has the role launch. Ask ada/laptop.',
    isStranger: false,
  };

  it('are there with their roles, and each knows why it cannot be changed', () => {
    const { members, cannotWrite, secrets } = rootWith(rights);
    assert.deepEqual(
      members?.members.map(({ label, role, isYou }) => [label, role, isYou]),
      [
        ['ada/laptop', 'owner', false],
        ['bob/laptop', 'launch', true],
      ],
    );
    assert.ok(members.members.every(({ cannotChange }) => cannotChange === rights.cannotChangeMembers));
    assert.equal(cannotWrite, rights.cannotWrite);
    assert.deepEqual(
      secrets.map((entry) => entry.cannotWrite),
      [rights.cannotWrite],
    );
  });

  it('are not there without a roster', () => {
    const open = { ...rights, members: undefined, role: undefined, cannotWrite: undefined };
    for (const one of [undefined, open]) {
      const { members, cannotWrite, secrets } = rootWith(one);
      assert.equal(members, undefined);
      assert.equal(cannotWrite, undefined);
      assert.deepEqual(
        secrets.map((entry) => entry.cannotWrite),
        [undefined],
      );
    }
  });

  /** Commands on a row that the menus of package.json offer, by its words. */
  const offered = (node: SecretNode): string[] => {
    const words = rowContext(node);
    return menus
      .filter(({ when }) => {
        const [, pattern, equal] = /viewItem (?:=~ \/((?:\\.|[^/])*)\/|== (\S+))/.exec(when) ?? [];
        return pattern === undefined ? equal === words : new RegExp(pattern).test(words);
      })
      .map(({ command }) => command.replace('nextflowSecrets.', ''));
  };
  const CHANGES = ['createSecret', 'updateSecret', 'renameSecret', 'deleteSecret', 'importSecrets'];

  /** Rights as the core gives them to one with this role, see workspace-access.ts. */
  const rightsAs = (role: Role): WorkspaceRights => ({
    members: ROLES.map((one) => ({
      ...member(`${one}/laptop`, one, one === role),
      signingKey: one === 'launch' ? undefined : 'SHA256:fake',
    })),
    role,
    cannotWrite: mayWrite(role) ? undefined : 'The role does not allow it.',
    cannotChangeMembers: mayChangeMembers(role) ? undefined : 'The role does not allow it.',
    isStranger: false,
  });

  for (const role of ROLES) {
    it(`offer a person with the role ${role} what it allows, and nothing else`, () => {
      const root = rootWith(rightsAs(role));
      const { members, secrets } = root;
      assert.ok(members !== undefined && secrets[0] !== undefined);
      const onSecret = offered(secrets[0]);
      assert.equal(onSecret.includes('updateSecret'), mayWrite(role));
      assert.equal(onSecret.includes('deleteSecret'), mayWrite(role));
      assert.equal(onSecret.includes('renameSecret'), mayWrite(role));
      assert.ok(onSecret.includes('copyToScope') && onSecret.includes('copySecretName'));
      const onRoot = offered(root);
      assert.equal(onRoot.includes('createSecret'), mayWrite(role));
      assert.equal(onRoot.includes('addMember'), mayChangeMembers(role));
      assert.ok(onRoot.includes('copyMemberRequest'));
      assert.equal(offered(members).includes('addMember'), mayChangeMembers(role));
      for (const one of members.members) {
        const isBelow = mayChangeAdmins(role) || !mayChangeMembers(one.role);
        const mayChange = mayChangeMembers(role) && isBelow;
        const on = offered(one);
        assert.equal(on.includes('removeMember'), mayChange && one.role !== role, one.label);
        // Who has no key to sign with can only launch.
        assert.equal(on.includes('changeMemberRole'), mayChange && one.role !== 'launch', one.label);
      }
    });
  }

  it('are changed in a vault that is refused by the repair alone', () => {
    for (const repair of ['sign', 'resolve'] as const) {
      const closed = 'The vault is refused.';
      const root = rootWith(
        { ...rightsAs('owner'), cannotWrite: closed, cannotChangeMembers: closed },
        { kind: repair },
      );
      const on = offered(root);
      assert.ok(on.includes(repair === 'sign' ? 'signChange' : 'resolveConflict'));
      for (const change of [...CHANGES, 'addMember']) assert.ok(!on.includes(change), change);
    }
  });

  it('leave a damaged vault its file to open, also one’s own, and nothing that would fail', () => {
    const damaged = { kind: 'open', file: '/w/alpha/.nf-secrets/workspace.sops.json' } as const;
    const closed = 'It is damaged.';
    const root = rootWith({ ...rightsAs('owner'), cannotWrite: closed }, damaged);
    for (const one of [root, { ...root, scope: 'user', workspace: undefined, members: undefined } as const]) {
      const on = offered({ ...one, problem: closed, cannotWrite: one.workspace && closed });
      assert.ok(on.includes('openStoreFile'));
      for (const change of CHANGES) assert.ok(!on.includes(change), change);
      assert.equal(on.includes('copyMemberRequest'), one.scope === 'workspace');
    }
  });

  it('offer who is none of them the request to become one, beside the name', () => {
    const root = { ...rootWith({ ...rightsAs('launch'), members: undefined }), isStranger: true };
    const inline = menus.filter(
      ({ command, group }) => command === 'nextflowSecrets.copyMemberRequest' && group?.startsWith('inline'),
    );
    const isOffered = (node: SecretNode): boolean =>
      inline.some(({ when }) =>
        new RegExp(/viewItem =~ \/(.*)\//.exec(when)?.[1] ?? '^$').test(rowContext(node)),
      );
    assert.ok(isOffered(root));
    assert.ok(!isOffered({ ...root, isStranger: false }));
  });

  it('are nobody’s matter in a workspace without a roster: all may change the secrets, and begin a roster', () => {
    const root = rootWith(undefined);
    for (const command of ['createSecret', 'importSecrets', 'addMember'])
      assert.ok(offered(root).includes(command), command);
  });
});
