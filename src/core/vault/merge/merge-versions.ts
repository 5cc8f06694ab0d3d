import { ExitCode, HumanError } from '../../system/human-error.ts';
import { phrase } from '../../system/phrase.ts';
import { printable } from '../../system/printable.ts';
import { timestamp, type World } from '../../system/world.ts';
import {
  acceptanceOf,
  acceptanceState,
  askForAcceptance,
  DAY,
  isKeyToRenew,
  isKnownKey,
  isKnownRoster,
  recordAcceptance,
  seenVersion,
  vaultOwner,
} from '../acceptance.ts';
import type { Acceptance } from '../acceptance-state.ts';
import { sayNotNoted } from '../acceptance-words.ts';
import { type Identity } from '../identity.ts';
import { wrapForKms } from '../kms/wrap-for-kms.ts';
import { recipientsOf } from '../own-vault.ts';
import type { UnlockedDocument } from '../unlocked-document.ts';
import type { Roster } from '../members/roster.ts';
import { signVault } from '../members/vault-signature.ts';
import { membersOf, vaultNow } from '../read-vault.ts';
import { buildMerge } from './build-merge.ts';
import type { Choices, Conflict } from './merge-secrets.ts';
import { type OpenedVersions, sideWords } from './open-versions.ts';
import { type MergePlan, planMerge } from './plan-merge.ts';
import { assertVouched, type Team } from './team.ts';
import type { SideName } from './three-way.ts';

/** A merged vault, or the conflicts that keep it from being merged. */
export type VersionMerge =
  | { readonly conflicts: readonly Conflict[]; readonly bytes?: undefined }
  | {
      readonly conflicts: readonly [];
      readonly bytes: Buffer;
      /** Text of the signature's file, and the roster; undefined for a vault without a roster. */
      readonly signed?: { readonly signature: string; readonly roster: Roster };
    };

export interface MergeOptions {
  /** The vault's real path: what was accepted of it counts. */
  readonly path: string;
  readonly choices: Choices;
  /** `--accept-members`; `never` where nobody can be asked. */
  readonly accept: boolean | 'never';
  /** Undefined for a vault without a roster. */
  readonly team?: Team | undefined;
}

/**
 * Merges the versions of a vault. Nobody's values or members get into the result who was not accepted: both sides have
 * to have a data key that this person has accepted, and all members of the result have to be accepted ones.
 *
 * @throws HumanError 69 as {@link buildMerge}, 77 if something is not accepted.
 */
export async function mergeVersions(
  versions: OpenedVersions,
  { path, choices, accept, team }: MergeOptions,
  world: World,
): Promise<VersionMerge> {
  if (versions.isBaseLost) reportLostBase(path, accept, world);
  if (team !== undefined) await assertVouched(team, path, accept, world);
  const now = timestamp(world.now());
  const members = team && { root: team.roster.root, members: membersOf(team.roster) };
  const plan = planMerge(versions, choices, now, members);
  const { known, isNew } = await assertAccepted(plan, versions, { path, accept, team }, world);
  if (plan.conflicts.length > 0) {
    if (isNew && known !== undefined) await recordAcceptance(path, known, world);
    return { conflicts: plan.conflicts };
  }
  const { ours, theirs, identities } = versions;
  const newest = laterOf(now, [ours, theirs], team !== undefined);
  const renews = isKeyToRenew(
    nowOf(versions[plan.key], { path, identities, roster: team?.roster }),
    recipientsOf(identities),
    known,
  );
  const vault = await buildMerge(
    { ...plan, isKeyToRenew: plan.isKeyToRenew || renews },
    versions,
    identities.find(({ recipient }) => plan.recipients.includes(recipient)),
    wrapForKms(versions[plan.key].document, world),
  );
  const bytes = vault.serialize(newest);
  await noteResult(vault, path, { known, isNew, roster: team?.roster }, world);
  sayExposed(plan, world);
  if (team === undefined) return { conflicts: [], bytes };
  const { roster, signer } = team;
  return { conflicts: [], bytes, signed: { signature: await signVault(bytes, signer), roster } };
}

/**
 * Reports that the version that both sides come from cannot be read: what one side has deleted looks as if the other one
 * had added it.
 *
 * @throws HumanError 65 where nobody sees a report.
 */
function reportLostBase(path: string, accept: MergeOptions['accept'], world: World): void {
  const lost = phrase`The version of ${printable(path)} that both sides come from cannot be read: what one side has deleted, or a
    member whom it has removed, can come back.`;
  if (accept !== 'never') world.notice(lost, phrase`Look at the result before you commit it.`);
  else throw new HumanError(ExitCode.data, lost, { do: 'resolve', lead: phrase`To merge it all the same` });
}

/**
 * Finds the time of the result. A vault's time does not go back because the clocks of its members differ.
 *
 * @param isSigned - true for a vault with a roster: its times grow with each write.
 */
function laterOf(now: string, sides: readonly UnlockedDocument[], isSigned: boolean): string {
  const dates = sides
    .map(({ document }) => Date.parse(document.lastModified) + (isSigned ? 1_000 : 0))
    .filter((date) => !Number.isNaN(date));
  const ahead = dates.filter((date) => isSigned || date - Date.parse(now) < DAY);
  return timestamp(new Date(Math.max(Date.parse(now), ...ahead)));
}

/** Describes a side, or the result, for its acceptance. */
export const nowOf = (
  vault: UnlockedDocument,
  {
    path,
    identities,
    roster,
  }: {
    readonly path: string;
    readonly identities: readonly Identity[];
    readonly roster?: Roster | undefined;
  },
): ReturnType<typeof vaultNow> =>
  vaultNow(vault, { document: vault.document, roster, real: { scope: 'workspace', path } }, identities);

/**
 * Makes sure that the person has accepted what gets into the result.
 *
 * @returns what they have accepted: the members of both sides, and the data keys of both.
 */
async function assertAccepted(
  plan: MergePlan,
  { ours, theirs, identities }: OpenedVersions,
  { path, accept, team }: Pick<MergeOptions, 'path' | 'accept' | 'team'>,
  world: World,
): Promise<Accepted> {
  const own = recipientsOf(identities);
  const sides: readonly [SideName, UnlockedDocument][] = [
    ['ours', ours],
    ['theirs', theirs],
  ];
  let known = await acceptanceOf(path, world);
  let isNew = false;
  let isRosterAccepted = team?.isAccepted ?? true;
  for (const [side, vault] of sides) {
    const members =
      team === undefined
        ? plan.recipients.filter((recipient) => vault.document.recipients.includes(recipient))
        : plan.recipients;
    if (isRosterAccepted && team?.vouched.has(side) === true) continue;
    if (isRosterAccepted && (await isAcceptable(vault, members, { path, known }, world))) continue;
    if (accept === 'never') {
      throw new HumanError(
        ExitCode.notPermitted,
        phrase`${printable(path)} is not merged: ${sideWords(side)} has members or a data key that you have not
          accepted yet.`,
        { do: 'resolve', lead: phrase`To look at them, and merge` },
      );
    }
    const now = nowOf(vault, { path, identities, roster: team?.roster });
    // Nothing is said of what the person has accepted.
    const isAsked = (await acceptanceState(now, await acceptanceOf(path, world), world)) !== 'accepted';
    if (isRosterAccepted && isAsked) world.notice(phrase`About ${sideWords(side)} of the merge:`);
    const accepted = await askForAcceptance(now, own, accept, world);
    isRosterAccepted = true;
    if (accepted === undefined) continue;
    isNew = true;
    const recipients = [...new Set([...accepted.recipients, ...(known?.recipients ?? [])])];
    const keys =
      side === 'theirs' && known !== undefined ? { key: known.key, nextKey: accepted.key ?? '' } : {};
    known = { ...accepted, recipients, ...keys };
  }
  return { known, isNew };
}

interface Accepted {
  readonly known: Acceptance | undefined;
  /** True if the person was asked just now. */
  readonly isNew: boolean;
}

async function isAcceptable(
  { document, keyId }: UnlockedDocument,
  members: readonly string[],
  { path, known }: { readonly path: string; readonly known: Acceptance | undefined },
  world: World,
): Promise<boolean> {
  if (known?.owner !== (await vaultOwner(path, world))) return false;
  const accepted = new Set(known.recipients);
  return (
    (known.key === null || isKnownKey(keyId, known)) &&
    [...members, ...document.otherHolders].every((reader) => accepted.has(reader))
  );
}

/** Notes a new data key or roster of ours; git may not take the result, so the old one is still accepted. */
async function noteResult(
  { keyId, document }: UnlockedDocument,
  path: string,
  { known, isNew, roster }: Accepted & { readonly roster: Roster | undefined },
  world: World,
): Promise<void> {
  if (known === undefined) return;
  const isNewKey = !isKnownKey(keyId, known);
  // The other side's, with all that ours has changed too: it does not continue the accepted one.
  const isNewRoster = roster !== undefined && !isKnownRoster(roster, known);
  if (!isNew && !isNewKey && !isNewRoster) return;
  const recipients = [...document.recipients, ...document.otherHolders];
  const next = {
    ...known,
    ...(isNew && { recipients, envelope: document.envelope }),
    ...((isNew || isNewKey) && { nextKey: keyId }),
    ...(isNewRoster && { nextRoster: seenVersion(roster) }),
  };
  await recordAcceptance(path, next, world).catch((error: unknown) => {
    sayNotNoted(path, error, world);
  });
}

function sayExposed({ exposed, removed }: MergePlan, world: World): void {
  if (exposed.length === 0) return;
  world.notice(
    phrase`${removed.map(({ label }) => printable(label).slice(0, 80)).join(', ')} can read these values, which
      were set in a branch where they still were members. Change them at their source: ${exposed.join(', ')}.`,
  );
}
