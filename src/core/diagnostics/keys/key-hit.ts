import type { Phrase } from '../../system/phrase.ts';

/** A key in a text. */
export interface KeyHit {
  readonly start: number;
  readonly end: number;
  /** `a key of AWS`. */
  readonly kind: Phrase;
}
