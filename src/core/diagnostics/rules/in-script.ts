import { phrase } from '../../system/phrase.ts';
import type { ReaderRule } from './rule.ts';

/** A value in the script of a task. */
export const inScript: ReaderRule = {
  code: 'in-script',
  severity: 'warning',
  strict: 'code',
  message: (_, { shown, value }) =>
    phrase`${value} gets as plain text into .command.sh or .command.run of tasks. It is a part of the script, so
      tasks run again when it changes. Use the directive secret '${shown}' and $${shown} in the shell.`,
};
