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
});
