import type { SecretValue } from '../../secrets/secret-value.ts';
import { ExitCode, HumanError } from '../../system/human-error.ts';
import { type Phrase, phrase } from '../../system/phrase.ts';
import type { World } from '../../system/world.ts';
import type { Identity } from '../identity.ts';
import type { VaultFiles } from '../members/vault-files.ts';
import { checkSignature } from '../members/vault-signature.ts';
import type { SopsDocument } from '../sops-document.ts';
import { UnlockedDocument } from '../unlocked-document.ts';
import { signatureOf, type VaultHistory } from './git-versions.ts';

// Anybody who can push can commit a vault that members never had. So an earlier value counts only if the vault's data key,
// or the signature of a member, vouches for it; else the person decides.

/** A vault of a workspace as it is now, and its history. */
export interface Read {
  readonly files: VaultFiles;
  readonly history: VaultHistory;
  readonly identities: readonly Identity[];
  /** The vault as it is now; undefined if it does not open for this person. */
  readonly open: UnlockedDocument | undefined;
}

/** A version of the vault; without a commit it is the file. */
export interface Candidate {
  readonly document: SopsDocument;
  readonly bytes: Buffer;
  readonly commit?: string | undefined;
}

/** The versions of the vault that have a value, from the newest on. */
interface Candidates {
  readonly candidates: readonly [Candidate, ...Candidate[]];
  readonly value: SecretValue | undefined;
}

/** Most versions of the vault with the same value that are looked at for one that is vouched for. */
const MOST_CANDIDATES = 10;

/** Finds a version of the vault with a value that a member with the right to set it has written. */
export async function vouchedFor(
  { value, candidates }: Candidates,
  read: Read,
  world: World,
): Promise<{ readonly candidate: Candidate; readonly doubt?: Phrase }> {
  const [candidate] = candidates;
  if (value === undefined)
    return { candidate, doubt: phrase`it does not open with your keys, or is damaged` };
  let doubt: Phrase | undefined;
  for (const one of candidates.slice(0, MOST_CANDIDATES)) {
    const found = await doubtOf(one, read, world);
    if (found === undefined) return { candidate: one };
    doubt ??= found;
  }
  return { candidate, ...(doubt && { doubt }) };
}

/** The reason that a version of the vault may not be what a member wrote. */
async function doubtOf(
  { document, bytes, commit }: Candidate,
  { files, open, identities }: Read,
  world: World,
): Promise<Phrase | undefined> {
  const { roster } = files;
  if (roster !== undefined) {
    const signature =
      commit === undefined ? undefined : await signatureOf(commit, files.location.path, world);
    const checked = checkSignature(bytes, signature === undefined ? [] : [signature], roster);
    return 'signedBy' in checked ? undefined : checked.reason;
  }
  try {
    if (open?.openWithSameKey(document) !== undefined) return undefined;
    const old = await UnlockedDocument.unlock(document, identities);
    if (old?.isMadeBy(identities) === true) return undefined;
  } catch (error) {
    if (error instanceof HumanError) return phrase`it is damaged`;
    throw error;
  }
  return phrase`it has another data key than now, from before a rotation or from somebody else`;
}

/** @throws HumanError 77 if the version is of no use, or the person does not take it all the same. */
export async function confirmDoubt(
  name: string,
  {
    candidate: { commit = '' },
    value,
  }: { readonly candidate: Candidate; readonly value: SecretValue | undefined },
  doubt: Phrase,
  world: World,
): Promise<void> {
  const sentence = phrase`Nobody vouches for the version of ${name} in commit ${commit.slice(0, 12)}: ${doubt}.`;
  if (value !== undefined && (await world.ask(phrase`${sentence} Take it all the same?`)) === true) return;
  throw new HumanError(ExitCode.notPermitted, phrase`${sentence} Nothing was changed.`, {
    do: 'show-history',
    name,
  });
}
