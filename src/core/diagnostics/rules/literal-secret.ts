import { type Phrase, phrase } from '../../system/phrase.ts';
import type { Remedy } from '../../system/remedy.ts';
import type { ReaderRule } from './rule.ts';

export const LITERAL_REMEDY: Remedy = {
  do: 'set-secret',
  lead: phrase`Replace it by a new one, and keep that as a secret`,
};

/** A key or password in the code itself. */
export const literalSecret: ReaderRule = {
  code: 'literal-secret',
  severity: 'error',
  strict: 'code',
  remedy: LITERAL_REMEDY,
  message: () => literalSecretMessage(phrase`a key or password`),
};

/** @param kind - `a key of AWS`. The key itself is not repeated. */
export const literalSecretMessage = (kind: Phrase): Phrase =>
  phrase`This looks like ${kind}: whoever can read the file or its history has it.`;
