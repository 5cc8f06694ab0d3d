import type { Phrase } from '../../../system/phrase.ts';
import type { Refusal } from '../../../aws/aws-error.ts';
import type { AllowStatement } from '../../../aws/policy/missing-statement.ts';

/** The answer to the question whether something is allowed. */
export interface Verdict {
  readonly result: 'allowed' | 'denied' | 'unknown';
  /** A clause: a part of a sentence for a person. */
  readonly reason: Phrase;
  /** True if no statement that is added to the role's policies helps. */
  readonly final?: true;
}

/** The verdict on an action that was tried. */
export interface Tried extends Verdict {
  /** The statement that is missing, by the answer of AWS; null if something denies it explicitly. */
  readonly statement?: AllowStatement | null;
  readonly refusal?: Refusal;
}
