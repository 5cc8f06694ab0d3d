import { createPrivateKey, createPublicKey, type KeyObject, randomBytes, sign } from 'node:crypto';
import { createPrivateFile, lstatIfThere, readOwnFileIfThere } from '../../system/durable-file.ts';
import { ExitCode, HumanError } from '../../system/human-error.ts';
import { identityPath, signingKeyPath, toolHome } from '../../system/paths.ts';
import { phrase } from '../../system/phrase.ts';
import { printable, shellWord } from '../../system/printable.ts';
import { run } from '../../system/remedy.ts';
import { assertOwnEntry, ensureHomeDirectory, refuseLooseModes } from '../../system/tool-home.ts';
import type { World } from '../../system/world.ts';
import { assertOwnIdentity } from '../identity.ts';
import { formatSshKey, parseSshKey, type SshKey, sshRecipient } from '../ssh-key.ts';
import { wireStrings } from '../ssh-wire.ts';
import { makeSignature, type Signer } from './sshsig.ts';

// The person's own key to sign with, ed25519: a file as OpenSSH writes it, without a passphrase, as the identity is.

const TYPE = 'ssh-ed25519';
/** Largest file of a key, in bytes. */
const MAX_KEY_BYTES = 64 << 10;
const MAX_IDENTITY_BYTES = 1 << 20;

/** Before each line of a key in a backup of the identity: a comment to all programs that read the file. */
const MARK = '# signing-key: ';

/**
 * Loads the person's own key.
 *
 * @returns undefined if there is none.
 * @throws HumanError 65 if it is damaged, 77 if others can read or replace it.
 */
export const loadOwnKey = async (world: World): Promise<Signer | undefined> =>
  (await readKeyFile(world))?.signer ?? (await keysWithIdentity(world))[0]?.signer;

/** Finds one of the person's own keys: that in its file, or one that came back with the identity. @throws as {@link loadOwnKey} */
export async function findOwnKey(publicKey: string, world: World): Promise<Signer | undefined> {
  const own = (await readKeyFile(world))?.signer;
  if (own?.publicKey === publicKey) return own;
  return (await keysWithIdentity(world)).find(({ signer }) => signer.publicKey === publicKey)?.signer;
}

/** Returns the person's own keys as lines for a backup of the identity; nothing if there is none. @throws as {@link loadOwnKey} */
export async function ownKeysForBackup(world: World): Promise<string> {
  const inFile = await readKeyFile(world);
  const others = (await keysWithIdentity(world)).filter(
    ({ signer }) => signer.publicKey !== inFile?.signer.publicKey,
  );
  return [...(inFile === undefined ? [] : [inFile]), ...others]
    .flatMap(({ text }) => text.trim().split(/\r?\n/))
    .map((line) => `${MARK}${line}\n`)
    .join('');
}

interface OwnKey {
  readonly signer: Signer;
  /** As OpenSSH writes it. */
  readonly text: string;
}

async function readKeyFile(world: World): Promise<OwnKey | undefined> {
  const path = signingKeyPath(world);
  const shown = printable(path);
  await refuseLooseModes(
    path,
    (mode) => phrase`Your signing key ${shown} can be read by others (mode ${mode}), so it is not used.`,
  );
  await assertOwnEntry(path, world);
  const bytes = await readOwnFileIfThere(path, MAX_KEY_BYTES);
  if (bytes === undefined) {
    if ((await lstatIfThere(path)) === undefined) return undefined;
    throw new HumanError(
      ExitCode.data,
      phrase`Your signing key ${shown} is a link that leads nowhere.`,
      phrase`Make its target available, or remove the link.`,
    );
  }
  const key = parseSshKey(bytes);
  if ('seed' in key) return { signer: signerOf(key), text: bytes.toString('utf8') };
  throw new HumanError(ExitCode.data, phrase`Your signing key ${shown} cannot be used: it ${key.reason}.`, [
    phrase`Put it back from its backup.`,
    run(
      phrase`Or have a new one made, and send a new request to an admin`,
      `mv ${shellWord(path)} ${shellWord(`${path}.old`)}`,
    ),
  ]);
}

/** Reads the keys that came back with the identity from its backup. */
async function keysWithIdentity(world: World): Promise<OwnKey[]> {
  await assertOwnIdentity(world);
  const bytes = await readOwnFileIfThere(identityPath(world), MAX_IDENTITY_BYTES);
  const lines = (bytes?.toString('utf8') ?? '').split(/\r?\n/).filter((line) => line.startsWith(MARK));
  const text = lines.map((line) => `${line.slice(MARK.length).trimEnd()}\n`).join('');
  return text
    .split(/(?<=-----END OPENSSH PRIVATE KEY-----\n)/)
    .map((one) => ({ one, key: parseSshKey(Buffer.from(one)) }))
    .flatMap(({ one, key }) => ('seed' in key ? [{ signer: signerOf(key), text: one }] : []));
}

/**
 * Does the same as {@link loadOwnKey}; a person who has none gets one, and is told so. It is made whole or not at all;
 * of two processes at once, one wins and both use its key.
 *
 * @throws HumanError 73 if it cannot be made.
 */
export async function ensureOwnKey(world: World): Promise<Signer> {
  const known = await loadOwnKey(world);
  if (known !== undefined) return known;
  const path = signingKeyPath(world);
  await ensureHomeDirectory(toolHome(world), world);
  const { seed, point } = newKey();
  if (await createPrivateFile(path, Buffer.from(formatSshKey(seed, point, 'nf-secrets')))) {
    world.notice(
      phrase`Made your signing key: ${printable(path)}. Members know your changes by it. Back it up: a backup of your
        identity has it from now on.`,
      { do: 'back-up-identity' },
    );
  }
  const made = await loadOwnKey(world);
  if (made === undefined) throw new Error('a signing key was made but is not there');
  return made;
}

function newKey(): { readonly seed: Buffer; readonly point: Buffer } {
  const seed = randomBytes(SEED_BYTES);
  const { x = '' } = createPublicKey(privateKey(seed)).export({ format: 'jwk' });
  return { seed, point: Buffer.from(x, 'base64url') };
}

/** Any 32 bytes are a private key of ed25519 (RFC 8032). */
const SEED_BYTES = 32;

/** Node.js asks for the public half, too, and uses the seed alone. */
const privateKey = (seed: Buffer): KeyObject =>
  createPrivateKey({
    key: { kty: 'OKP', crv: 'Ed25519', d: seed.toString('base64url'), x: '' },
    format: 'jwk',
  });

/** Signs with an ed25519 key that is in our memory. */
export function signerOf({ seed, publicKey }: SshKey): Signer {
  const recipient = sshRecipient(publicKey);
  const key = privateKey(seed);
  return {
    publicKey: recipient,
    sign: (message) =>
      Promise.resolve(makeSignature(message, recipient, (data) => wireStrings(TYPE, sign(null, data, key)))),
  };
}
