import { dirname } from 'node:path';
import { readOwnFileIfThere, removeAbandoned, writePrivateFile } from './durable-file.ts';
import { type Lock, withLock } from './file-lock.ts';
import { ExitCode, HumanError } from './human-error.ts';
import { printable } from './printable.ts';
import { assertOwnEntry, ensureHomeDirectory } from './tool-home.ts';
import type { World } from './world.ts';
import { type Phrase, phrase } from './phrase.ts';

const MAX_BYTES = 16 << 20;

/** One of our own small JSON files: an object of entries by name. */
export interface StateFile<Entry> {
  readonly path: string;
  readonly isEntry: (value: unknown) => value is Entry;
  /** False for a convenience, which may be lost in a power failure. */
  readonly durable?: boolean;
  /** The loss if a person removes the damaged file: the end of "Remove it, and …". */
  readonly ifRemoved: Phrase;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @throws HumanError 65 if the file is damaged, 74 if it cannot be read, 77 if it is not the person's own. */
export async function readState<Entry>(
  { path, isEntry, ifRemoved }: StateFile<Entry>,
  world: World,
): Promise<Map<string, Entry>> {
  await assertOwnEntry(path, world);
  const bytes = await readOwnFileIfThere(path, MAX_BYTES);
  if (bytes === undefined) return new Map();
  let parsed: unknown;
  try {
    parsed = JSON.parse(bytes.toString('utf8'));
  } catch {
    parsed = undefined;
  }
  const entries = isRecord(parsed) ? Object.entries(parsed) : [['', undefined] as const];
  const sound = entries.filter((entry): entry is [string, Entry] => isEntry(entry[1]));
  if (sound.length === entries.length) return new Map(sound);
  throw new HumanError(ExitCode.data, phrase`${printable(path)} is damaged.`, [
    phrase`Remove it, and ${ifRemoved}.`,
    { do: 'open-file', path },
  ]);
}

/**
 * Changes the file whole or not at all; writers wait for each other. It may be the first file of its directory, so each
 * writer makes the directory too.
 *
 * @param patience - longest wait, in milliseconds.
 */
export async function updateState<Entry>(
  file: StateFile<Entry>,
  world: World,
  change: (entries: Map<string, Entry>) => void,
  patience?: number,
): Promise<void> {
  const write = async (lock: Lock): Promise<void> => {
    await removeAbandoned(file.path);
    const entries = await readState(file, world);
    change(entries);
    const text = `${JSON.stringify(Object.fromEntries(entries), undefined, 1)}\n`;
    await lock.assertHeld();
    await writePrivateFile(file.path, Buffer.from(text), { durable: file.durable });
  };
  await ensureHomeDirectory(dirname(file.path), world);
  await withLock(file.path, world, write, patience);
}
