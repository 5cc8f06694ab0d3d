import { statfs, type StatsFs } from 'node:fs';
import { answerOf } from './opened-file.ts';

/**
 * File systems of Linux that answer at once, or not at all because the machine has no disk any more: ext2 to ext4, XFS,
 * Btrfs, ZFS, F2FS, tmpfs, and the layers of containers. On others a call may wait for a server for ever.
 */
const LOCAL = new Set([0xef53, 0x58465342, 0x9123683e, 0x2fc12fc1, 0xf2f52010, 0x01021994, 0x794c7630]);

/** By device. */
const known = new Map<bigint, boolean>();

/**
 * Tells whether files of a device can be read directly, without a thread that waits for them.
 *
 * @param path - of a file or directory on it that was opened, or looked at, a moment ago.
 */
export async function isLocal(device: bigint, path: string | Buffer): Promise<boolean> {
  const before = known.get(device);
  if (before !== undefined) return before;
  const type = await answerOf<StatsFs>((answer) => {
    statfs(path, answer);
  }).then(
    ({ type: found }) => found >>> 0,
    () => undefined,
  );
  const local = type !== undefined && LOCAL.has(type);
  known.set(device, local);
  return local;
}
