import { phrase } from '../../system/phrase.ts';
import type { ReaderRule } from './rule.ts';

/** A text in a directive that each task computes: `secret { 'X' }`, and any condition in a typed process. */
export const directiveString: ReaderRule = {
  code: 'directive-string',
  severity: 'error',
  strict: 'code',
  message: ({ name }, { shown }) =>
    phrase`Nextflow computes this directive for each task, and then wants a list: with a text every task fails with a
      cast error. ${
        name === ''
          ? phrase`Write a list`
          : phrase`Write secret { secrets.${shown} ? ['${shown}'] : [] }, or another condition`
      }`,
};
