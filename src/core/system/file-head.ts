import { readFileHead } from './open-file.ts';

/**
 * Reads the beginning of a text file, so that one of any size can be looked into.
 *
 * @param size - most bytes that are read.
 * @returns an empty text if it cannot be read, or is no regular file.
 */
export async function readHead(path: string, size: number): Promise<string> {
  try {
    return (await readFileHead(path, size)).toString('utf8');
  } catch {
    return '';
  }
}
