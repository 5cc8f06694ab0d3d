import { HumanError } from '../system/human-error.ts';
import type { World } from '../system/world.ts';
import { acceptanceOf } from './acceptance.ts';
import { continues } from './members/roster.ts';
import { readVault } from './read-vault.ts';
import { realVault, type VaultLocation } from './vault-location.ts';

/**
 * Tells whether a vault's data key is wrapped in another way than when it was accepted: somebody has given it another
 * one, or has made the file anew. Decrypts nothing, so it can still be the same key.
 */
export async function isWrappedAnew(location: VaultLocation, world: World): Promise<boolean> {
  const known = await acceptanceOf((await realVault(location)).path, world);
  const files = known?.envelope === undefined ? undefined : await readVault(location, world);
  if (files === undefined) return false;
  const { document, roster } = files;
  // A member has signed it.
  if (roster !== undefined && known?.roster !== undefined && continues(roster, known.roster)) return false;
  try {
    return document.envelope !== known?.envelope;
  } catch (error) {
    // A vault that cannot be read is not as it was.
    if (error instanceof HumanError) return true;
    throw error;
  }
}
