import type { Scope } from '../../secrets/scope.ts';
import type { PlatformClient } from '../client.ts';
import { PlatformError } from '../platform-error.ts';
import { OWN_CONTEXT, type PlatformContext } from '../types.ts';

/** Scopes of a Platform: a person's own secrets win over those of the workspace. */
export type PlatformScope = Extract<Scope, 'user' | 'workspace'>;

/** The names of the secrets of one scope, or the reason that they are not known. */
export type Listed =
  | { readonly kind: 'known'; readonly names: ReadonlySet<string> }
  /** The Platform does not let this person see them. */
  | { readonly kind: 'denied'; readonly error: PlatformError };

/** The secrets that a run in a context could get. */
export interface Available {
  readonly user: Listed;
  readonly workspace: Listed;
}

const NONE: Listed = { kind: 'known', names: new Set() };

/**
 * Lists the secrets that a run in a context could get: those of the workspace and the person's own.
 *
 * @param without - scopes that count as empty.
 * @throws PlatformError if that is not known for another reason than a right that is missing.
 */
export async function listAvailable(
  client: PlatformClient,
  context: PlatformContext,
  without: { readonly user?: boolean } = {},
): Promise<Available> {
  const [user, workspace] = await Promise.all([
    without.user === true ? NONE : listOne(client, OWN_CONTEXT),
    context.workspaceId === undefined ? NONE : listOne(client, context),
  ]);
  return { user, workspace };
}

async function listOne(client: PlatformClient, context: PlatformContext): Promise<Listed> {
  try {
    const secrets = await client.secrets(context);
    return { kind: 'known', names: new Set(secrets.map(({ name }) => name)) };
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error;
    if (error.code === 'personal-off') return NONE;
    if (error.code === 'not-allowed') return { kind: 'denied', error };
    throw error;
  }
}

/** The scopes that have each name, the one that wins first. */
export function scopesOf({ user, workspace }: Available): ReadonlyMap<string, readonly PlatformScope[]> {
  const found = new Map<string, PlatformScope[]>();
  const add = (listed: Listed, scope: PlatformScope): void => {
    if (listed.kind === 'denied') return;
    for (const name of listed.names) found.set(name, [...(found.get(name) ?? []), scope]);
  };
  add(user, 'user');
  add(workspace, 'workspace');
  return found;
}

/** The scopes whose secrets are not known, the one of the workspace first. */
export const deniedScopes = ({ user, workspace }: Available): PlatformScope[] => [
  ...(workspace.kind === 'denied' ? (['workspace'] as const) : []),
  ...(user.kind === 'denied' ? (['user'] as const) : []),
];
