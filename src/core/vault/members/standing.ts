import { ExitCode, HumanError } from '../../system/human-error.ts';
import { phrase } from '../../system/phrase.ts';
import { printable } from '../../system/printable.ts';
import { timestamp, type World } from '../../system/world.ts';
import { loadIdentities } from '../identity.ts';
import { listMembers } from '../vault.ts';
import type { VaultLocation } from '../vault-location.ts';
import { assertAgeAlone } from './age-alone.ts';
import { chosenSigner } from './make-request.ts';
import { assertLabel, founding } from './membership.ts';
import { loadOwnKey } from './own-key.ts';
import { ownLabel } from './own-label.ts';
import { removalOf } from './past-members.ts';
import { namesOf } from './permission.ts';
import { memberOf } from './refusal.ts';
import { readVaultFiles } from './vault-files.ts';
import { type Roster, type RosterMember, rosterRecipients } from './roster.ts';

/** The members of a workspace, and the person among them. */
export interface Standing {
  /** Undefined before the first change of members, which makes it. */
  readonly roster: Roster | undefined;
  /** Without a roster: the members that the first one will have. The person's signing key may not be made yet. */
  readonly members: readonly RosterMember[];
  readonly me: RosterMember;
}

/** Wishes of the person who makes the first roster. */
export interface FounderOptions {
  /** Label of their own. Default: made of the names of the person and the machine. */
  readonly ownLabel?: string | undefined;
  /** File with the public half of the SSH key that they will sign with. Default: a key of our own. */
  readonly ownSigningKey?: string | undefined;
}

/**
 * Finds the person among the members; where there is no roster, as the owner of the first one.
 *
 * @throws HumanError 64 for a label that is none, 69 for a vault that no roster can be made for, 77 if they are no member.
 */
export async function ownStanding(
  location: VaultLocation,
  options: FounderOptions,
  world: World,
): Promise<Standing> {
  const files = await readVaultFiles(location, world);
  const roster = files?.roster;
  // First: no keys are made, and nothing is asked, for what cannot be.
  if (files !== undefined && roster === undefined) assertAgeAlone(files.document);
  if (roster === undefined) return foundingStanding(location, options, world);
  const own = await ownRecipients(rosterRecipients(roster), world);
  const me = memberOf(roster, own);
  if (me === undefined) throw noMember(location, roster, own);
  return { roster, members: roster.members, me };
}

async function foundingStanding(
  location: VaultLocation,
  options: FounderOptions,
  world: World,
): Promise<Standing> {
  const label = options.ownLabel ?? ownLabel(world);
  assertLabel(label);
  const { members: readers } = await listMembers(location, world);
  const known = readers.map(({ recipient }) => recipient);
  const own = await ownRecipients(known, world);
  const recipients = known.filter((recipient) => own.includes(recipient));
  const signingKey = await plannedKey(options.ownSigningKey, world);
  const founder = { label, recipients, signingKey };
  const [me, ...others] = founding(readers, founder, timestamp(world.now()));
  return { roster: undefined, members: [me, ...others], me };
}

/** Public key of the founder, before there is one: a change that is only planned makes no key. */
const TO_BE_MADE = 'ssh-ed25519 (not made yet)';

const plannedKey = async (file: string | undefined, world: World): Promise<string> =>
  (
    (file === undefined ? await loadOwnKey(world) : await chosenSigner(file, world)) ?? {
      publicKey: TO_BE_MADE,
    }
  ).publicKey;

/** @param known - recipients of the vault: an SSH key of the person's counts if it is one of them. */
const ownRecipients = async (known: readonly string[], world: World): Promise<string[]> =>
  (await loadIdentities(world, known)).map(({ recipient }) => recipient);

function noMember({ path }: VaultLocation, roster: Roster, own: readonly string[]): HumanError {
  const removal = removalOf(roster, own);
  const shown = printable(path);
  return new HumanError(
    ExitCode.notPermitted,
    removal === undefined
      ? phrase`None of your keys is that of a member of ${shown}.`
      : phrase`None of your keys is that of a member of ${shown} any more: ${removal}.`,
    { do: 'request-membership', lead: phrase`Send a request to ${namesOf(roster.members, 'admin')}` },
  );
}
