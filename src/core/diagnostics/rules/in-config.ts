import { exposure } from '../../references/config-sinks.ts';
import { printable } from '../../system/printable.ts';
import { phrase } from '../../system/phrase.ts';
import type { ReaderRule } from './rule.ts';

/** A value in a setting or directive that Nextflow writes to a file or passes on. */
export const inConfig: ReaderRule = {
  code: 'in-config',
  severity: 'warning',
  strict: 'code',
  message: ({ setting = '' }, { value }) => {
    const { ends, remedy } = exposure(setting);
    return phrase`${value} becomes a part of ${printable(setting)}: ${ends}. ${remedy}`;
  },
};
