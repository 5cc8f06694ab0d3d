// eslint-disable-next-line no-restricted-imports -- /proc alone is read and written
import { readFileSync, writeFileSync } from 'node:fs';

/** The earlier filter of core dumps of this process, in hexadecimal; undefined if it was not changed. */
let before: string | undefined;

/**
 * Leaves all memory out of the core dumps of this process, and of all that it starts from now on, where the system lets
 * a process choose that (Linux; core(5)): neither values nor keys get into a file. Programs that write dumps, such as
 * systemd-coredump, get no more than a file would.
 */
export function keepOutOfCoreDumps(): void {
  const path = '/proc/self/coredump_filter';
  try {
    const filter = readFileSync(path, 'latin1').trim();
    if (!/^[0-9a-f]+$/i.test(filter)) return;
    writeFileSync(path, '0');
    before ??= filter;
  } catch {
    // macOS, a kernel without core dumps, a hidden /proc.
  }
}

/** Gives a program of the user's that we have just started the core dumps that it would have without us. */
export function giveCoreDumpsBack(pid: number): void {
  if (before === undefined) return;
  try {
    writeFileSync(`/proc/${pid}/coredump_filter`, `0x${before}`);
  } catch {
    // It has ended, or runs as another user.
  }
}
