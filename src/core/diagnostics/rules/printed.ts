import { type Phrase, phrase } from '../../system/phrase.ts';
import type { ReaderRule } from './rule.ts';

type Sentence = (value: Phrase) => Phrase;

/** Sentences by the way in which a value is shown. */
const PRINTED = {
  output: (value) =>
    phrase`${value} is shown: it gets into Nextflow's output, and from log and tag into .nextflow.log.`,
  file: (value) => phrase`${value} gets into a file, as plain text.`,
  mail: (value) => phrase`${value} gets into a mail, as plain text.`,
  command: (value) =>
    phrase`${value} becomes an argument of a command: everybody on this machine can see those.`,
} as const satisfies Record<string, Sentence>;

/** A value that is shown, or written so that others can read it. */
export const printed: ReaderRule = {
  code: 'printed',
  severity: 'warning',
  strict: 'code',
  message: ({ into }, { value }) => PRINTED[into ?? 'output'](value),
};
