import { createHmac, randomBytes } from 'node:crypto';
import type { Decrypter } from 'age-encryption';
import { openAgeFile } from './age-file.ts';
import { ageKeyFinder, canOpenNatively } from './age-key.ts';
import type { Identity } from './identity.ts';
import { type JsonTree, object } from '../system/json-tree.ts';
import { parseSshKey, parseSshRecipient } from './ssh-key.ts';

/** The key that encrypts all leaves of one sops file, 32 bytes; each recipient has it in an age file of its own. */
export type DataKey = Buffer;

export const DATA_KEY_BYTES = 32;

/** One recipient of a sops file and the data key encrypted to it, both as they are written there. */
export interface WrappedKey {
  readonly recipient: string;
  readonly enc: string;
}

export function newDataKey(): DataKey {
  return randomBytes(DATA_KEY_BYTES);
}

/** Makes a fingerprint to recognize a data key, which tells nothing about it: 32 hexadecimal digits. */
export function dataKeyId(key: DataKey): string {
  return createHmac('sha256', key).update('nf-secrets data key').digest('hex').slice(0, 32);
}

/** Tells whether we can encrypt to a recipient: native X25519 keys in Bech32 and ssh-ed25519, not those of plugins. */
export function canEncryptTo(recipient: string): boolean {
  return isPlainAge(recipient) || parseSshRecipient(recipient) !== undefined;
}

/** Tells whether a recipient is a plain one of age, of the type X25519. */
const isPlainAge = (recipient: string): boolean => /^age1[02-9ac-hj-np-z]{58}$/.test(recipient);

/** Encrypts the data key: an armored age file that `recipient` (`age1…`, `ssh-ed25519 …`) can open. */
export async function wrapDataKey(key: DataKey, recipient: string): Promise<string> {
  const { armor, Encrypter } = await import('age-encryption');
  const encrypter = new Encrypter();
  const ofSsh = parseSshRecipient(recipient);
  encrypter.addRecipient(
    ofSsh === undefined ? recipient : new (await import('./ssh-recipient.ts')).SshRecipient(ofSsh),
  );
  return armor.encode(await allOf(await encrypter.encrypt(streamOf(key))));
}

/** Encrypts the data key for each of the recipients, as entries of sops's list. */
export async function wrapForAll(key: DataKey, recipients: readonly string[]): Promise<JsonTree[]> {
  const wrapped: JsonTree[] = [];
  for (const recipient of recipients)
    wrapped.push(object({ recipient, enc: await wrapDataKey(key, recipient) }));
  return wrapped;
}

/**
 * Opens the first age file that one of the identities fits.
 *
 * @returns the key; `not-a-recipient` if none fits any; `damaged` if one is ours by its label but does not open.
 */
export async function unwrapDataKey(
  wrapped: readonly WrappedKey[],
  identities: readonly Identity[],
): Promise<DataKey | 'not-a-recipient' | 'damaged'> {
  const own = new Set(identities.map(({ recipient }) => recipient));
  const ownFirst = [...wrapped].sort((a, b) => Number(own.has(b.recipient)) - Number(own.has(a.recipient)));
  const files = ownFirst.map(({ enc }) => enc);
  const native = canOpenNatively() ? identities.filter(({ recipient }) => isPlainAge(recipient)) : [];
  const others = identities.filter((identity) => !native.includes(identity));
  const found = openNatively(files, native) ?? (await openByLibrary(files, others));
  return found ?? (wrapped.some(({ recipient }) => own.has(recipient)) ? 'damaged' : 'not-a-recipient');
}

function openNatively(files: readonly string[], identities: readonly Identity[]): DataKey | undefined {
  if (identities.length === 0) return undefined;
  const finders = identities.map(({ key }) => ageKeyFinder(key.reveal()));
  for (const file of files) {
    try {
      const key = openAgeFile(file, finders);
      if (key.length === DATA_KEY_BYTES) return key;
    } catch {
      // Not ours, or junk: sops does not authenticate its list of recipients, so one bad entry proves nothing.
    }
  }
  return undefined;
}

async function openByLibrary(
  files: readonly string[],
  identities: readonly Identity[],
): Promise<DataKey | undefined> {
  if (identities.length === 0) return undefined;
  // Loaded when it is needed: it is larger than all else that a command loads.
  const { armor, Decrypter } = await import('age-encryption');
  const decrypter = new Decrypter();
  for (const identity of identities) await addIdentity(decrypter, identity);
  for (const file of files) {
    try {
      const key = await allOf(await decrypter.decrypt(streamOf(armor.decode(file))));
      if (key.length === DATA_KEY_BYTES) return key;
    } catch {
      // Not ours, or junk: sops does not authenticate its list of recipients, so one bad entry proves nothing.
    }
  }
  return undefined;
}

async function addIdentity(decrypter: Decrypter, { key, recipient }: Identity): Promise<void> {
  if (!recipient.startsWith('ssh-')) {
    decrypter.addIdentity(key.reveal());
    return;
  }
  const ofSsh = parseSshKey(Buffer.from(key.reveal(), 'latin1'));
  if ('seed' in ofSsh) decrypter.addIdentity(new (await import('./ssh-recipient.ts')).SshIdentity(ofSsh));
}

// Streams for age-encryption: given bytes, it collects its answer in a `Response`, and that has Node.js load its whole
// HTTP client, a quarter of the time of a command that decrypts.

function streamOf(bytes: Uint8Array): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start: (controller) => {
      controller.enqueue(bytes);
      controller.close();
    },
  });
}

async function allOf(stream: ReadableStream<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}
