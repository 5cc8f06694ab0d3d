import { phrase } from '../../system/phrase.ts';
import type { ReaderRule } from './rule.ts';

/** `process.secret = 'X'` in a config. */
export const configString: ReaderRule = {
  code: 'config-string',
  severity: 'error',
  strict: 'code',
  message: ({ name }, { shown }) =>
    phrase`In a config, secret has to be a list: with this text every task fails with a cast error. Write ${name === '' ? '[]' : `['${shown}']`}`,
};
