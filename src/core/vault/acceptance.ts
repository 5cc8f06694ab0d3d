import { dirname } from 'node:path';
import { lstatIfThere } from '../system/durable-file.ts';
import { acceptedPath } from '../system/paths.ts';
import { printable } from '../system/printable.ts';
import { continues, hashOfVersion, type KnownVersion, type Roster } from './members/roster.ts';
import { isRecord, readState, type StateFile, updateState } from '../system/state-file.ts';
import type { World } from '../system/world.ts';
import { headline, notAccepted, unboundText, whatMembersDo, whoCouldReadOn } from './acceptance-words.ts';
import type { Member } from './vault-shape.ts';
import type { Acceptance, AcceptanceState, SeenVersion, VaultNow } from './acceptance-state.ts';
import { detail, phrase, verbatim } from '../system/phrase.ts';

/** A vault that the first write makes. */
export const vaultToBe = (path: string): VaultNow => ({
  entry: path,
  path,
  roster: undefined,
  members: [],
  keyId: null,
  isOwnKey: true,
  canRenewKey: true,
  binding: 'bound',
  lastModified: '',
  envelope: '',
  lastChange: undefined,
});

const file = (world: World): StateFile<Acceptance> => ({
  path: acceptedPath(world),
  isEntry: (value): value is Acceptance =>
    isRecord(value) &&
    Array.isArray(value['recipients']) &&
    value['recipients'].every((recipient) => typeof recipient === 'string') &&
    typeof value['owner'] === 'number' &&
    (value['key'] === null || typeof value['key'] === 'string') &&
    typeof value['lastModified'] === 'string' &&
    ['string', 'undefined'].includes(typeof value['envelope']) &&
    ['boolean', 'undefined'].includes(typeof value['renew']) &&
    ['string', 'undefined'].includes(typeof value['nextKey']) &&
    isKnownVersion(value['roster']) &&
    isKnownVersion(value['nextRoster']) &&
    ['string', 'undefined'].includes(typeof value['unboundSaid']),
  ifRemoved: phrase`the members of each workspace vault are shown to you again`,
});

/** Tells whether a note of a roster's version is one, or absent. */
const isKnownVersion = (value: unknown): boolean =>
  value === undefined ||
  (isRecord(value) &&
    typeof value['root'] === 'string' &&
    typeof value['number'] === 'number' &&
    typeof value['head'] === 'string' &&
    (value['before'] === undefined || Array.isArray(value['before'])));

export async function acceptanceOf(path: string, world: World): Promise<Acceptance | undefined> {
  return (await readState(file(world), world)).get(path);
}

export async function recordAcceptance(
  path: string,
  acceptance: Acceptance,
  world: World,
  patience?: number,
): Promise<void> {
  await updateState(file(world), world, (entries) => entries.set(path, acceptance), patience);
}

/** Returns the owner of the directory that a vault is in; ourselves if it is still to be made. */
export async function vaultOwner(path: string, world: World): Promise<number> {
  return (await lstatIfThere(dirname(path)))?.uid ?? world.uid;
}

/**
 * Compares a vault with what was accepted of it: its owner, its members, its data key. Anybody who knows public keys
 * can make a vault for them, sound to the last byte; but they cannot know the data key that it had before.
 */
export async function acceptanceState(
  vault: VaultNow,
  known: Acceptance | undefined,
  world: World,
): Promise<AcceptanceState> {
  if (known === undefined) return 'new';
  if (!isKnownRoster(vault.roster, known)) return 'roster';
  // A later version of the accepted roster, signed by those who may, tells which keys are those of members.
  const counts = (recipient: string): boolean => vault.roster === undefined || !isKey(recipient);
  const now = new Set(vault.members.map(({ recipient }) => recipient).filter(counts));
  const accepted = new Set(known.recipients.filter(counts));
  const sameMembers = now.size === accepted.size && [...now].every((recipient) => accepted.has(recipient));
  if (!sameMembers || known.owner !== (await vaultOwner(vault.path, world))) return 'members';
  const sameKey = known.key === null || vault.keyId === null || isKnownKey(vault.keyId, known);
  // A member who may change secrets has signed the vault with its data key.
  return sameKey || vault.roster !== undefined ? 'accepted' : 'data-key';
}

const isKey = (recipient: string): boolean => /^(age1|ssh-)/.test(recipient);

/** Tells whether a vault has the accepted roster, or a version of it that comes before or after the accepted one. */
export function isKnownRoster(roster: Roster | undefined, known: Acceptance): boolean {
  if (roster === undefined) return known.roster === undefined;
  return newestAccepted(known).some((version) => isEarlier(roster, version) || continues(roster, version));
}

/**
 * Lists the accepted versions that a roster may continue. A write on an older branch notes its version; but what else
 * continues that one can be by somebody whom a later version has removed.
 */
export function newestAccepted({ roster, nextRoster }: Acceptance): readonly SeenVersion[] {
  const isOlder = roster !== undefined && nextRoster !== undefined && isEarlier(nextRoster, roster);
  return [roster, isOlder ? undefined : nextRoster].filter((version) => version !== undefined);
}

/** Tells whether a roster is a version that comes before another one, in the same history. */
const isEarlier = (roster: KnownVersion, { root, before = [] }: SeenVersion): boolean =>
  root === roster.root && before[roster.number] === shortHash(roster.head);

/** 128 bits: nobody makes another version with the same ones. */
const shortHash = (hash: string): string => hash.slice(0, 32);

/** Describes a roster for the record of what was seen. */
export function seenVersion(roster: Roster): SeenVersion {
  const { root, number, head, versions } = roster;
  const before = versions.slice(0, -1).map((_, at) => shortHash(hashOfVersion(roster, at) ?? ''));
  return { root, number, head, before };
}

export const isKnownKey = (keyId: string, { key, nextKey }: Acceptance): boolean =>
  keyId === key || keyId === nextKey;

/**
 * Shows who can read a vault and what of that is new, and asks for a yes; or takes it as given.
 *
 * sops does not authenticate recipients, and a vault can be made by anyone who knows public keys: only the person
 * can say whether these are the people that they mean to share with.
 *
 * @param own - recipients of the person's own identities.
 * @param accept - `--accept-members`.
 * @returns the acceptance to record; undefined if it was accepted before.
 * @throws HumanError 77 if it is not accepted.
 */
export async function askForAcceptance(
  vault: VaultNow,
  own: readonly string[],
  accept: boolean,
  world: World,
): Promise<Acceptance | undefined> {
  const known = await acceptanceOf(vault.path, world);
  const state = await acceptanceState(vault, known, world);
  if (state === 'accepted') return undefined;
  const owner = await vaultOwner(vault.path, world);
  for (const line of headline(vault, state, known)) world.notice(line);
  for (const line of describeMembers(vault.members, own, known)) world.notice(verbatim(`  ${line}`));
  if (owner !== world.uid)
    world.notice(detail(phrase`Its directory belongs to another user (uid ${owner}).`));
  const renew = needsNewKey(vault, own, known);
  for (const [line, remedy] of whoCouldReadOn(vault, renew)) world.notice(detail(line), remedy);
  if (vault.binding !== 'bound') world.notice(detail(unboundText(vault)));
  world.notice(whatMembersDo(vault));
  if (!accept) {
    const question = state === 'data-key' ? phrase`Accept this data key?` : phrase`Accept these members?`;
    const answer = await world.ask(question);
    if (answer !== true) throw notAccepted(vault.path, state, answer);
  }
  const note = noted(vault, owner, known);
  const isBranch =
    state === 'roster' && vault.roster !== undefined && note.roster?.head !== vault.roster.head;
  return {
    ...note,
    // Of another history than the newest one, which stays noted.
    ...(isBranch && { nextRoster: seenVersion(vault.roster) }),
    ...(renew ? { renew } : {}),
    ...unboundNote(vault),
  };
}

/**
 * Tells whether the next write has to make a new data key. That changes each line of the file and asks all other
 * members, so only if somebody who should not read on is certain to know this key, or if nobody else is asked:
 * - somebody is no member any more, and knows it;
 * - only this person can open the file, so only they can rightly have made its key, and they did not.
 */
function needsNewKey(vault: VaultNow, own: readonly string[], known: Acceptance | undefined): boolean {
  if (!vault.canRenewKey || vault.keyId === null) return false;
  const isDue = known?.renew === true && known.key === vault.keyId;
  // Whoever removed somebody from a roster has renewed the key, and signed that.
  const isOlder = (known?.roster?.number ?? 0) > (vault.roster?.number ?? 0);
  if (vault.roster !== undefined && (known?.key !== vault.keyId || isOlder)) return isDue;
  const members = new Set(vault.members.map(({ recipient }) => recipient));
  const isGone = known?.recipients.some((recipient) => !members.has(recipient));
  const isMadeByOther = isAlone(vault, own) && !vault.isOwnKey && vault.roster === undefined;
  return isDue || isGone === true || isMadeByOther;
}

/** Does the same as {@link needsNewKey} for a vault that is accepted. */
export function isKeyToRenew(
  vault: VaultNow,
  own: readonly string[],
  known: Acceptance | undefined,
): boolean {
  if (known?.key === vault.keyId && vault.roster === undefined)
    return vault.canRenewKey && known.renew === true;
  return needsNewKey(vault, own, known);
}

const isAlone = ({ members }: VaultNow, own: readonly string[]): boolean =>
  members.length > 0 && members.every(({ recipient }) => own.includes(recipient));

/** Makes the record of a vault as it is now. A date in the future is not kept: later versions would look old. */
function noted(vault: VaultNow, owner: number, known: Acceptance | undefined): Acceptance {
  return {
    recipients: vault.members.map(({ recipient }) => recipient),
    owner,
    key: vault.keyId,
    lastModified: known?.lastModified ?? '',
    envelope: vault.envelope,
    ...rosterNote(vault.roster, known),
  };
}

/** Notes the roster. An older branch has an older one, which does not replace the newest that was seen. */
export function rosterNote(
  roster: Roster | undefined,
  known: Acceptance | undefined,
): Pick<Acceptance, 'roster'> {
  if (roster === undefined) return {};
  const before = known?.roster;
  const isOlder = before?.root === roster.root && before.number > roster.number;
  return { roster: isOlder ? before : seenVersion(roster) };
}

/** Longest wait to record a use, in milliseconds. */
const NOTE_PATIENCE = 1_000;
export const DAY = 86_400_000;

/** Records the newest version that was seen of an accepted vault, and a data key that is not known yet. */
export async function noteUse(
  vault: VaultNow,
  own: readonly string[],
  known: Acceptance | undefined,
  world: World,
): Promise<void> {
  const isNew =
    known?.key !== vault.keyId || known.roster?.head !== rosterNote(vault.roster, known).roster?.head;
  const renew = isKeyToRenew(vault, own, known);
  const next: Acceptance = {
    ...(known === undefined || isNew ? noted(vault, await vaultOwner(vault.path, world), known) : known),
    ...(isNew && renew ? { renew } : {}),
    lastModified: newest(vault.lastModified, known, world),
    ...unboundNote(vault),
  };
  if (JSON.stringify(next) === JSON.stringify(known)) return;
  // Reading must not fail, or wait, for a note.
  await recordAcceptance(vault.path, next, world, NOTE_PATIENCE).catch(() => undefined);
}

function newest(lastModified: string, known: Acceptance | undefined, world: World): string {
  const date = Date.parse(lastModified);
  const before = Date.parse(known?.lastModified ?? '') || 0;
  const plausible = date <= world.now().getTime() + DAY;
  return plausible && date > before ? lastModified : (known?.lastModified ?? '');
}

const unboundNote = ({ binding, lastModified }: VaultNow): Pick<Acceptance, 'unboundSaid'> =>
  binding === 'bound' ? {} : { unboundSaid: lastModified };

/** Writes one line for each member: a mark that we make, the key in short, the label that the vault claims. */
export function describeMembers(
  members: readonly Member[],
  own: readonly string[],
  known: Acceptance | undefined,
): string[] {
  const before = known && new Set(known.recipients);
  const mark = (recipient: string): string => {
    if (own.includes(recipient)) return 'you';
    return before === undefined || before.has(recipient) ? '' : 'new';
  };
  const now = new Set(members.map(({ recipient }) => recipient));
  const gone = known?.recipients.filter((recipient) => !now.has(recipient)) ?? [];
  return [
    ...members.map(
      ({ recipient, label, role }) =>
        `${mark(recipient).padEnd(4)} ${shortKey(recipient)}  ${shownLabel(recipient, label)}${role === undefined ? '' : ` (${role})`}`,
    ),
    ...gone.map((recipient) => `gone ${shortKey(recipient)}`),
  ];
}

/** The label of a member; of a KMS key, which its ARN names, the account: whoever owns it sees each use. */
function shownLabel(recipient: string, label: string): string {
  const account = KMS_ACCOUNT.exec(recipient)?.[1];
  return account === undefined ? printable(label).slice(0, 80) : `(AWS account ${account})`;
}

const KMS_ACCOUNT = /^KMS arn:[a-z-]+:kms:[a-z0-9-]+:(\d{12}):/;

/** Shortens a key to what can be compared by eye: 80 of its bits, at both ends. That of KMS is a name, and all of it counts. */
function shortKey(recipient: string): string {
  const text = printable(recipient);
  if (KMS_ACCOUNT.test(text)) return text.slice(0, 2_000);
  return text.length <= 24 ? text : `${text.slice(0, 12)}…${text.slice(-8)}`;
}
