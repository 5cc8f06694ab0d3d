import type { SecretValue } from '../secrets/secret-value.ts';
import { lstatIfThere, PRIVATE_FILE } from '../system/durable-file.ts';
import { open } from '../system/file-calls.ts';
import { ExitCode, fileError, HumanError, systemErrorCode } from '../system/human-error.ts';
import { phrase } from '../system/phrase.ts';
import { printable } from '../system/printable.ts';
import type { World } from '../system/world.ts';
import { encryptIdentities, loadIdentities } from './identity.ts';
import { ownKeysForBackup } from './members/own-key.ts';

/** A backup that was written. */
export interface IdentityBackup {
  /** True if it has the signing key that nf-secrets made for the person. */
  readonly hasSigningKey: boolean;
}

/**
 * Writes the person's keys into an age file that a passphrase opens. A file that is there stays as it is.
 *
 * @param path - absolute.
 * @param askPassphrase - is called once all else is known to work, so that nobody types it in vain.
 * @throws HumanError 64 if the passphrase is empty, 73 if there is such a file, 74, 77 if there is no identity.
 */
export async function backUpIdentity(
  path: string,
  askPassphrase: () => Promise<SecretValue>,
  world: World,
): Promise<IdentityBackup> {
  const identities = await loadIdentities(world);
  if (identities.length === 0) {
    throw new HumanError(ExitCode.notPermitted, phrase`There is no identity to back up.`, {
      do: 'show-identity',
    });
  }
  const signingKeys = await ownKeysForBackup(world);
  if ((await lstatIfThere(path)) !== undefined) throw exists(path);
  const passphrase = await askPassphrase();
  if (passphrase.reveal() === '')
    throw new HumanError(ExitCode.usage, phrase`The passphrase is empty; nothing was written.`);
  await writeNew(path, await encryptIdentities(identities, passphrase, signingKeys));
  return { hasSigningKey: signingKeys !== '' };
}

const exists = (path: string): HumanError =>
  new HumanError(
    ExitCode.cannotCreate,
    phrase`${printable(path)} exists; it was not changed.`,
    phrase`Choose another name.`,
  );

/** Writes a new file in place: a stick with a simple file system has no links to make it whole or not at all by. */
async function writeNew(path: string, bytes: Buffer): Promise<void> {
  try {
    const file = await open(path, 'wx', PRIVATE_FILE);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    if (systemErrorCode(error) !== 'EEXIST') throw fileError(error, 'write', printable(path));
    throw exists(path);
  }
}
