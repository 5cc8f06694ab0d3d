import type { FilePath } from '../system/opened-file.ts';

/** A file to look into. */
export interface FileToSearch {
  /** Absolute. */
  readonly path: FilePath;
  /** True if it may be absent, or something else than a file: nothing is said then. */
  readonly isGuess?: boolean;
  /** True if no link was in its path when it was listed, so that there may be none when it is opened. */
  readonly isReal?: boolean;
  /** True if it is on a local file system. */
  readonly isLocal?: boolean;
  /** Tells of a device and an inode whether they are left out: where values belong. */
  readonly isOurs?: ((identity: string) => boolean) | undefined;
}
