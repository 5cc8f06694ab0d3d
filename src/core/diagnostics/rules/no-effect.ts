import type { ReaderRule } from './rule.ts';

/** A directive of a process that Nextflow runs itself. */
export const noEffect: ReaderRule = {
  code: 'no-effect',
  severity: 'info',
  message: (_, { shown }) =>
    `The directive secret '${shown}' does nothing here: what stands behind exec: runs in Nextflow itself, which gets ` +
    `no environment for it and does not check it. Read secrets.${shown} in the code.`,
};
