import { isUtf8 } from 'node:buffer';
import { join } from 'node:path';
import { bytesOf, type FilePath } from '../system/opened-file.ts';

/** Path of an entry of a directory. */
export function below(directory: FilePath, name: Buffer): FilePath {
  if (typeof directory === 'string' && isUtf8(name)) return join(directory, name.toString());
  return Buffer.concat([bytesOf(directory), Buffer.from('/'), name]);
}

/** A path as text: bytes that are not UTF-8 are shown as `\xff`. */
export const shownPath = (path: FilePath): string =>
  typeof path === 'string' || isUtf8(path)
    ? path.toString()
    : path
        .toString('latin1')
        .replace(/[\x80-\xff]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`);
