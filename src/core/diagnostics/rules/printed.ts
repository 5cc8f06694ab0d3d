import type { ReaderRule } from './rule.ts';

/** Where a value is shown. */
const PRINTED = {
  output: "is shown: it gets into Nextflow's output, and from log and tag into .nextflow.log.",
  file: 'is written into a file in clear text.',
  mail: 'is sent by mail in clear text.',
  command: 'becomes an argument of a command: everybody on this machine can see those.',
};

/** A value that is shown, or written where others read it. */
export const printed: ReaderRule = {
  code: 'printed',
  severity: 'warning',
  strict: 'code',
  message: ({ into }, { value }) => `${value} ${PRINTED[into ?? 'output']}`,
};
