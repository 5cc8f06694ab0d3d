import { statIfThere } from '../system/durable-file.ts';
import { readSourceFile, type SourceBytes } from './source-file.ts';

/** Source of a pipeline's files: the disk, or one revision of a repository. Paths are absolute. */
export interface SourceTree {
  readonly read: (path: string) => Promise<SourceBytes>;
  readonly kind: (path: string) => Promise<'file' | 'directory' | undefined>;
}

export const diskTree: SourceTree = {
  read: (path) => Promise.resolve(readSourceFile(path)),
  kind: async (path) => {
    const status = await statIfThere(path).catch(() => undefined);
    return status === undefined ? undefined : status.isDirectory() ? 'directory' : 'file';
  },
};
