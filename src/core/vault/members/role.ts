/** Roles of the members of a workspace, as in Seqera Platform. Each may do what those before it may. */
export const ROLES = ['launch', 'maintain', 'admin', 'owner'] as const;

/**
 * - `launch`: reads values, writes nothing.
 * - `maintain`: also creates, changes and deletes secrets.
 * - `admin`: also changes members with the roles launch and maintain.
 * - `owner`: also changes admins and owners.
 */
export type Role = (typeof ROLES)[number];

export const isRole = (text: unknown): text is Role => ROLES.some((role) => role === text);

/** Tells whether a role has all rights of another one. */
export const isAtLeast = (role: Role, other: Role): boolean => ROLES.indexOf(role) >= ROLES.indexOf(other);

/** Tells whether a member may change secrets, and so sign the vault. */
export const mayWrite = (role: Role): boolean => isAtLeast(role, 'maintain');

/** Tells whether a member may add, change and remove members with the roles launch and maintain. */
export const mayChangeMembers = (role: Role): boolean => isAtLeast(role, 'admin');

/** Tells whether a member may add, change and remove admins and owners. */
export const mayChangeAdmins = (role: Role): boolean => isAtLeast(role, 'owner');
