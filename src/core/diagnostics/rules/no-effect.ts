import { phrase } from '../../system/phrase.ts';
import type { ReaderRule } from './rule.ts';

/** A directive of a process that Nextflow runs itself. */
export const noEffect: ReaderRule = {
  code: 'no-effect',
  severity: 'info',
  message: (_, { shown }) =>
    phrase`The directive secret '${shown}' does nothing here: Nextflow itself runs the code after exec:, without an
      environment for it and without a check. Read secrets.${shown} in the code.`,
};
