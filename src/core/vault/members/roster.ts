import { createHash, randomBytes } from 'node:crypto';
import { ExitCode, HumanError } from '../../system/human-error.ts';
import { JsonNumber, formatJson, type JsonTree, object } from '../../system/json-tree.ts';
import { type Phrase, phrase } from '../../system/phrase.ts';
import { printable } from '../../system/printable.ts';
import { timestamp } from '../../system/world.ts';
import { mayChangeMembers } from './role.ts';
import { labelKey, rightsProblem, RosterState, type StateChange } from './roster-rules.ts';
import { FORMAT, parseVersions } from './roster-shape.ts';
import type { RosterMember, RosterVersion } from './roster-version.ts';
import { claimedKey, exactArmor, keyFingerprint, type Signer, verifySignature } from './sshsig.ts';

export type { RosterMember, RosterVersion } from './roster-version.ts';
export { labelProblem } from './roster-rules.ts';

export interface Roster {
  readonly versions: readonly RosterVersion[];
  /** Members of the newest version, in the order in which they were added. */
  readonly members: readonly RosterMember[];
  /** Hash of version 0: it names the workspace. */
  readonly root: string;
  /** Hash of the newest version. */
  readonly head: string;
  /** Number of the newest version. */
  readonly number: number;
}

/** Version of a roster that the person has accepted. */
export type KnownVersion = Pick<Roster, 'root' | 'number' | 'head'>;

/**
 * Reads a roster's file. Checks its form alone, no signature: {@link verifyChain} does.
 *
 * @param path - for messages.
 * @throws HumanError 65 if it is damaged, or of a newer format.
 */
export const parseRoster = (bytes: Uint8Array, path: string): Roster => rosterOf(parseVersions(bytes, path));

function rosterOf(versions: readonly RosterVersion[]): Roster {
  const [first, last] = [versions[0], versions.at(-1)];
  if (first === undefined || last === undefined) throw new Error('a roster has a version');
  return {
    versions,
    members: membersAfter(versions),
    root: hashOf(first),
    head: hashOf(last),
    number: versions.length - 1,
  };
}

/** Writes the file of a roster. */
export function formatRoster({ versions }: Pick<Roster, 'versions'>): Buffer {
  const nodes = versions.map((version) =>
    object({ ...nodesOf(inOrder(version)), signature: version.signature }),
  );
  return Buffer.from(formatJson(object({ format: new JsonNumber(String(FORMAT)), versions: nodes })));
}

function nodesOf(fields: Record<string, unknown>): Record<string, JsonTree> {
  const node = (value: unknown): JsonTree => {
    if (Array.isArray(value)) return value.map(node);
    if (typeof value === 'number') return new JsonNumber(String(value));
    if (typeof value === 'string') return value;
    return value === null ? null : object(nodesOf(value as Record<string, unknown>));
  };
  return Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, node(value)]));
}

/** The fields of a version that are signed, in their order. */
function inOrder({
  number,
  id,
  previous,
  at,
  by,
  members,
  removed,
}: Omit<RosterVersion, 'signature'>): Record<string, unknown> {
  return {
    number,
    ...(id !== undefined && { id }),
    previous,
    at,
    by,
    members: members.map(memberInOrder),
    removed,
  };
}

const memberInOrder = ({ label, role, recipients, signingKey, since, by }: RosterMember): RosterMember => ({
  label,
  role,
  recipients,
  signingKey,
  since,
  by,
});

const signedBytes = (version: Omit<RosterVersion, 'signature'>): Buffer =>
  Buffer.from(`nf-secrets roster\n${JSON.stringify(inOrder(version))}`);

const hashes = new WeakMap<RosterVersion, string>();

function hashOf(version: RosterVersion): string {
  const known = hashes.get(version);
  if (known !== undefined) return known;
  const hash = createHash('sha256').update(signedBytes(version)).digest('hex');
  hashes.set(version, hash);
  return hash;
}

function membersAfter(versions: readonly StateChange[]): RosterMember[] {
  const members = new Map<string, RosterMember>();
  for (const version of versions) {
    for (const label of version.removed) members.delete(labelKey(label));
    for (const member of version.members) members.set(labelKey(member.label), member);
  }
  return [...members.values()];
}

/**
 * Verifies that each version follows from the one before it, and is signed by a member of that one who may make the
 * change. The first version is signed by one of its owners; whether it is trusted is the person's decision.
 *
 * @param known - an accepted version: signatures up to it need no second look if the roster has it.
 * @returns the reason that the roster is refused, with the version and who signed it: a clause without a full stop.
 */
export function verifyChain(roster: Roster, known?: KnownVersion): Phrase | undefined {
  const state = new RosterState();
  const trusted = known !== undefined && continues(roster, known) ? known.number : -1;
  for (const [index, version] of roster.versions.entries()) {
    const problem =
      linkProblem(version, roster.versions[index - 1], index) ??
      (index > trusted ? signatureProblem(version, state) : undefined);
    if (problem !== undefined) return problem;
    const broken = state.apply(version);
    if (broken !== undefined)
      return phrase`version ${index}, of ${shownAuthor(version)}, is refused: ${broken}`;
  }
  return undefined;
}

const shownAuthor = ({ by }: RosterVersion): string => printable(by);

function linkProblem(
  version: RosterVersion,
  before: RosterVersion | undefined,
  index: number,
): Phrase | undefined {
  const { number, id, previous } = version;
  if (number !== index)
    return phrase`version ${number}, of ${shownAuthor(version)}, is where version ${index} has to be: one is missing,
      occurs twice or is moved`;
  if ((id !== undefined) !== (index === 0) || previous !== (before === undefined ? null : hashOf(before)))
    return phrase`version ${index}, of ${shownAuthor(version)}, does not follow from the one before it: one of both
      was changed after it was signed`;
  return undefined;
}

/** @param before - members of the version before; of the first version, none. */
function signatureProblem(version: RosterVersion, before: RosterState): Phrase | undefined {
  const { number } = version;
  const verified = verifySignature(version.signature, signedBytes(version));
  const author = shownAuthor(version);
  if (exactArmor(version.signature) !== version.signature)
    return phrase`version ${number}, of ${author}, has no signature that counts`;
  if ('problem' in verified) {
    const claimed = claimedKey(version.signature);
    const named = claimed === undefined ? '' : ` (${keyFingerprint(claimed)})`;
    return phrase`version ${number} is not as ${author} signed it${named}: ${verified.problem}`;
  }
  const signer =
    number === 0
      ? version.members.find(({ signingKey }) => signingKey === verified.publicKey)
      : before.signedWith(verified.publicKey);
  if (signer === undefined)
    return phrase`version ${number}, of ${author}, is signed with a key that no member has
      (${keyFingerprint(verified.publicKey)})`;
  const { label } = signer;
  if (label !== version.by)
    return phrase`version ${number} is signed by ${printable(label)}, but names ${author} as its author`;
  const forbidden = rightsProblem(signer, number === 0 ? version.members : before.touched(version));
  return forbidden === undefined ? undefined : phrase`version ${number} is signed by ${author}: ${forbidden}`;
}

/** Returns the hash of a version, or undefined if there is no such version. */
export function hashOfVersion({ versions }: Roster, number: number): string | undefined {
  const version = versions[number];
  return version === undefined ? undefined : hashOf(version);
}

/** Tells whether a roster continues an accepted version: same root, and that version is one of its own. */
export const continues = (roster: Roster, { root, number, head }: KnownVersion): boolean =>
  roster.root === root && hashOfVersion(roster, number) === head;

/** Returns the members of a version, or undefined if there is no such version. */
export function membersOfVersion({ versions }: Roster, number: number): readonly RosterMember[] | undefined {
  return versions[number] === undefined ? undefined : membersAfter(versions.slice(0, number + 1));
}

/** All recipients of the newest version: a vault is encrypted to exactly these. */
export const rosterRecipients = ({ members }: Pick<Roster, 'members'>): string[] =>
  members.flatMap(({ recipients }) => recipients);

/** A change that is to be signed. */
export interface RosterChange {
  /** All members of the new version. */
  readonly members: readonly RosterMember[];
  /** Label of the member whose key signs it. */
  readonly by: string;
  readonly at: Date;
}

/**
 * Makes a signed version after the newest one, or the first one of a new roster.
 *
 * @throws HumanError 65 if the members break a rule (a key twice, no owner left, a label that is none), 77 if the
 *   signer may not make this change; as {@link Signer.sign}.
 */
export async function appendVersion(
  roster: Roster | undefined,
  { members, by, at }: RosterChange,
  signer: Signer,
): Promise<Roster> {
  const before = roster?.members ?? [];
  const change = changeOf(before, members);
  assertAllowed(before, change, by, signer);
  const version = {
    number: roster === undefined ? 0 : roster.number + 1,
    ...(roster === undefined && { id: randomBytes(16).toString('hex') }),
    previous: roster?.head ?? null,
    at: timestamp(at),
    by,
    ...change,
  };
  const signature = await signer.sign(signedBytes(version));
  return rosterOf([...(roster?.versions ?? []), { ...version, signature }]);
}

/** Tells whether two members are the same in all that a roster has of them. */
export const isSameMember = (a: RosterMember, b: RosterMember): boolean => text(a) === text(b);

const text = (member: RosterMember): string => JSON.stringify(memberInOrder(member));

/** Returns the change that leads from a list of members to another one. */
export function changeOf(before: readonly RosterMember[], after: readonly RosterMember[]): StateChange {
  const had = new Map(before.map((member) => [member.label, text(member)]));
  const kept = new Set(after.map(({ label }) => label));
  return {
    members: after.filter((member) => had.get(member.label) !== text(member)).map(memberInOrder),
    removed: before.map(({ label }) => label).filter((label) => !kept.has(label)),
  };
}

function assertAllowed(
  before: readonly RosterMember[],
  change: StateChange,
  by: string,
  signer: Signer,
): void {
  const isFirst = before.length === 0;
  const state = new RosterState();
  if (!isFirst) state.apply({ members: before, removed: [] });
  const author = (isFirst ? change.members : before).find(({ label }) => label === by);
  const forbidden =
    author === undefined
      ? phrase`${printable(by)} is no member`
      : author.signingKey !== signer.publicKey
        ? phrase`${by} signs with another key`
        : rightsProblem(author, isFirst ? change.members : state.touched(change));
  if (forbidden !== undefined) {
    const seniors = before
      .filter(({ role }) => mayChangeMembers(role))
      .map(({ label, role }) => `${label} (${role})`);
    throw new HumanError(
      ExitCode.notPermitted,
      phrase`The members were not changed: ${forbidden}.`,
      seniors.length === 0 ? [] : phrase`Ask one of these: ${seniors.slice(0, 10).join(', ')}`,
    );
  }
  const broken = state.apply(change);
  if (broken !== undefined)
    throw new HumanError(ExitCode.data, phrase`The members were not changed: ${broken}.`);
}
