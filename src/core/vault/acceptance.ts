import { dirname } from 'node:path';
import { lstatIfThere } from '../durable-file.ts';
import { ExitCode, HumanError } from '../human-error.ts';
import { acceptedPath } from '../places.ts';
import { printable } from '../printable.ts';
import { isRecord, readState, type StateFile, updateState } from '../state-file.ts';
import type { World } from '../world.ts';
import { isVersionOfBranch } from './git-version.ts';
import type { Member } from './vault-shape.ts';

/** What a person has accepted of a workspace's vault, and the last that was seen of it. */
export interface Acceptance {
  /** Who may read what is written there: `age1…`, and holders of other kinds of keys. */
  readonly recipients: readonly string[];
  /** Numeric id of the user that `.nf-secrets` belongs to. */
  readonly owner: number;
  /** The data key that we made, or accepted because we could not make one; null until then. */
  readonly key: string | null;
  /** Time of the newest version that was seen: ISO 8601. */
  readonly lastModified: string;
}

/** What a vault is now. */
export interface VaultNow {
  readonly path: string;
  readonly members: readonly Member[];
  /** The data key that it is encrypted with, if we know it; null for a vault that is still to be made. */
  readonly keyId: string | null;
  /** Whether we can put a new data key in the place of one that we did not make. */
  readonly canRenewKey: boolean;
}

const file = (world: World): StateFile<Acceptance> => ({
  path: acceptedPath(world),
  isEntry: (value): value is Acceptance =>
    isRecord(value) &&
    Array.isArray(value['recipients']) &&
    value['recipients'].every((recipient) => typeof recipient === 'string') &&
    typeof value['owner'] === 'number' &&
    (value['key'] === null || typeof value['key'] === 'string') &&
    typeof value['lastModified'] === 'string',
  ifRemoved: 'the members of each workspace vault are shown to you again',
});

export async function acceptanceOf(path: string, world: World): Promise<Acceptance | undefined> {
  return (await readState(file(world))).get(path);
}

export async function recordAcceptance(
  path: string,
  acceptance: Acceptance,
  world: World,
  patience?: number,
): Promise<void> {
  await updateState(file(world), world, (entries) => entries.set(path, acceptance), patience);
}

/** The owner of the directory that a vault is in; ourselves if it is still to be made. */
export async function vaultOwner(path: string, world: World): Promise<number> {
  return (await lstatIfThere(dirname(path)))?.uid ?? world.uid;
}

/** Whether the members and the owner are those that were accepted, and the data key too where it has to stay. */
export async function isAccepted(
  vault: VaultNow,
  acceptance: Acceptance | undefined,
  world: World,
): Promise<boolean> {
  if (acceptance === undefined) return false;
  const sameOwner = acceptance.owner === (await vaultOwner(vault.path, world));
  const now = new Set(vault.members.map(({ recipient }) => recipient));
  const known = new Set(acceptance.recipients);
  return (
    sameOwner &&
    now.size === known.size &&
    [...now].every((recipient) => known.has(recipient)) &&
    (vault.canRenewKey || vault.keyId === acceptance.key)
  );
}

/**
 * Shows who can read a workspace's vault, what of that is new, and asks for a yes; or takes it as given.
 *
 * sops does not authenticate recipients, and a vault can be made by anyone who knows public keys: only the person
 * can say whether these are the people that they mean to share with.
 *
 * @param own - recipients of the person's own identities.
 * @param accept - `--accept-members`.
 * @throws HumanError 77 if it is not accepted.
 */
export async function askForAcceptance(
  vault: VaultNow,
  own: readonly string[],
  accept: boolean,
  world: World,
): Promise<void> {
  const known = await acceptanceOf(vault.path, world);
  if (await isAccepted(vault, known, world)) return;
  const owner = await vaultOwner(vault.path, world);
  const shown = printable(vault.path);
  world.say(
    known === undefined ? `You use ${shown} for the first time.` : `The members of ${shown} have changed.`,
  );
  for (const line of describeMembers(vault.members, own, known)) world.say(`  ${line}`);
  if (owner !== world.uid) world.say(`  Its directory belongs to another user (uid ${owner}).`);
  if (!vault.canRenewKey) {
    world.say(
      '  Not all of these are age or ssh-ed25519 keys (KMS, PGP, RSA, plugins): its data key cannot be renewed here,',
    );
    world.say('  so who made or re-keyed the file may have kept it and could read on.');
  }
  world.say('Each of them can read what is written there, and what they write reaches your pipelines.');
  if (!accept) {
    const answer = await world.ask('Accept these members?');
    if (answer !== true) {
      throw new HumanError(
        ExitCode.notPermitted,
        answer === false
          ? `The members of ${shown} were not accepted; nothing was done.`
          : `The members of ${shown} have to be accepted first, and there is no terminal to ask on.`,
        answer === false ? undefined : 'If you know all of them, add --accept-members.',
      );
    }
  }
  await recordAcceptance(
    vault.path,
    {
      recipients: vault.members.map(({ recipient }) => recipient),
      owner,
      key: vault.canRenewKey ? keyToKeep(vault, known) : vault.keyId,
      lastModified: known?.lastModified ?? '',
    },
    world,
  );
}

/** Who is no member any more still knows the data key: then the next write makes a new one. */
function keyToKeep(vault: VaultNow, known: Acceptance | undefined): string | null {
  const left = known?.recipients.some(
    (recipient) => !vault.members.some((member) => member.recipient === recipient),
  );
  return left === false ? (known?.key ?? null) : null;
}

/** One line a member: a mark that we make, the label that the vault claims, the key in short. */
export function describeMembers(
  members: readonly Member[],
  own: readonly string[],
  known: Acceptance | undefined,
): string[] {
  const mark = (recipient: string): string => {
    if (own.includes(recipient)) return 'you';
    return known === undefined || known.recipients.includes(recipient) ? '' : 'new';
  };
  const gone =
    known?.recipients.filter((recipient) => !members.some((member) => member.recipient === recipient)) ?? [];
  return [
    ...members.map(
      ({ recipient, label }) =>
        `${mark(recipient).padEnd(4)} ${shortKey(recipient)}  ${printable(label).slice(0, 80)}`,
    ),
    ...gone.map((recipient) => `gone ${shortKey(recipient)}`),
  ];
}

/** Enough of a key to compare by eye: 80 of its bits, at both ends. */
function shortKey(recipient: string): string {
  const text = printable(recipient);
  return text.length <= 24 ? text : `${text.slice(0, 12)}…${text.slice(-8)}`;
}

/**
 * Says so when a file is older than one that was here before, and not because another branch is checked out: someone
 * put an old version back.
 */
export async function sayIfRolledBack(
  path: string,
  lastModified: string,
  known: Acceptance | undefined,
  world: World,
): Promise<void> {
  if (known === undefined || !(Date.parse(lastModified) < Date.parse(known.lastModified))) return;
  if (await isVersionOfBranch(path, lastModified, world)) return;
  world.say(
    `${printable(path)} is older (${printable(lastModified)}) than the version you have seen ` +
      `(${printable(known.lastModified)}): ` +
      'an old version was put back, and its secrets may be outdated.',
  );
}
