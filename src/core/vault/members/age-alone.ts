import { ExitCode, HumanError } from '../../system/human-error.ts';
import { type Phrase, phrase } from '../../system/phrase.ts';
import { printable } from '../../system/printable.ts';
import type { SopsDocument } from '../sops-document.ts';

/**
 * Refuses a vault that others than holders of age keys can read: a roster has no such member.
 *
 * @throws HumanError 69
 */
export function assertAgeAlone({ shown, otherHolders }: SopsDocument): void {
  if (otherHolders.length === 0) return;
  throw new HumanError(
    ExitCode.unavailable,
    phrase`${shown} is also encrypted to ${otherHolders.map(printable).join(', ')}. Members have keys of age or ssh-ed25519
      alone, so this cannot be a vault with a roster.`,
    takeOut(),
  );
}

/** Remedy for keys in a vault that are not of age. */
export const takeOut = (): Phrase =>
  phrase`Take these keys out of it: sops rotate --in-place, with --rm-kms, --rm-pgp or the like and the key.`;
