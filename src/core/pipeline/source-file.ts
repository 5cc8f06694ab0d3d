import { type Phrase, phrase } from '../system/phrase.ts';
import { systemErrorCode, systemReason } from '../system/human-error.ts';
import { type OpenOptions, readRegularFileSync, UnfitFile } from '../system/open-file.ts';
import { KEY_SETTING_WORDS } from '../references/rules/literal-secret.ts';
import type { SourceLanguage } from '../references/scan.ts';

/** Largest script or config that is read, in bytes; real ones have a hundredth of it. */
export const MAX_SOURCE_BYTES = 4 << 20;
export const TOO_LARGE = phrase`it has more than ${MAX_SOURCE_BYTES >> 20} MiB`;
export const IS_BINARY = phrase`it is binary`;
/** Number of first bytes that must have no NUL: else the file is binary, as for git. */
const BINARY_WINDOW = 8000;

/** Bytes of a source file, or the reason that it is not read. */
export type SourceBytes = { readonly bytes: Buffer } | { readonly problem: Phrase; readonly isAbsent?: true };

/**
 * Reads a script or config that anybody may have made: a pipe, a device, a loop of links, a disk image. Not
 * asynchronous: so thousands of small files take a tenth of the time, and none takes long.
 *
 * @param options - `anyBytes` for binary files too.
 */
export function readSourceFile(
  path: string,
  { anyBytes = false, ...options }: OpenOptions & { readonly anyBytes?: boolean | undefined } = {},
): SourceBytes {
  try {
    const bytes = readRegularFileSync(path, { limit: MAX_SOURCE_BYTES, ...options });
    return anyBytes ? { bytes } : checked(bytes);
  } catch (error) {
    if (error instanceof UnfitFile) {
      return { problem: error.reason === 'size' ? TOO_LARGE : phrase`it is no regular file` };
    }
    const code = systemErrorCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR')
      return { problem: phrase`it does not exist`, isAbsent: true };
    return { problem: systemReason(error) };
  }
}

/** Checks bytes that were read in another way. */
export function checked(bytes: Buffer): SourceBytes {
  const isBinary = bytes.subarray(0, BINARY_WINDOW).includes(0);
  return isBinary ? { problem: IS_BINARY } : { bytes };
}

/** A name that ends in `.config` is a config, any other a script. */
export function sourceLanguage(path: string): SourceLanguage {
  return path.endsWith('.config') ? 'config' : 'script';
}

/**
 * Words without which the scan of a text finds nothing of its own: no reference, no diagnostic, no template. They are
 * of ASCII alone, so they can be looked for in bytes before they are decoded. In a config a text with a backslash may
 * be any of the words, and `SecretsLoader` needs no import.
 */
export const SCAN_WORDS: Readonly<Record<SourceLanguage, string>> = {
  script: 'secret|template',
  config: `ecret|lineage|\\\\|${KEY_SETTING_WORDS.source}`,
};

/** Tells whether a file may have to do with secrets. Much cheaper than a scan. */
export function mentionsSecrets(bytes: Buffer): boolean {
  return bytes.includes('secret');
}

/** Tells the same of a script: its templates are other files. */
export function leadsToSecrets(bytes: Buffer): boolean {
  return mentionsSecrets(bytes) || bytes.includes('template');
}
