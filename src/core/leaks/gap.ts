import type { Look } from './look.ts';

/** A part of what a run wrote, or a secret of it, that nobody looked at or for. */
export type GapCode =
  /** A file or directory that cannot be read. */
  | 'unreadable'
  /** A file of which a part in the middle was not read. */
  | 'in-part'
  /** No log of Nextflow in a directory: it would name tasks, cache and reports. */
  | 'no-log'
  /** A log that cannot be read to its end, so that not all tasks are known. */
  | 'log-in-part'
  /** A submitted task, as `57/0344ab`, whose directory was not found. */
  | 'task'
  /** A work directory that is not on this machine, as `s3://bucket/work`. */
  | 'remote-work'
  /** The run has jobs in a queue, which write later. */
  | 'pending-jobs'
  /** The time of the look was over, or a signal ended it. */
  | 'time'
  | 'signal'
  /** An unexpected error ended it. */
  | 'error'
  /** The value of a secret, or of all, that could not be read. */
  | 'no-value'
  /** A secret whose value this person may not read. */
  | 'withheld'
  | 'too-short'
  | 'too-long';

/** Something that was not looked at, or not looked for. */
export interface Gap {
  readonly code: GapCode;
  /** Path, task or name; values in it are masked. Null for the whole look. */
  readonly subject: string | null;
}

/** The parts of files that a look left out. */
export const gapsOf = ({ unread, inPart, stopped }: Look): Gap[] => [
  ...(stopped === undefined ? [] : [{ code: stopped, subject: null }]),
  ...unread.map((subject) => ({ code: 'unreadable', subject }) as const),
  ...inPart.map((subject) => ({ code: 'in-part', subject }) as const),
];

/** The secrets whose values are not looked for. */
export const valueGaps = (values: Readonly<Record<'tooShort' | 'tooLong', readonly string[]>>): Gap[] => [
  ...values.tooShort.map((subject) => ({ code: 'too-short', subject }) as const),
  ...values.tooLong.map((subject) => ({ code: 'too-long', subject }) as const),
];
