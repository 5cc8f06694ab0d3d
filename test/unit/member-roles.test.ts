import assert from 'node:assert/strict';
import {
  isAtLeast,
  isRole,
  mayChangeAdmins,
  mayChangeMembers,
  mayWrite,
  type Role,
  ROLES,
} from '../../src/core/vault/members/role.ts';
import * as request from '../../src/core/vault/members/request.ts';
import * as file from '../../src/core/vault/members/roster-file.ts';
import * as merge from '../../src/core/vault/members/roster-merge.ts';
import * as roster from '../../src/core/vault/members/roster.ts';
import * as signer from '../../src/core/vault/members/signer.ts';
import * as sshsig from '../../src/core/vault/members/sshsig.ts';
import * as signature from '../../src/core/vault/members/vault-signature.ts';

describe('roles of members', () => {
  it('each may do what those before it may', () => {
    const rights = (role: Role): boolean[] => [mayWrite(role), mayChangeMembers(role), mayChangeAdmins(role)];
    assert.deepEqual(ROLES.map(rights), [
      [false, false, false],
      [true, false, false],
      [true, true, false],
      [true, true, true],
    ]);
    assert.ok(isAtLeast('owner', 'launch') && !isAtLeast('launch', 'owner') && isAtLeast('admin', 'admin'));
    assert.ok(isRole('maintain') && !isRole('view') && !isRole('Owner') && !isRole(undefined));
  });

  it('have the functions that readers, writers and commands build on', () => {
    for (const module of [request, file, merge, roster, signer, sshsig, signature])
      assert.ok(Object.values(module).length > 0);
  });
});
