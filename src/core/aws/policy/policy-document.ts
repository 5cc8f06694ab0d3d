import type { RolePermissions } from './role-permissions.ts';

/** A policy as IAM takes it: grammar of version 2012-10-17. */
export interface PolicyDocument {
  readonly Version: '2012-10-17';
  readonly Statement: readonly Readonly<Record<string, unknown>>[];
}

/** The policy of a role. */
export function policyDocument({ statements }: Pick<RolePermissions, 'statements'>): PolicyDocument {
  return {
    Version: '2012-10-17',
    Statement: statements.map(({ sid, actions, resources, condition }) => ({
      Sid: sid,
      Effect: 'Allow',
      Action: actions,
      Resource: resources,
      ...(condition !== undefined && { Condition: condition }),
    })),
  };
}

/** The trust document of a role; undefined if no service assumes it. */
export function trustDocument({ trusted }: Pick<RolePermissions, 'trusted'>): PolicyDocument | undefined {
  if (trusted === undefined) return undefined;
  return {
    Version: '2012-10-17',
    Statement: [
      { Sid: 'TakeOnRole', Effect: 'Allow', Principal: { Service: trusted }, Action: 'sts:AssumeRole' },
    ],
  };
}

/** All documents of some roles by their names, as one JSON object. */
export function policyJson(roles: readonly RolePermissions[]): object {
  return Object.fromEntries(
    roles.map((role) => {
      const trust = trustDocument(role);
      const { managedPolicies } = role;
      return [
        role.role,
        {
          policy: policyDocument(role),
          ...(trust !== undefined && { trust }),
          ...(managedPolicies.length > 0 && { managedPolicies }),
        },
      ];
    }),
  );
}
