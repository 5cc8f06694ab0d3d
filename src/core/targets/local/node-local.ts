// eslint-disable-next-line no-restricted-imports -- of /proc, whose files show no size
import { readFileSync } from 'node:fs';
import { readRegularFile } from '../../system/open-file.ts';
import { type Phrase, phrase } from '../../system/phrase.ts';
import type { World } from '../../system/world.ts';

// Nobody tells whether the nodes of a cluster see a directory of this machine. This file guesses it: by the type of the
// file system, and by the directories that this machine exports.

/** Longest list of exports, in bytes. */
const MAX_EXPORTS_BYTES = 4 << 20;

/** File systems that are on one machine only. All others may be shared. */
const LOCAL: ReadonlyMap<string, Phrase> = new Map([
  ...['tmpfs', 'ramfs', 'devtmpfs'].map((type) => [type, phrase`memory of this machine`] as const),
  ...['overlay', 'aufs', 'squashfs'].map(
    (type) => [type, phrase`a layer of a container or image on this machine`] as const,
  ),
  ...['ext2', 'ext3', 'ext4', 'xfs', 'btrfs', 'zfs', 'f2fs', 'jfs', 'reiserfs', 'bcachefs'].map(
    (type) => [type, phrase`a disk of this machine`] as const,
  ),
]);

/**
 * Finds the reason that the nodes of a cluster do not see a directory, as far as it can be known: the file system is
 * on this machine only, and this machine does not export it.
 *
 * @param directory - absolute, without links.
 * @returns the reason, such as `tmpfs, memory of this machine`; undefined if it may be shared, or nothing is known.
 */
export async function nodeLocal(directory: string, { platform }: World): Promise<Phrase | undefined> {
  if (platform !== 'linux') return undefined;
  const mounts = mountsOfThisMachine();
  const exports = await Promise.all(
    ['/etc/exports', '/var/lib/nfs/etab'].map((path) =>
      readRegularFile(path, { limit: MAX_EXPORTS_BYTES }).then(String, () => ''),
    ),
  );
  const type = fileSystemType(directory, mounts);
  const what = type === undefined ? undefined : LOCAL.get(type);
  if (type === undefined || what === undefined) return undefined;
  return isExported(directory, exports.join('\n')) ? undefined : phrase`${type}, ${what}`;
}

/** The type of the file system that a directory is on. @param mountInfo - see proc(5), /proc/PID/mountinfo. */
export function fileSystemType(directory: string, mountInfo: string): string | undefined {
  let found: { readonly point: string; readonly type: string } | undefined;
  for (const line of mountInfo.split('\n')) {
    const [mount = '', rest = ''] = line.split(' - ');
    const point = unescaped(mount.split(' ')[4] ?? '');
    const [type] = rest.split(' ');
    if (point === '' || !type || !isBelow(directory, point)) continue;
    // Of several on the same path the last one covers the others.
    if (found === undefined || point.length >= found.point.length) found = { point, type };
  }
  return found?.type;
}

/** Tells whether NFS exports a directory, or one above it. @param exports - see exports(5). */
export function isExported(directory: string, exports: string): boolean {
  return exports.split('\n').some((line) => {
    const [, quoted, bare] = /^\s*(?:"([^"]+)"|([^\s#"]+))/.exec(line) ?? [];
    const path = unescaped(quoted ?? bare ?? '');
    return path.startsWith('/') && isBelow(directory, path);
  });
}

const isBelow = (directory: string, above: string): boolean =>
  directory === above || directory.startsWith(above.endsWith('/') ? above : `${above}/`);

/** Decodes a path of these files: spaces and the like are octal in them. */
const unescaped = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));

function mountsOfThisMachine(): string {
  try {
    return readFileSync('/proc/self/mountinfo', 'utf8');
  } catch {
    return '';
  }
}
