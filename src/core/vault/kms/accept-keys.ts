import { ExitCode, HumanError } from '../../system/human-error.ts';
import { detail, type Phrase, phrase } from '../../system/phrase.ts';
import { printable } from '../../system/printable.ts';
import type { World } from '../../system/world.ts';
import { acceptanceOf, vaultOwner } from '../acceptance.ts';
import { holderOf, type KmsEntry } from './kms-entry.ts';

// AWS is asked with the person's own credentials, and the account of the key sees who asks. So a key, a role and a profile
// that a file names are used only once the person has accepted them for this vault: as a reader of it, or here, before
// it is opened for the first time.

/** Keys that a person has said yes to in this process, which are noted only with the vault that they open. */
const yeses = new WeakMap<World, Set<string>>();

const yesOf = (path: string, entry: KmsEntry): string => `${path}\n${holderOf(entry)}`;

/** Makes the function that tells whether the person has accepted a key of a vault. */
export async function acceptedKeys(path: string, world: World): Promise<(entry: KmsEntry) => boolean> {
  const known = await acceptanceOf(path, world);
  const isNoted = known?.owner === (await vaultOwner(path, world));
  const noted = new Set(isNoted ? known.recipients : []);
  return (entry) => noted.has(holderOf(entry)) || yeses.get(world)?.has(yesOf(path, entry)) === true;
}

/**
 * Asks whether AWS may be asked with these keys, or takes it as given.
 *
 * @param accept - `--accept-members`; undefined where nothing may be asked.
 * @throws HumanError 77 if it may not.
 */
export async function askForKeys(
  path: string,
  entries: readonly KmsEntry[],
  accept: boolean | undefined,
  world: World,
): Promise<void> {
  if (accept === undefined) throw notAccepted(path, entries, undefined);
  world.notice(
    phrase`${printable(path)} does not open with an age key of yours. AWS KMS can be asked to open it, with your AWS credentials:
      who owns the account of the key sees that you did.`,
  );
  for (const entry of entries) for (const line of describeKey(entry)) world.notice(detail(line));
  if (!accept) {
    const answer = await world.ask(phrase`Ask AWS?`);
    if (answer !== true) throw notAccepted(path, entries, answer);
  }
  const given = yeses.get(world) ?? new Set();
  yeses.set(world, given);
  for (const entry of entries) given.add(yesOf(path, entry));
}

/** Describes a key: its account, and what of the person's own it is reached by. */
function describeKey({ key }: KmsEntry): Phrase[] {
  const { arn, account, region, role, profile } = key;
  return [
    phrase`AWS account ${account}, ${region}: ${arn}`,
    ...(role === undefined ? [] : [detail(phrase`with the role ${role}, which is assumed first`)]),
    ...(profile === undefined ? [] : [detail(phrase`with your AWS profile ${profile}`)]),
  ];
}

function notAccepted(path: string, entries: readonly KmsEntry[], answer: boolean | undefined): HumanError {
  const shown = printable(path);
  if (answer === false)
    return new HumanError(
      ExitCode.notPermitted,
      phrase`The keys of ${shown} were not accepted; nothing was done.`,
    );
  const accounts = [...new Set(entries.map(({ key }) => key.account))].join(', ');
  return new HumanError(
    ExitCode.notPermitted,
    phrase`${shown} does not open with an age key of yours. AWS was not asked: the KMS keys that the file names (account
      ${accounts}) have to be accepted first.`,
    { do: 'accept-members', changed: 'kms-keys' },
  );
}
