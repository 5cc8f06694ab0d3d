import { resolve } from 'node:path';
import { readRegularFile } from '../../system/open-file.ts';
import { ExitCode, fileError, HumanError } from '../../system/human-error.ts';
import { phrase } from '../../system/phrase.ts';
import { printable } from '../../system/printable.ts';
import type { World } from '../../system/world.ts';
import { ensureIdentities } from '../identity.ts';
import { assertLabel } from './membership.ts';
import { ownLabel } from './own-label.ts';
import { formatRequest, type MemberRequest, parseRequest } from './request.ts';
import { findSigner, ownSigner, type Signer } from './signer.ts';
import { signingKeyOf } from './sshsig.ts';

/** Largest file with a public key, in bytes. */
const MAX_KEY_BYTES = 64 << 10;

export interface RequestOptions {
  /** Default: made of the names of the person and the machine. */
  readonly label?: string | undefined;
  /** File with the public half of an SSH key to sign with. Default: a key of our own. */
  readonly signingKey?: string | undefined;
}

/**
 * Makes a request to become a member. Makes the keys that the person does not have yet.
 *
 * @throws HumanError 64 for a label that is none, 65 for a file that is no public key; as {@link findSigner}.
 */
export async function makeRequest(
  { label, signingKey }: RequestOptions,
  world: World,
): Promise<{ readonly line: string; readonly request: MemberRequest }> {
  const wanted = label ?? ownLabel(world);
  assertLabel(wanted);
  const [{ recipient }] = await ensureIdentities(world);
  const signer = await chosenSigner(signingKey, world);
  const line = await formatRequest({ label: wanted, recipients: [recipient] }, world.now(), signer);
  return { line, request: parseRequest(line) };
}

/**
 * Finds the signer for a public key that a person names, or their own.
 *
 * @param file - file with the public key.
 */
export async function chosenSigner(file: string | undefined, world: World): Promise<Signer> {
  if (file === undefined) return ownSigner(world);
  const path = resolve(world.cwd, file);
  const bytes = await readRegularFile(path, { limit: MAX_KEY_BYTES }).catch((error: unknown) => {
    throw fileError(error, 'read', path, false);
  });
  const text = bytes.toString('utf8').trim();
  if (text.includes('PRIVATE KEY')) {
    throw new HumanError(
      ExitCode.data,
      phrase`${printable(path)} is a private key, and the public one is needed.`,
      phrase`Name the file that ends with .pub: the private half is found by it.`,
    );
  }
  const publicKey = signingKeyOf(text);
  if (publicKey !== undefined) return findSigner(world, publicKey, path);
  throw new HumanError(
    ExitCode.data,
    phrase`${printable(path)} has no SSH public key that can sign here.`,
    phrase`It can be of the types ssh-ed25519, ecdsa, RSA from 2048 bits on, or a hardware key (sk-…).`,
  );
}
