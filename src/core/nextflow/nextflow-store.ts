import { readFileIfThere, statIfThere } from '../system/durable-file.ts';
import { ExitCode, HumanError } from '../system/human-error.ts';
import { nextflowStorePath } from '../system/paths.ts';
import { printable } from '../system/printable.ts';
import { SecretValue } from '../secrets/secret-value.ts';
import { phrase } from '../system/phrase.ts';
import type { World } from '../system/world.ts';
import { NO_INFO, type SecretStore } from '../secrets/secret-store.ts';

const MAX_STORE_BYTES = 64 << 20;

/**
 * Reads the person's own Nextflow store: `[{"name": …, "value": …}]`, see `nextflow.secret.LocalSecretsProvider`.
 * Takes values as they are. No store is an empty store.
 *
 * @throws HumanError 65 if it is not such a file, 74 if it cannot be read.
 */
export async function readNextflowStore(world: World): Promise<Map<string, SecretValue>> {
  const path = nextflowStorePath(world);
  return secretsIn(await readStoreFile(path), path);
}

/** Reads the file of such a store; undefined if there is none. @throws HumanError 65, 74. */
export async function readStoreFile(path: string): Promise<Buffer | undefined> {
  // Nextflow's home may be a path below which there can be no file.
  return (await statIfThere(path)) === undefined ? undefined : await readFileIfThere(path, MAX_STORE_BYTES);
}

/** The secrets in the content of a store's file. @throws HumanError 65 if it is not such a file. */
export function secretsIn(bytes: Buffer | undefined, path: string): Map<string, SecretValue> {
  const secrets = new Map<string, SecretValue>();
  if (bytes === undefined || bytes.length === 0) return secrets;
  for (const entry of parseEntries(bytes, path)) secrets.set(entry.name, new SecretValue(entry.value));
  return secrets;
}

/** That file as a store of secrets. Nothing but the names is known of it before it is read. */
export const nextflowStore = (world: World): SecretStore => ({
  scope: 'nextflow',
  list: async () => new Map(Array.from((await readNextflowStore(world)).keys(), (name) => [name, NO_INFO])),
  read: async () => ({ values: await readNextflowStore(world) }),
});

function parseEntries(bytes: Buffer, path: string): { name: string; value: string }[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(bytes.toString('utf8'));
  } catch {
    // The message of JSON.parse may quote a value.
    parsed = undefined;
  }
  if (Array.isArray(parsed) && parsed.every(isEntry)) return parsed;
  throw new HumanError(
    ExitCode.data,
    phrase`Your own Nextflow store ${printable(path)} is damaged; Nextflow itself could not read it either.`,
    [phrase`Put it back from a backup or remove it.`, { do: 'open-file', path }],
  );
}

function isEntry(entry: unknown): entry is { name: string; value: string } {
  if (typeof entry !== 'object' || entry === null) return false;
  const { name, value } = entry as Record<string, unknown>;
  return typeof name === 'string' && typeof value === 'string';
}

/**
 * Makes the content of a store that Nextflow reads. Only ASCII, so that it means the same under any locale of the JVM.
 *
 * @param secrets - names and the text to store for each, in this order.
 */
export function formatNextflowStore(secrets: Iterable<readonly [string, SecretValue]>): Buffer {
  const entries = Array.from(secrets, ([name, value]) => ({ name, value: value.reveal() }));
  const json = JSON.stringify(entries).replace(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return Buffer.from(json, 'latin1');
}
