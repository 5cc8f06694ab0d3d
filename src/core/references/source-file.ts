import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { systemErrorCode } from '../human-error.ts';
import type { SourceLanguage } from './scan-source.ts';

/** A script or config is read up to this size, in bytes; real ones have a hundredth of it. */
export const MAX_SOURCE_BYTES = 4 << 20;
/** A file with a NUL among its first bytes is binary, as for git. */
const BINARY_WINDOW = 8000;

/** The bytes of a source file, or why it is passed over. */
export type SourceBytes = { readonly bytes: Buffer } | { readonly problem: string; readonly isAbsent?: true };

/**
 * Reads a script or config that anybody may have put there: a pipe, a device, a loop of links, a disk image. Not
 * asynchronous: thousands of small files take a tenth of the time so, and none takes long.
 */
export function readSourceFile(path: string): SourceBytes {
  let file;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const status = fstatSync(file);
    if (!status.isFile()) return { problem: 'it is no regular file' };
    if (status.size > MAX_SOURCE_BYTES) return { problem: `it has more than ${MAX_SOURCE_BYTES >> 20} MiB` };
    return checked(contentOf(file, status.size));
  } catch (error) {
    const code = systemErrorCode(error) ?? 'unknown error';
    if (code === 'ENOENT' || code === 'ENOTDIR') return { problem: 'it does not exist', isAbsent: true };
    return { problem: REASONS[code] ?? code };
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** What a file has, up to a size. `readFileSync` would ask for the size again, and for the end. */
function contentOf(file: number, size: number): Buffer {
  const bytes = Buffer.allocUnsafe(size);
  let length = 0;
  for (let read = -1; length < size && read !== 0; length += read) {
    read = readSync(file, bytes, length, size - length, null);
  }
  return bytes.subarray(0, length);
}

/** The same for bytes that came from elsewhere. */
export function checked(bytes: Buffer): SourceBytes {
  const isBinary = bytes.subarray(0, BINARY_WINDOW).includes(0);
  return isBinary ? { problem: 'it is binary' } : { bytes };
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  ELOOP: 'its symbolic links lead nowhere',
  EISDIR: 'it is a directory',
};

/** A name that ends in `.config` is a config, any other a script. */
export function sourceLanguage(path: string): SourceLanguage {
  return path.endsWith('.config') ? 'config' : 'script';
}

/** Whether a file can have anything to do with secrets at all. Much cheaper than a scan. */
export function mentionsSecrets(bytes: Buffer): boolean {
  return bytes.includes('secret');
}

/** The same for a script, whose templates are other files. */
export function leadsToSecrets(bytes: Buffer): boolean {
  return mentionsSecrets(bytes) || bytes.includes('template');
}
