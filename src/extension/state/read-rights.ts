import { type WorkspaceAccess, workspaceAccess } from '../../core/vault/members/workspace-access.ts';
import type { VaultLocation } from '../../core/vault/vault-location.ts';
import type { World } from '../../core/system/world.ts';
import { keyFingerprint } from '../../core/vault/members/sshsig.ts';
import { HumanError } from '../../core/system/human-error.ts';
import type { Reason } from '../../core/system/notice.ts';
import type { Action } from '../../core/system/remedy.ts';
import { Phrase } from '../../core/system/phrase.ts';
import { reasonSentence } from '../remedies.ts';
import type { MemberRow, Repair, WorkspaceRights } from './workspace-rights.ts';

/** Variables with a command that prints a key. A look at names runs nothing: it may ask, or need a touch. */
const KEY_COMMANDS = ['SOPS_AGE_KEY_CMD', 'SOPS_AGE_SSH_PRIVATE_KEY_CMD'];

/** Reads the rights of the person in a workspace. Runs nothing, so keys that a command prints are not known. */
export async function readRights(
  location: VaultLocation,
  repair: Repair | undefined,
  world: World,
): Promise<WorkspaceRights> {
  const areKeysKnown = !KEY_COMMANDS.some((name) => (world.env[name] ?? '') !== '');
  const env = { ...world.env, ...Object.fromEntries(KEY_COMMANDS.map((name) => [name, undefined])) };
  const access = await workspaceAccess(location, { ...world, env });
  // Unknown is never none: a change itself will tell.
  const isUnknown =
    !areKeysKnown && access.areKeysRead && access.me === undefined && access.refused === undefined;
  const rights = rightsOf(isUnknown ? { ...access, ...OPEN } : access, repair);
  const isStranger =
    areKeysKnown && access.areKeysRead && access.me === undefined && access.roster !== undefined;
  return { ...rights, isStranger };
}

const OPEN = { cannotWrite: undefined, cannotChangeMembers: undefined };

function rightsOf(
  { roster, me, cannotWrite, cannotChangeMembers }: WorkspaceAccess,
  repair: Repair | undefined,
): Omit<WorkspaceRights, 'isStranger'> {
  const words = (reason: Reason | undefined): string | undefined => reason && reasonSentence(reason);
  const rows = roster?.members.map(({ label, role, recipients, signingKey, since, by }): MemberRow => ({
    ...{ label, role, recipients, since, by, isYou: label === me?.label },
    signingKey: signingKey === null ? undefined : keyFingerprint(signingKey),
  }));
  return {
    ...{ members: rows, role: me?.role, repair },
    ...{ cannotWrite: words(cannotWrite), cannotChangeMembers: words(cannotChangeMembers) },
  };
}

const REPAIRS: Partial<Readonly<Record<Action['do'], Repair>>> = { 'sign-vault': 'sign', resolve: 'resolve' };

/** Finds the repair that an error names as a remedy. */
export function repairOf(error: unknown): Repair | undefined {
  if (!(error instanceof HumanError)) return undefined;
  return error.remedies.flatMap((remedy) => (remedy instanceof Phrase ? [] : (REPAIRS[remedy.do] ?? [])))[0];
}
