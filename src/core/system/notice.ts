import type { Phrase } from './phrase.ts';
import type { Remedy } from './remedy.ts';
import type { World } from './world.ts';

/** A fact that a person should know, and a remedy. */
export interface Notice {
  readonly fact: Phrase;
  readonly remedy?: Remedy;
}

/** Tells a person each of the notices. */
export function giveNotices(notices: readonly Notice[], world: Pick<World, 'notice'>): void {
  for (const { fact, remedy } of notices) world.notice(fact, remedy);
}
