import { printable } from './printable.ts';

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
  /** Not permitted: no recipient, members not accepted, no grant. */
  notPermitted: 77,
} as const;

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** What a remedy begins with: a file to look at, or a secret to set. */
export type ErrorSubject =
  { readonly kind: 'file'; readonly path: string } | { readonly kind: 'secret'; readonly name: string };

/**
 * An error that a person may read as it is: it names the thing and, in `remedy`, what to do next.
 * It never holds a secret's value. Any other error is a bug.
 */
export class HumanError extends Error {
  readonly exitCode: ExitCode;
  readonly remedy: string | undefined;
  subject: ErrorSubject | undefined;

  constructor(exitCode: ExitCode, message: string, remedy?: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'HumanError';
    this.exitCode = exitCode;
    this.remedy = remedy;
  }

  /** Says what the remedy begins with, for who can offer more than words. @returns this error. */
  about(subject: ErrorSubject): this {
    this.subject = subject;
    return this;
  }
}

/** The code of a Node.js system error (`ENOENT`, …), or undefined for anything else. */
export function systemErrorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space left on the device',
  EDQUOT: 'the disk quota is used up',
  EIO: 'the device reports an input/output error',
  ENOTDIR: 'a part of the path is not a directory',
  EISDIR: 'it is a directory, not a regular file',
  ENAMETOOLONG: 'the path is too long',
  ELOOP: 'too many symbolic links',
  ENOENT: 'no such file or directory',
  EEXIST: 'something else is there',
  EMFILE: 'too many open files',
  EFBIG: 'the limit of file sizes is reached (ulimit -f)',
};

const DENIED = ['EACCES', 'EPERM', 'EROFS'];
/** The path is none that a file can be made at. */
const NO_PLACE = ['ENOENT', 'ENOTDIR', 'EISDIR', 'EEXIST', 'ENAMETOOLONG', 'ELOOP'];

/**
 * Turns a failed system call into a {@link HumanError}: 73 where permissions, the kind of file system or the path
 * itself stand in the way of a write, 74 for everything else. HumanErrors pass unchanged.
 */
export function fileError(error: unknown, doing: string, path: string, write = true): Error {
  if (error instanceof HumanError || !(error instanceof Error)) return error as Error;
  const code = systemErrorCode(error);
  if (code === undefined) return error;
  const denied = DENIED.includes(code);
  const inTheWay = denied || NO_PLACE.includes(code);
  const exitCode =
    inTheWay && write ? ExitCode.cannotCreate : code === 'EISDIR' && !write ? ExitCode.data : ExitCode.io;
  const remedy = denied
    ? 'Check its permissions and owner, and those of its directory.'
    : ['ENOSPC', 'EDQUOT', 'EFBIG'].includes(code)
      ? 'Make room and try again; nothing was changed.'
      : 'Check that path and its file system, and try again.';
  return new HumanError(
    exitCode,
    `Cannot ${doing} ${printable(path)}: ${REASONS[code] ?? code}`,
    remedy,
    error,
  );
}
