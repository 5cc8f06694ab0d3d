import type { Phrase } from './phrase.ts';
import type { Remedies, Remedy } from './remedy.ts';
import type { World } from './world.ts';

/** A fact that a person should know, and remedies. */
export interface Notice {
  readonly fact: Phrase;
  readonly remedy?: Remedies;
}

/** A reason for a person: a part of a sentence, and remedies. */
export interface Reason {
  readonly reason: Phrase;
  readonly remedies?: readonly Remedy[];
}

/** Tells a person each of the notices. */
export function giveNotices(notices: readonly Notice[], world: Pick<World, 'notice'>): void {
  for (const { fact, remedy } of notices) world.notice(fact, remedy);
}
