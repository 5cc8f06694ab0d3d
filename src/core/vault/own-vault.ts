import type { Identity } from './identity.ts';
import { printable } from '../system/printable.ts';
import type { World } from '../system/world.ts';
import { acceptanceOf, noteUse, acceptanceState } from './acceptance.ts';
import { checkAge } from './acceptance-age.ts';
import type { AcceptanceState, VaultNow } from './acceptance-state.ts';
import { sayIfUnbound } from './acceptance-words.ts';
import type { VaultLocation } from './vault-location.ts';
import { phrase } from '../system/phrase.ts';

export const recipientsOf = (identities: readonly Identity[]): string[] =>
  identities.map(({ recipient }) => recipient);

/** Tells whether this is the person's own vault, and only their own identities open it. */
export function isOwnAlone(
  { scope }: VaultLocation,
  vault: Pick<VaultNow, 'canRenewKey' | 'members'>,
  identities: readonly Identity[],
): boolean {
  const own = recipientsOf(identities);
  return (
    scope === 'user' && vault.canRenewKey && vault.members.every(({ recipient }) => own.includes(recipient))
  );
}

/** Tells a person what they should know of a vault that was opened, and records its use if it is accepted. */
export async function noticeUse(
  now: VaultNow,
  location: VaultLocation,
  identities: readonly Identity[],
  world: World,
): Promise<AcceptanceState> {
  const own = recipientsOf(identities);
  const known = await acceptanceOf(now.path, world);
  await checkAge(now, known, world);
  const state = await acceptanceState(now, known, world);
  const isOwn = isOwnAlone(location, now, identities);
  if (state !== 'accepted' && !isOwn) return state;
  if (state === 'data-key' && !now.isOwnKey) {
    // Anybody who can put a file into the home can do more than that; but a person may want to know.
    world.notice(
      phrase`${printable(now.path)} has another data key than when you used it last: it comes from a backup or
        another machine of yours, sops has rotated it, or somebody has made it anew.`,
    );
  }
  sayIfUnbound(now, known, world);
  await noteUse(now, own, known, world);
  return 'accepted';
}
