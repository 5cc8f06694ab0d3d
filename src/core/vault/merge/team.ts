import { ExitCode, HumanError } from '../../system/human-error.ts';
import { joined, type Phrase, phrase } from '../../system/phrase.ts';
import { printable } from '../../system/printable.ts';
import type { World } from '../../system/world.ts';
import { isKnownRoster, newestAccepted } from '../acceptance.ts';
import type { Acceptance } from '../acceptance-state.ts';
import type { Identity } from '../identity.ts';
import { assertMaySign, namesOf } from '../members/permission.ts';
import { memberOf } from '../members/refusal.ts';
import { isAtLeast } from '../members/role.ts';
import { chainRefusal, rosterPath } from '../members/roster-file.ts';
import { mergeRosters } from '../members/roster-merge.ts';
import {
  appendVersion,
  continues,
  parseRoster,
  type Roster,
  type RosterMember,
  verifyChain,
} from '../members/roster.ts';
import { findSigner, type Signer } from '../members/signer.ts';
import { checkSignature } from '../members/vault-signature.ts';
import { ofSide, sideWords } from './open-versions.ts';
import { sharedSide } from './shared-roster.ts';
import type { SideName, Versions } from './three-way.ts';

/** Files beside the vault, of one version; undefined where it has none. */
export interface BesideFiles {
  readonly vault: Buffer;
  readonly signature: Buffer | undefined;
  readonly roster: Buffer | undefined;
}

/** The members of a merge with a roster. */
export interface Team {
  /** The merged roster. */
  readonly roster: Roster;
  readonly me: RosterMember;
  /** Signs the result. */
  readonly signer: Signer;
  /** Sides whose vault is signed by one who may change secrets, also after the merge. */
  readonly vouched: ReadonlySet<SideName>;
  /** Sentences about the other sides. */
  readonly doubts: ReadonlyMap<SideName, Phrase>;
  /** True if the person has accepted the merged roster, or one that it comes from. */
  readonly isAccepted: boolean;
}

/** Reports rosters that cannot be merged: one side has to be taken as a whole. */
export class RosterConflict extends HumanError {}

/** People and what they have accepted. */
interface Merger {
  readonly path: string;
  readonly identities: readonly Identity[];
  readonly known: Acceptance | undefined;
}

/** The merge of two rosters, before it is signed. */
interface UnsignedTeam {
  readonly ours: Roster | undefined;
  readonly theirs: Roster | undefined;
  /** The roster that the merger is a member of. */
  readonly before: Roster;
  readonly me: RosterMember;
  readonly signingKey: string;
  /** Members of a new version; undefined if one side's roster is the merged one. */
  readonly members: readonly RosterMember[] | undefined;
}

/**
 * Refuses a merge of rosters that the person may not make, before anything is asked.
 *
 * @throws HumanError as {@link teamOf}.
 */
export async function assertMayMerge(
  files: Versions<BesideFiles | undefined>,
  merger: Omit<Merger, 'known'>,
  world: World,
): Promise<void> {
  await unsignedTeam(files, merger, world);
}

/**
 * Merges the rosters of a vault, and finds who signs the result.
 *
 * @returns undefined if no side has a roster.
 * @throws HumanError 65 if the rosters cannot be merged; 77 if a chain does not hold, or the person may not sign.
 */
export async function teamOf(
  files: Versions<BesideFiles | undefined>,
  { known, ...merger }: Merger,
  world: World,
): Promise<Team | undefined> {
  const unsigned = await unsignedTeam(files, merger, world);
  if (unsigned === undefined) return undefined;
  const { ours, theirs, before, me, members } = unsigned;
  const signer = await findSigner(world, unsigned.signingKey);
  const change = members && { members, by: me.label, at: world.now() };
  const roster = change === undefined ? before : await appendVersion(before, change, signer);
  const doubts = doubtsOf(files, { ours, theirs }, roster);
  const vouched = new Set(SIDES.filter((side) => !doubts.has(side)));
  const isAccepted = known !== undefined && comesFromKnown([ours, theirs, roster], known);
  return { roster, me, signer, vouched, doubts, isAccepted };
}

async function unsignedTeam(
  files: Versions<BesideFiles | undefined>,
  { path, identities }: Omit<Merger, 'known'>,
  world: World,
): Promise<UnsignedTeam | undefined> {
  const ours = await ofSide('ours', path, () => rosterOf(files.ours, path));
  const theirs = await ofSide('theirs', path, () => rosterOf(files.theirs, path));
  if (ours === undefined && theirs === undefined) return undefined;
  const isTheirsShared =
    ours !== undefined &&
    theirs?.root === ours.root &&
    (await sharedSide(ours, theirs, path, world)) === 'theirs';
  const [kept, other] = isTheirsShared ? [theirs, ours] : [ours, theirs];
  const merged = mergeRosters(baseRoster(files.base, path), kept, other);
  if (merged.kind === 'conflict') {
    throw new RosterConflict(
      ExitCode.data,
      phrase`The members of ${printable(path)} cannot be merged: ${joined(merged.reasons, '; ')}.`,
      [
        {
          do: 'resolve',
          side: 'ours',
          lead: phrase`To take our side as a whole, and make the changes of the other one again`,
        },
        { do: 'resolve', side: 'theirs', lead: phrase`Or the other side` },
      ],
    );
  }
  const before = merged.kind === 'taken' ? merged.roster : merged.onto;
  if (before === undefined) return undefined;
  const own = identities.map(({ recipient }) => recipient);
  const me = memberOf(before, own);
  if (me === undefined) throw notMember(path, before);
  assertMaySign(me, before.members);
  if (merged.kind === 'replay' && !isAtLeast(me.role, merged.needs)) {
    throw new HumanError(
      ExitCode.notPermitted,
      phrase`${me.label} has the role ${me.role}, which may not merge the changes of members that both sides have made.`,
      phrase`Ask one of these to merge: ${namesOf(before.members, merged.needs)}`,
    );
  }
  if (me.signingKey === null) throw notMember(path, before);
  const members = merged.kind === 'replay' ? merged.members : undefined;
  return { ours, theirs, before, me, signingKey: me.signingKey, members };
}

/**
 * Tells whether a merged roster is one that the person has accepted, or comes from it: one of the sides continues the
 * accepted version. The rules of merging then refuse what somebody without rights in it did on the other side. A side
 * that ends before the accepted version does not do: it still has members that were removed since.
 */
function comesFromKnown([ours, theirs, merged]: readonly (Roster | undefined)[], known: Acceptance): boolean {
  const holds = (roster: Roster | undefined): boolean =>
    roster !== undefined && newestAccepted(known).some((seen) => continues(roster, seen));
  return holds(ours) || holds(theirs) || isKnownRoster(merged, known);
}

function notMember(path: string, { members }: Roster): HumanError {
  return new HumanError(
    ExitCode.notPermitted,
    phrase`None of your keys is that of a member of ${printable(path)} who may sign the merge.`,
    phrase`Ask one of these to merge: ${namesOf(members, 'maintain')}`,
  );
}

export function rosterOf(files: BesideFiles | undefined, path: string): Promise<Roster | undefined> {
  if (files?.roster === undefined || files.roster.length === 0) return Promise.resolve(undefined);
  const roster = parseRoster(files.roster, rosterPath(path));
  const problem = verifyChain(roster);
  if (problem !== undefined) throw chainRefusal(rosterPath(path), problem);
  return Promise.resolve(roster);
}

/** A base that is damaged is of less use, but no reason not to merge. */
function baseRoster(files: BesideFiles | undefined, path: string): Roster | undefined {
  try {
    if (files?.roster === undefined || files.roster.length === 0) return undefined;
    const roster = parseRoster(files.roster, rosterPath(path));
    return verifyChain(roster) === undefined ? roster : undefined;
  } catch (error) {
    if (error instanceof HumanError) return undefined;
    throw error;
  }
}

/** Lists all members that a roster has had, the newest version of each first. */
const everMembers = ({ versions }: Roster): RosterMember[] =>
  versions.flatMap(({ members }) => members).reverse();

const SIDES: readonly SideName[] = ['ours', 'theirs'];

/**
 * Finds the sides that are of another roster than the merged one, or that nobody signed who may still change secrets. A
 * member that was removed meanwhile can have signed a branch of before.
 */
function doubtsOf(
  files: Versions<BesideFiles | undefined>,
  rosters: Readonly<Record<SideName, Roster | undefined>>,
  merged: Roster,
): ReadonlyMap<SideName, Phrase> {
  const doubts = new Map<SideName, Phrase>();
  for (const side of SIDES) {
    const { vault = Buffer.alloc(0), signature } = files[side] ?? {};
    const roster = rosters[side];
    const signatures = signature === undefined ? [] : [signature.toString('latin1')];
    if (roster?.root !== merged.root) {
      doubts.set(side, phrase`It has another roster than the merged one.`);
      continue;
    }
    const checked = checkSignature(vault, signatures, merged);
    if ('signedBy' in checked) continue;
    const before = checkSignature(vault, signatures, {
      members: [...everMembers(roster), ...everMembers(merged)],
    });
    if ('signedBy' in before) {
      const label = printable(before.signedBy.label);
      doubts.set(side, phrase`${label} has signed it, who may not change secrets any more.`);
    } else {
      const { reason } = before;
      doubts.set(side, phrase`The reason: ${reason}. Anybody who can read its values may have made it.`);
    }
  }
  return doubts;
}

/**
 * Makes sure that the person takes the changes of each side that nobody vouches for.
 *
 * @param accept - `--accept-members`; `never` where nobody can be asked.
 * @throws HumanError 77 if they do not.
 */
export async function assertVouched(
  { doubts }: Team,
  path: string,
  accept: boolean | 'never',
  world: World,
): Promise<void> {
  for (const [side, doubt] of doubts) {
    world.notice(
      phrase`${sideWords(side)} of ${printable(path)} is not signed by a member of the workspace who may change secrets.
        ${doubt}`,
    );
    if (accept === true) continue;
    if (accept === false && (await world.ask(phrase`Take its changes?`)) === true) continue;
    throw new HumanError(
      ExitCode.notPermitted,
      phrase`${printable(path)} is not merged: nobody who may change secrets has signed ${sideWords(side)}.`,
      accept === 'never'
        ? { do: 'resolve', lead: phrase`To look at it, and merge` }
        : { do: 'accept-members', changed: 'unsigned' },
    );
  }
}
