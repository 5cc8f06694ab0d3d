import { secretNameProblem } from '../../secrets/secret-name.ts';
import { phrase } from '../../system/phrase.ts';
import type { ReaderRule } from './rule.ts';

/** A name that no secret can have. */
export const invalidName: ReaderRule = {
  code: 'invalid-name',
  severity: 'error',
  strict: 'code',
  message: ({ name }, { shown }) =>
    phrase`No secret can be called ${shown}: ${secretNameProblem(name ?? '') ?? phrase`the name is not allowed`}. It can never be set.`,
};
