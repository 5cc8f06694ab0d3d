import type { Phrase } from '../../system/phrase.ts';
import type { World } from '../../system/world.ts';
import type { VaultLocation } from '../vault-location.ts';
import type { RosterMember } from './roster.ts';

/** Change of a vault that no member with the role maintain has signed. */
export interface UnsignedChange {
  /** Reason that the vault is refused: a sentence. */
  readonly refused: Phrase;
  /** Member whose signature the last signed version has, if that is known. */
  readonly signedBy: RosterMember | undefined;
  /**
   * Names that differ from the last signed version, by what happened to them; undefined if that version is not at hand in git.
   * Then `names` has all of them.
   */
  readonly names: {
    readonly added: readonly string[];
    readonly changed: readonly string[];
    readonly removed: readonly string[];
  };
  /** False if the last signed version is not at hand: all names count as changed. */
  readonly isCompared: boolean;
}

/**
 * Signs a vault that sops or another program has changed, or that was put back: it is written anew, by its MAC and roster.
 * Recipients that are no members are not taken over.
 *
 * @param confirm - asks the person; false leaves all as it is.
 * @returns false if there was nothing to take over, or the person said no.
 * @throws HumanError 65 if the vault is damaged, 77 if the person's role does not allow it, or the roster does not hold.
 */
export function takeOver(
  _location: VaultLocation,
  _world: World,
  _author: string,
  _confirm: (change: UnsignedChange) => Promise<boolean>,
): Promise<boolean> {
  return Promise.reject(new Error('not yet'));
}
