import { systemErrorCode } from '../system/human-error.ts';
import { readRegularFileSync, UnfitFile } from '../system/open-file.ts';
import type { SourceLanguage } from '../references/scan.ts';

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
  try {
    return checked(readRegularFileSync(path, { limit: MAX_SOURCE_BYTES }));
  } catch (error) {
    if (error instanceof UnfitFile) {
      return {
        problem:
          error.reason === 'size'
            ? `it has more than ${MAX_SOURCE_BYTES >> 20} MiB`
            : 'it is no regular file',
      };
    }
    const code = systemErrorCode(error) ?? 'unknown error';
    if (code === 'ENOENT' || code === 'ENOTDIR') return { problem: 'it does not exist', isAbsent: true };
    return { problem: REASONS[code] ?? code };
  }
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
