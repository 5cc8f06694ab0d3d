import { phrase } from '../../system/phrase.ts';
import type { ReaderRule } from './rule.ts';

/** A value that becomes a parameter. */
export const inParams: ReaderRule = {
  code: 'in-params',
  severity: 'warning',
  strict: 'code',
  message: (_, { shown, value }) =>
    phrase`${value} becomes a parameter: pipelines print those, put them into reports and send them to monitoring
      services. Read secrets.${shown} where it is needed.`,
};
