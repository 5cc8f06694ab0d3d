import { type Phrase, type PhraseArgument, phrase } from '../../system/phrase.ts';
import type { Rule } from './rule.ts';

/** A name that a run in a chosen workspace on Seqera Platform would not get. Only who has asked the Platform can tell. */
export const notInPlatformRule = { code: 'not-in-platform', severity: 'warning' } as const satisfies Rule;

/** @param workspace - `ORG/WORKSPACE`. Both are printable. */
export const notInPlatform = (name: PhraseArgument, workspace: PhraseArgument): Phrase =>
  phrase`${name} is not in ${workspace} on Seqera Platform, and not among your own secrets there.`;
