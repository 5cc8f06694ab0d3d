import { closeSync, constants, fstatSync, openSync, readSync, realpath, stat, type Stats } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { ExitCode, HumanError, systemErrorCode } from './human-error.ts';
import { answerOf, type FilePath, OpenedFile } from './opened-file.ts';
import { printable } from './printable.ts';
import { type Phrase, phrase } from './phrase.ts';

// The one way to open a file that others can name or replace. A lint rule bans the others. A pipe, a device, a link
// to either, a file without end or a file server that does not answer costs neither the process nor its memory.

/** Longest wait for a file system to open a file or to give its content. In milliseconds. */
const DEADLINE = 30_000;
/** Longest wait for somebody to write into a pipe that has a name. In milliseconds. */
const PIPE_DEADLINE = 60_000;
const CHUNK = 64 << 10;

/** A sentence about a file. */
type Problem = (file: string) => Phrase;

/** Reason that a file is not read. */
export type Unfit = 'link' | 'kind' | 'size' | 'slow';

/** Tells whether a file belongs to the system: none of these is ever to be moved away. */
const isOfTheSystem = (path: string): boolean => /^\/(dev|proc|sys)\//.test(path);

/** Error for a file that must not be read: exit code 65, of a slow file system 74. */
export class UnfitFile extends HumanError {
  readonly reason: Unfit;

  /** @param problem - a sentence about the file. */
  constructor(reason: Unfit, at: FilePath, problem: Problem) {
    const path = at.toString();
    const remedy =
      reason === 'slow'
        ? phrase`Check that path and its file system, and try again.`
        : isOfTheSystem(path)
          ? phrase`Name a regular file instead; this one belongs to the system.`
          : phrase`Move it away, or put the right file there from git or a backup.`;
    super(reason === 'slow' ? ExitCode.io : ExitCode.data, problem(printable(path)), remedy);
    this.reason = reason;
  }
}

export interface OpenOptions {
  /** False to refuse a symbolic link at the end of the path; else it is followed. */
  readonly followLinks?: boolean;
  /** True for a file on a local file system, see {@link OpenedFile.isDirect}. */
  readonly isDirect?: boolean;
}

export interface ReadOptions extends OpenOptions {
  /** Largest size, in bytes. A larger file is not read. */
  readonly limit: number;
}

// Non-blocking: a pipe without a writer, and a file with a lease, do not wait. No terminal becomes ours.
const flags = ({ followLinks = true }: OpenOptions): number =>
  constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY | (followLinks ? 0 : constants.O_NOFOLLOW);

/** A link that is not followed is no loop of links. */
function asUnfit(error: unknown, path: FilePath, { followLinks = true }: OpenOptions): unknown {
  const isLink = !followLinks && ['ELOOP', 'EMLINK'].includes(systemErrorCode(error) ?? '');
  return isLink ? linkAt(path) : error;
}

const linkAt = (path: FilePath): UnfitFile =>
  new UnfitFile('link', path, (file) => phrase`${file} is a symbolic link, which is not expected here.`);

function assertFit(status: Stats, path: FilePath, limit = Infinity): void {
  if (!status.isFile()) throw new UnfitFile('kind', path, (file) => phrase`${file} is not a regular file.`);
  if (status.size <= limit) return;
  throw new UnfitFile(
    'size',
    path,
    (file) => phrase`${file} has ${status.size} bytes; more than ${limit} are not read.`,
  );
}

/**
 * Opens a regular file for reading. The caller closes it.
 *
 * @throws UnfitFile, or the system's error.
 */
export async function openRegularFile(path: FilePath, options: OpenOptions = {}): Promise<OpenedFile> {
  const opening = OpenedFile.open(path, flags(options), options.isDirect);
  try {
    const handle = await (options.isDirect === true ? opening : inTime(opening, path));
    assertFit(await answerFrom(handle, handle.stat(), path), path);
    return handle;
  } catch (error) {
    // One that opens too late is closed then.
    void opening.then((late) => late.close()).catch(() => undefined);
    throw asUnfit(error, path, options);
  }
}

/** Waits for a call of a file. @throws UnfitFile if its file system does not answer. */
export const answerFrom = async <T>(file: OpenedFile, work: Promise<T>, path: FilePath): Promise<T> =>
  file.isDirect ? work : inTime(work, path);

/** Makes sure that no link has led to a file. @throws UnfitFile, see {@link OpenedFile.isAt}. */
export async function assertAt(file: OpenedFile, path: FilePath): Promise<void> {
  if (!(await answerFrom(file, file.isAt(path), path))) throw linkAt(path);
}

/**
 * Reads the bytes that a regular file had when it was opened.
 *
 * @throws UnfitFile, or the system's error.
 */
export async function readRegularFile(path: string, options: ReadOptions): Promise<Buffer> {
  const handle = await openRegularFile(path, options);
  try {
    const status = await handle.stat();
    assertFit(status, path, options.limit);
    return await inTime(readFrom(handle, 0, status.size), path);
  } finally {
    await handle.close();
  }
}

/** Does the same at once: thousands of small files take a tenth of the time so. Has no deadline. */
export function readRegularFileSync(path: string, options: ReadOptions): Buffer {
  let file;
  try {
    file = openSync(path, flags(options));
    const status = fstatSync(file);
    assertFit(status, path, options.limit);
    const bytes = Buffer.allocUnsafe(status.size);
    let length = 0;
    for (let count = -1; length < bytes.length && count !== 0; length += count) {
      count = readSync(file, bytes, length, bytes.length - length, null);
    }
    return bytes.subarray(0, length);
  } catch (error) {
    throw asUnfit(error, path, options);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/**
 * Reads a small file into a buffer that many files share, without a look at its kind: a listing has told that it is a
 * regular one. One that was replaced since costs no more: nothing waits, and no more is read than the buffer has room
 * for.
 *
 * @returns the number of bytes, or undefined if the buffer is too small.
 * @throws the system's error.
 */
export function readListedFileSync(
  path: string,
  into: Buffer,
  options: OpenOptions = {},
): number | undefined {
  const file = openSync(path, flags(options));
  try {
    let length = 0;
    for (let count = -1; count !== 0; length += count) {
      if (length === into.length) return undefined;
      count = readSync(file, into, length, into.length - length, null);
    }
    return length;
  } finally {
    closeSync(file);
  }
}

/** Reads the first bytes of a regular file of any size. @throws UnfitFile, or the system's error. */
export async function readFileHead(path: string, size: number, options?: OpenOptions): Promise<Buffer> {
  return readPart(path, options, (all) => [0, Math.min(size, all)]);
}

/** Reads the last bytes of a regular file of any size. @throws UnfitFile, or the system's error. */
export async function readFileTail(path: string, size: number, options?: OpenOptions): Promise<Buffer> {
  return readPart(path, options, (all) => [Math.max(0, all - size), Math.min(size, all)]);
}

async function readPart(
  path: string,
  options: OpenOptions | undefined,
  part: (size: number) => readonly [start: number, length: number],
): Promise<Buffer> {
  const handle = await openRegularFile(path, options);
  try {
    const [start, length] = part((await handle.stat()).size);
    return await inTime(readFrom(handle, start, length), path);
  } finally {
    await handle.close();
  }
}

async function readFrom(handle: OpenedFile, start: number, size: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(size);
  let length = 0;
  for (let count = -1; length < size && count !== 0; length += count) {
    count = await handle.read(bytes, length, size - length, start + length);
  }
  return bytes.subarray(0, length);
}

/**
 * Reads the lines of a text file, such as a log, without their ends. Text after the limit is not read.
 *
 * @param options - `limit` in bytes; a line is cut after `longest` UTF-16 units.
 * @throws UnfitFile, or the system's error.
 */
export async function* linesOf(
  path: string,
  { limit, longest = CHUNK, ...options }: ReadOptions & { readonly longest?: number },
): AsyncGenerator<string> {
  const handle = await openRegularFile(path, options);
  try {
    const decoder = new TextDecoder();
    const chunk = Buffer.alloc(CHUNK);
    let rest = '';
    for (let position = 0; position < limit;) {
      const wanted = Math.min(CHUNK, limit - position);
      const bytesRead = await inTime(handle.read(chunk, 0, wanted, position), path);
      if (bytesRead === 0) break;
      position += bytesRead;
      const [first = '', ...others] = decoder
        .decode(chunk.subarray(0, bytesRead), { stream: true })
        .split('\n');
      if (rest.length < longest) rest += first.slice(0, longest - rest.length);
      for (const next of others) {
        yield rest.replace(/\r$/, '');
        rest = next.slice(0, longest);
      }
    }
    if (rest !== '') yield rest;
  } finally {
    await handle.close();
  }
}

/**
 * Opens the input that a person named on the command line: a file, or a pipe such as `<(command)`. Has no limit: the
 * reader counts the bytes.
 *
 * @throws HumanError 65 for a pipe that has a name and that nobody writes into, or the system's error.
 */
export async function openGiven(path: string): Promise<Readable> {
  const status = await answerOf<Stats>((answer) => {
    stat(path, answer);
  });
  if (!status.isFIFO()) {
    // A terminal and other devices are read as they are, which waits; the person has named one.
    const mode = status.isFile() ? flags({}) : constants.O_RDONLY | constants.O_NOCTTY;
    return (await inTime(OpenedFile.open(path, mode), path)).stream();
  }
  // A socket waits without a thread that can't be stopped.
  const socket = new Socket({ fd: openSync(path, flags({})), readable: true, writable: false });
  // A pipe without a name is that of a command, which may take its time.
  const hasName = await answerOf<string>((answer) => {
    realpath.native(path, answer);
  }).catch(() => undefined);
  if (hasName === undefined) return socket;
  const timer = setTimeout(() => {
    socket.destroy(new UnfitFile('kind', path, (file) => phrase`${file} is a pipe that nobody writes into.`));
  }, PIPE_DEADLINE);
  for (const event of ['data', 'end', 'close']) {
    socket.once(event, () => {
      clearTimeout(timer);
    });
  }
  return socket.pause();
}

/** Waits for a call of a file system. @throws UnfitFile if it does not answer. */
export async function inTime<T>(work: Promise<T>, path: FilePath): Promise<T> {
  let timer;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(
        new UnfitFile(
          'slow',
          path,
          (file) => phrase`${file} is not read: its file system did not answer within ${DEADLINE / 1000} s.`,
        ),
      );
    }, DEADLINE);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
