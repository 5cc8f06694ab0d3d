import { randomBytes, scrypt } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { rm } from '../system/file-calls.ts';
import { ExitCode, HumanError } from '../system/human-error.ts';
import { toolHome } from '../system/paths.ts';
import { phrase } from '../system/phrase.ts';
import { isRecord, readState, type StateFile, updateState } from '../system/state-file.ts';
import { timestamp, type World } from '../system/world.ts';
import { partState } from './answer-key.ts';

// Answers of Nextflow to questions that a launch may ask again. Each is under the digest of all that decided about it,
// values of secrets and variables included. The digest is derived slowly and with a salt, so that nobody who finds the
// file can try which values give it.

/** An answer that was given. */
export interface KnownAnswer {
  readonly answer: unknown;
  /** ISO 8601 in UTC. */
  readonly answered: string;
}

interface Entry extends KnownAnswer {
  readonly salt: string;
  /** The states of the files of Nextflow and its plugins, by path. */
  readonly parts: Readonly<Record<string, string>>;
}

const MAX_ANSWERS = 32;
/** Largest answer that is kept, in characters. */
const MAX_LENGTH = 256 << 10;
/** Time that an answer is kept, in milliseconds. */
const MEMORY = 30 * 86_400_000;
/** Longest wait for another launch that writes, in milliseconds. */
const PATIENCE = 1_000;

const file = (world: World): StateFile<Entry> => ({
  path: join(toolHome(world), 'answers.json'),
  isEntry: (value): value is Entry =>
    isRecord(value) &&
    isRecord(value['answer']) &&
    isRecord(value['parts']) &&
    Object.keys(value['parts']).length > 0 &&
    typeof value['answered'] === 'string' &&
    typeof value['salt'] === 'string',
  ifRemoved: phrase`the next launch asks Nextflow again`,
});

const derive = promisify<string, string, number, Buffer>(scrypt);
const nameOf = async (key: Buffer, salt: string): Promise<string> =>
  (await derive(key.toString('hex'), salt, 32)).toString('hex');

const isForgotten = ({ answered }: Entry, world: World): boolean =>
  !(Math.abs(world.now().getTime() - Date.parse(answered)) < MEMORY);

/** Finds the answer to the same question, if Nextflow and its plugins are the same still. Never throws. */
export async function knownAnswer(key: Buffer, world: World): Promise<KnownAnswer | undefined> {
  const entries = await readState(file(world), world).catch(() => new Map<string, Entry>());
  const [first] = entries.values();
  if (first === undefined) return undefined;
  const name = await nameOf(key, first.salt);
  const entry = entries.get(name);
  if (entry === undefined || isForgotten(entry, world)) return undefined;
  const isSame = Object.entries(entry.parts).every(([path, state]) => partState(path) === state);
  return isSame ? entry : undefined;
}

/** Keeps an answer. A damaged file is made anew. @throws HumanError 74, 77 if the file cannot be used. */
export async function keepAnswer(
  key: Buffer,
  answer: Record<string, unknown>,
  parts: readonly string[],
  world: World,
): Promise<void> {
  const states = parts.map((path) => [path, partState(path)] as const);
  if (states.length === 0 || states.some(([, state]) => state === undefined)) return;
  if (JSON.stringify(answer).length > MAX_LENGTH) return;
  const known = await readState(file(world), world).catch(async (error: unknown) => {
    if (!(error instanceof HumanError) || error.exitCode !== ExitCode.data) throw error;
    await rm(file(world).path, { force: true });
    return new Map<string, Entry>();
  });
  const salt = known.values().next().value?.salt ?? randomBytes(16).toString('hex');
  const entry: Entry = {
    answer,
    answered: timestamp(world.now()),
    salt,
    parts: Object.fromEntries(states as [string, string][]),
  };
  const name = await nameOf(key, salt);
  const change = (entries: Map<string, Entry>): void => {
    for (const [other, one] of entries)
      if (other === name || one.salt !== salt || isForgotten(one, world)) entries.delete(other);
    entries.set(name, entry);
    for (const oldest of [...entries.keys()].slice(0, -MAX_ANSWERS)) entries.delete(oldest);
  };
  await updateState(file(world), world, change, PATIENCE);
}
