import { type Phrase, type PhraseArgument, phrase } from '../../system/phrase.ts';
import type { Rule } from './rule.ts';

/** A file that is not read, or an include of a file that is not read. */
export const notReadRule = { code: 'not-read', severity: 'warning' } as const satisfies Rule;

export const fileNotRead = (problem: PhraseArgument): Phrase =>
  phrase`This file is not read: ${problem}. Secrets that only it uses are not known.`;

export const includeNotRead = (reason: PhraseArgument): Phrase =>
  phrase`What this includes is not read: ${reason}. Secrets that only it uses are not known.`;
