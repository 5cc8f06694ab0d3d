import { printable } from './printable.ts';
import type { Remedy } from './remedy.ts';
import type { Reason } from './notice.ts';
import { clause, type Phrase, phrase, type PhraseArgument, verbatim } from './phrase.ts';

/**
 * Exit codes of the command that are not the child's own, from BSD's sysexits.h where one fits.
 */
export const ExitCode = {
  /** Wrong use of the command. */
  usage: 64,
  /** A vault, a configuration or an input is damaged or refused. */
  data: 65,
  /** A required or named secret is missing. */
  missing: 66,
  /** The target or Nextflow is unavailable, or the target is refused. */
  unavailable: 69,
  /** Something cannot be created. */
  cannotCreate: 73,
  /** Reading or writing failed. */
  io: 74,
  /** The run was fine, but something could not be cleaned up. */
  notCleaned: 75,
  /** Permission is missing: no recipient, members not accepted, no grant. */
  notPermitted: 77,
} as const;

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/**
 * An error that a person may read as it is: it names the thing and, in `remedies`, what to do next. Its message is the
 * sentence in English. It never holds a secret's value. Any other error is a bug.
 */
export class HumanError extends Error {
  readonly exitCode: ExitCode;
  /** The message as data, for a shell that speaks another language. */
  readonly phrase: Phrase;
  readonly remedies: readonly Remedy[];

  /** @param remedies - the nearest first. */
  constructor(
    exitCode: ExitCode,
    message: Phrase | string,
    remedies: Remedy | readonly Remedy[] | string = [],
    cause?: unknown,
  ) {
    const sentence = typeof message === 'string' ? verbatim(message) : message;
    super(String(sentence), { cause });
    this.name = 'HumanError';
    this.exitCode = exitCode;
    this.phrase = sentence;
    this.remedies = typeof remedies === 'string' ? [verbatim(remedies)] : [remedies].flat();
  }
}

/** Returns the message of an error: a sentence as data where it has one. */
export function phraseOf(error: unknown): Phrase {
  if (error instanceof HumanError) return error.phrase;
  return error instanceof Error ? verbatim(printable(error.message)) : phrase`unknown error`;
}

/** Returns the reason that an error tells, as a part of a sentence. */
export function reasonOf(error: unknown): Reason {
  const remedies = error instanceof HumanError ? error.remedies : [];
  return { reason: clause(phraseOf(error)), ...(remedies.length > 0 && { remedies }) };
}

/** Returns the code of a Node.js system error (`ENOENT`, …), or undefined for anything else. */
export function systemErrorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

const REASONS: Readonly<Record<string, Phrase>> = {
  EACCES: phrase`permission denied`,
  EPERM: phrase`operation not permitted`,
  EROFS: phrase`the file system is read-only`,
  ENOSPC: phrase`no space left on the device`,
  EDQUOT: phrase`the disk quota is used up`,
  EIO: phrase`the device reports an input/output error`,
  ENOTDIR: phrase`a part of the path is not a directory`,
  EISDIR: phrase`it is a directory, not a regular file`,
  ENAMETOOLONG: phrase`the path is too long`,
  ELOOP: phrase`too many symbolic links`,
  ENOENT: phrase`no such file or directory`,
  EEXIST: phrase`something else is there`,
  EMFILE: phrase`too many open files`,
  EFBIG: phrase`the limit of file sizes is reached (ulimit -f)`,
};

/** Returns the reason of a failed system call, as a part of a sentence. */
export function systemReason(error: unknown): Phrase {
  const code = systemErrorCode(error);
  return code === undefined ? phrase`unknown error` : (REASONS[code] ?? verbatim(code));
}

const DENIED = ['EACCES', 'EPERM', 'EROFS'];
/** Codes for a path at which no file can be made. */
const NO_PLACE = ['ENOENT', 'ENOTDIR', 'EISDIR', 'EEXIST', 'ENAMETOOLONG', 'ELOOP'];

type Failure = (path: string, reason: PhraseArgument) => Phrase;

/** Sentences that tell what failed. */
const FAILURES = {
  'look at': (path, reason) => phrase`Cannot look at ${path}: ${reason}`,
  read: (path, reason) => phrase`Cannot read ${path}: ${reason}`,
  create: (path, reason) => phrase`Cannot create ${path}: ${reason}`,
  write: (path, reason) => phrase`Cannot write ${path}: ${reason}`,
  replace: (path, reason) => phrase`Cannot replace ${path}: ${reason}`,
  remove: (path, reason) => phrase`Cannot remove ${path}: ${reason}`,
  use: (path, reason) => phrase`Cannot use ${path}: ${reason}`,
  'create the lock': (path, reason) => phrase`Cannot create the lock ${path}: ${reason}`,
  'write the lock': (path, reason) => phrase`Cannot write the lock ${path}: ${reason}`,
  'read the lock': (path, reason) => phrase`Cannot read the lock ${path}: ${reason}`,
  'take over the lock': (path, reason) => phrase`Cannot take over the lock ${path}: ${reason}`,
  'create the config of the run': (path, reason) =>
    phrase`Cannot create the config of the run ${path}: ${reason}`,
  'create the private store': (path, reason) => phrase`Cannot create the private store ${path}: ${reason}`,
  'create the run root': (path, reason) => phrase`Cannot create the run root ${path}: ${reason}`,
  'use the run root': (path, reason) => phrase`Cannot use the run root ${path}: ${reason}`,
  'create the log': (path, reason) => phrase`Cannot create the log ${path}: ${reason}`,
  'read the log': (path, reason) => phrase`Cannot read the log ${path}: ${reason}`,
} as const satisfies Readonly<Record<string, Failure>>;

/** Work on a file that can fail. */
export type FileWork = keyof typeof FAILURES;

/**
 * Turns a failed system call into a {@link HumanError}: 73 if permissions, the kind of file system or the path itself
 * prevent a write, 74 for everything else. HumanErrors pass unchanged.
 */
export function fileError(error: unknown, doing: FileWork, path: string, write = true): Error {
  if (error instanceof HumanError || !(error instanceof Error)) return error as Error;
  const code = systemErrorCode(error);
  if (code === undefined) return error;
  const denied = DENIED.includes(code);
  const inTheWay = denied || NO_PLACE.includes(code);
  const exitCode =
    inTheWay && write ? ExitCode.cannotCreate : code === 'EISDIR' && !write ? ExitCode.data : ExitCode.io;
  const remedy = denied
    ? phrase`Check its permissions and owner, and those of its directory.`
    : ['ENOSPC', 'EDQUOT', 'EFBIG'].includes(code)
      ? phrase`Make room and try again; nothing was changed.`
      : phrase`Check that path and its file system, and try again.`;
  return new HumanError(exitCode, FAILURES[doing](printable(path), REASONS[code] ?? code), remedy, error);
}
