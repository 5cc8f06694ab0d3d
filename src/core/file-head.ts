import { open } from 'node:fs/promises';

/**
 * The beginning of a text file, so that one of any size can be looked into.
 *
 * @param size - at most so much is read. In bytes.
 * @returns an empty text if it cannot be read.
 */
export async function readHead(path: string, size: number): Promise<string> {
  try {
    const handle = await open(path, 'r');
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(size), 0, size, 0);
      return buffer.toString('utf8', 0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch {
    return '';
  }
}
