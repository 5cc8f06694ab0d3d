import { Option } from 'commander';
import { type PlatformAccess, platformAccess } from '../../../core/platform/access.ts';
import { PlatformClient } from '../../../core/platform/client.ts';
import { findContext, isOwnContext } from '../../../core/platform/find-context.ts';
import { platformSecrets, type WriteOnlyStore } from '../../../core/platform/secrets.ts';
import {
  OWN_CONTEXT,
  type PlatformContext,
  type PlatformMembership,
  type PlatformUser,
} from '../../../core/platform/types.ts';
import type { World } from '../../../core/system/world.ts';

/** Options of the commands for one context. */
export interface ContextOptions {
  readonly in?: string;
  readonly json?: true;
}

export const inOption = (): Option =>
  new Option(
    '--in <workspace>',
    'ORG/WORKSPACE, or user for your own secrets (TOWER_WORKSPACE_ID; default: user)',
  );

/** A Platform that a person is logged in to. */
export interface PlatformSession {
  readonly client: PlatformClient;
  readonly access: PlatformAccess;
  readonly host: string;
  user(): Promise<PlatformUser>;
  membership(): Promise<PlatformMembership>;
  /** The context that `--in` names, else the environment. */
  context(typed: string | undefined): Promise<PlatformContext>;
  secrets(context: PlatformContext): WriteOnlyStore;
}

/** Does work with the Platform that the person is logged in to. */
export async function withPlatform<Result>(
  world: World,
  work: (session: PlatformSession) => Promise<Result>,
): Promise<Result> {
  const access = await platformAccess(world);
  const client = new PlatformClient(access.endpoint, access.token);
  const { host } = client;
  let user: Promise<PlatformUser> | undefined;
  let membership: Promise<PlatformMembership> | undefined;
  const session: PlatformSession = {
    ...{ client, access, host },
    user: async () => (user ??= client.userInfo()),
    membership: async () => (membership ??= session.user().then(async ({ id }) => client.membership(id))),
    context: async (typed) => {
      const wanted = typed ?? access.workspace;
      if (wanted === undefined || isOwnContext(wanted)) return OWN_CONTEXT;
      return findContext(wanted, await session.membership(), host);
    },
    secrets: (context) => platformSecrets(client, context),
  };
  try {
    return await work(session);
  } finally {
    client.close();
  }
}

/** A context in a sentence: `my-lab/rnaseq on api.cloud.seqera.io`. */
export const placeOf = ({ title, workspaceId }: PlatformContext, host: string): string =>
  workspaceId === undefined ? `your own secrets on ${host}` : `${title} on ${host}`;
