import { l10n } from 'vscode';
import { loadIdentities } from '../../core/vault/identity.ts';
import { readVaultFiles } from '../../core/vault/members/vault-files.ts';
import { type WorkspaceAccess, workspaceAccess } from '../../core/vault/members/workspace-access.ts';
import type { VaultLocation } from '../../core/vault/vault-location.ts';
import type { World } from '../../core/system/world.ts';
import { keyFingerprint } from '../../core/vault/members/sshsig.ts';
import { HumanError } from '../../core/system/human-error.ts';
import type { Reason } from '../../core/system/notice.ts';
import { Phrase } from '../../core/system/phrase.ts';
import { reasonSentence } from '../remedies.ts';
import type { Repair } from './repair.ts';
import type { MemberRow, WorkspaceRights } from './workspace-rights.ts';

/** Variables with a command that prints a key. A look at names runs nothing: it may ask, or need a touch. */
const KEY_COMMANDS = ['SOPS_AGE_KEY_CMD', 'SOPS_AGE_SSH_PRIVATE_KEY_CMD'];

/** Reads the rights of the person in a workspace. Runs nothing, so keys that a command prints are not known. */
export async function readRights(location: VaultLocation, world: World): Promise<WorkspaceRights> {
  const areKeysKnown = !KEY_COMMANDS.some((name) => (world.env[name] ?? '') !== '');
  const env = { ...world.env, ...Object.fromEntries(KEY_COMMANDS.map((name) => [name, undefined])) };
  const access = await workspaceAccess(location, { ...world, env });
  // Unknown is never none: a change itself will tell.
  const isUnknown =
    !areKeysKnown && access.areKeysRead && access.me === undefined && access.refused === undefined;
  const rights = rightsOf(isUnknown ? { ...access, ...OPEN } : access);
  if (!areKeysKnown || access.refused !== undefined) return { ...rights, isStranger: false };
  if (access.roster !== undefined)
    return { ...rights, isStranger: access.areKeysRead && access.me === undefined };
  if (!(await isClosedTo(location, { ...world, env }))) return { ...rights, isStranger: false };
  return { ...rights, isStranger: true, cannotWrite: noKeyWords(), cannotChangeMembers: noKeyWords() };
}

const noKeyWords = (): string =>
  l10n.t(
    'None of your keys opens it. Send a member your request: the command Copy Request to Become a Member makes it.',
  );

/** Tells whether certainly no key of the person opens a vault without a roster. Decrypts nothing. */
async function isClosedTo(location: VaultLocation, world: World): Promise<boolean> {
  try {
    const document = (await readVaultFiles(location, world))?.document;
    // Who may use a key in a cloud or of PGP, nobody here knows.
    if (document === undefined || document.otherHolders.length > 0) return false;
    const { recipients } = document;
    const own = await loadIdentities(world, recipients);
    return !own.some(({ recipient }) => recipients.includes(recipient));
  } catch (error) {
    if (error instanceof HumanError) return false;
    throw error;
  }
}

const OPEN = { cannotWrite: undefined, cannotChangeMembers: undefined };

function rightsOf({
  roster,
  me,
  cannotWrite,
  cannotChangeMembers,
}: WorkspaceAccess): Omit<WorkspaceRights, 'isStranger'> {
  const words = (reason: Reason | undefined): string | undefined => reason && reasonSentence(reason);
  const rows = roster?.members.map(({ label, role, recipients, signingKey, since, by }): MemberRow => ({
    ...{ label, role, recipients, since, by, isYou: label === me?.label },
    signingKey: signingKey === null ? undefined : keyFingerprint(signingKey),
  }));
  return {
    ...{ members: rows, role: me?.role },
    ...{ cannotWrite: words(cannotWrite), cannotChangeMembers: words(cannotChangeMembers) },
  };
}

/** Finds the repair that an error names as a remedy. */
export function repairOf(error: unknown): Repair | undefined {
  if (!(error instanceof HumanError)) return undefined;
  const actions = error.remedies.flatMap((remedy) => (remedy instanceof Phrase ? [] : [remedy]));
  for (const action of actions) {
    if (action.do === 'sign-vault') return { kind: 'sign' };
    if (action.do === 'resolve') return { kind: 'resolve' };
  }
  const file = actions.find((action) => action.do === 'open-file')?.path;
  return file === undefined ? undefined : { kind: 'open', file };
}
