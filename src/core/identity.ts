import { link, unlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import {
  ensurePrivateDirectory,
  PRIVATE_FILE,
  readFileIfThere,
  statIfThere,
  writeBeside,
  removeAbandoned,
} from './durable-file.ts';
import { ExitCode, fileError, HumanError, systemErrorCode } from './human-error.ts';
import { identityPath, toolHome, userVaultPath } from './places.ts';
import { printable, shellWord } from './printable.ts';
import { SecretValue } from './secret-value.ts';
import { timestamp, type World } from './world.ts';

/** A person's age key. */
export interface Identity {
  /** The secret half, `AGE-SECRET-KEY-1…`. */
  readonly key: SecretValue;
  /** The public half, `age1…`: what vaults are encrypted to. */
  readonly recipient: string;
  /** Where it was found, for messages. */
  readonly source: string;
}

/** Far more than anybody's keys need; a larger file is not one of keys. In bytes. */
const MAX_IDENTITY_FILE = 1 << 20;

/**
 * All age keys at hand, in the order in which they count: our own file, `SOPS_AGE_KEY`, `SOPS_AGE_KEY_FILE`,
 * sops's default key file. All may be tried on a vault; the first one's recipient is the person's own.
 *
 * @throws HumanError 65 if our own file is damaged, 74 if one cannot be read, 77 if others can read our own.
 */
export async function loadIdentities(world: World): Promise<Identity[]> {
  const found: Identity[] = [];
  const add = async (text: string, source: string, own: boolean): Promise<void> => {
    const keys = await parseIdentities(text, source, own);
    found.push(...keys.filter(({ recipient }) => !found.some((known) => known.recipient === recipient)));
  };
  const addFile = async (path: string, own: boolean): Promise<boolean> => {
    const bytes = await readFileIfThere(path, MAX_IDENTITY_FILE);
    if (bytes !== undefined) await add(bytes.toString('utf8'), path, own);
    return bytes !== undefined;
  };

  await refuseLooseModes(identityPath(world));
  await addFile(identityPath(world), true);
  const inline = world.env['SOPS_AGE_KEY'];
  if (inline) await add(inline, 'SOPS_AGE_KEY', false);
  const file = world.env['SOPS_AGE_KEY_FILE'];
  const absent = file && !(await addFile(resolve(world.cwd, file), false));
  await addFile(sopsKeyFile(world), false);
  if (found.length === 0 && absent) {
    throw new HumanError(
      ExitCode.notPermitted,
      `SOPS_AGE_KEY_FILE names ${printable(file)}, which does not exist, and there is no other identity.`,
      'Name the file that has your age key, or unset SOPS_AGE_KEY_FILE.',
    );
  }
  return found;
}

/**
 * As {@link loadIdentities}; a person who has none gets one, in {@link identityPath}, and is told so.
 * For what creates vaults, not for what only reads them.
 *
 * @throws HumanError 77 if there is none, but a user vault that one has been used for.
 */
export async function ensureIdentities(world: World): Promise<[Identity, ...Identity[]]> {
  const [first, ...others] = await loadIdentities(world);
  if (first !== undefined) return [first, ...others];
  if ((await statIfThere(userVaultPath(world))) !== undefined) throw identityMissing(world);
  await createIdentityFile(world);
  const [own] = await loadIdentities(world);
  if (own === undefined) throw new Error('an identity file was made but has no key');
  return [own];
}

/**
 * The identity is gone, but not what was encrypted to it. A new one in its place would be overwritten when the old
 * one is put back, and with it what was encrypted to the new one.
 */
export function identityMissing(world: World): HumanError {
  return new HumanError(
    ExitCode.notPermitted,
    `Your identity (age key) is missing, and ${printable(userVaultPath(world))} does not open without it.`,
    identityRemedy(world),
  );
}

/** What a person can do whose user vault does not open, with what is lost and what is not. */
export function identityRemedy(world: World): string {
  const vault = userVaultPath(world);
  return (
    `${putBackIdentity(world)}\nWithout a backup the values in this file are lost; \`nf-secrets list\` still has their ` +
    'names. Workspace secrets are not lost where another member can add your new key. ' +
    `To start anew, move the file away: mv ${shellWord(vault)} ${shellWord(`${vault}.lost`)}`
  );
}

export function putBackIdentity(world: World): string {
  return `Put your identity back from its backup: (umask 077; age -d BACKUP > ${shellWord(identityPath(world))}); or name it in SOPS_AGE_KEY_FILE.`;
}

/** sops's own default, by platform: see `filippo.io/age` support in sops 3.9. */
function sopsKeyFile(world: World): string {
  const usual = world.platform === 'darwin' ? ['Library', 'Application Support'] : ['.config'];
  return join(world.env['XDG_CONFIG_HOME'] || join(world.homeDir, ...usual), 'sops', 'age', 'keys.txt');
}

/**
 * @param own - our own file, in which each line must be a key. Elsewhere keys of plugins (hardware tokens) and
 *   of SSH, which are sops's business, may stand beside those that we can use.
 */
async function parseIdentities(text: string, source: string, own: boolean): Promise<Identity[]> {
  const shown = printable(source);
  const lines = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  const { identityToRecipient } = await import('age-encryption');
  const identities: Identity[] = [];
  for (const [index, line] of lines.entries()) {
    try {
      identities.push({ key: new SecretValue(line), recipient: await identityToRecipient(line), source });
    } catch {
      if (!own) continue;
      throw new HumanError(
        ExitCode.data,
        `Your identity ${shown} is damaged: line ${index + 1} of its keys is no age key.`,
        'Put the identity back from its backup. Without it, vaults that only it can open stay closed.',
      );
    }
  }
  if (own && identities.length === 0) {
    throw new HumanError(
      ExitCode.data,
      `Your identity ${shown} is damaged: it has no age key (a line that starts with AGE-SECRET-KEY-1).`,
      'Put the identity back from its backup.',
    );
  }
  return identities;
}

/** As ssh does with its keys: what others can read is no secret any more. */
async function refuseLooseModes(path: string): Promise<void> {
  const status = await statIfThere(path);
  if (status === undefined || (status.mode & 0o077) === 0) return;
  throw new HumanError(
    ExitCode.notPermitted,
    `Your identity ${printable(path)} can be read by others (mode ${(status.mode & 0o777).toString(8)}), so it is not used.`,
    `chmod 600 ${shellWord(path)}`,
  );
}

/** Makes the identity file whole or not at all; of two processes at once, one wins and both use its key. */
async function createIdentityFile(world: World): Promise<void> {
  const path = identityPath(world);
  const { generateX25519Identity, identityToRecipient } = await import('age-encryption');
  const key = await generateX25519Identity();
  const recipient = await identityToRecipient(key);
  const text = `# created: ${timestamp(world.now())}\n# public key: ${recipient}\n${key}\n`;
  await ensurePrivateDirectory(toolHome(world));
  for (let made = false; !made;) {
    const temporary = await writeBeside(path, Buffer.from(text), PRIVATE_FILE);
    try {
      // Not a rename: that would replace the key that another process has just made and used.
      await link(temporary, path);
      made = true;
    } catch (error) {
      const code = systemErrorCode(error);
      if (code === 'EEXIST') return;
      // A writer of a vault has tidied our unfinished file up: see removeUnfinishedIdentities.
      if (code !== 'ENOENT') throw fileError(error, 'create', path);
    } finally {
      await unlink(temporary).catch(() => undefined);
    }
  }
  world.say(
    `Made your identity (age key): ${printable(path)}. Back it up: without it your secrets cannot be read again. ` +
      'nf-secrets identity backup FILE makes a copy under a passphrase.',
  );
}

/** Removes what is left where the making of an identity was killed. */
export async function removeUnfinishedIdentities(world: World): Promise<void> {
  if ((await statIfThere(toolHome(world))) !== undefined) await removeAbandoned(identityPath(world));
}

/**
 * A copy of the identity that only a passphrase opens: an age file, which `age -d` opens too.
 *
 * @throws HumanError 77 if there is no identity to back up.
 */
export async function encryptIdentities(
  identities: readonly Identity[],
  passphrase: SecretValue,
): Promise<Buffer> {
  const { armor, Encrypter } = await import('age-encryption');
  const lines = identities.map(({ key, recipient }) => `# public key: ${recipient}\n${key.reveal()}\n`);
  const encrypter = new Encrypter();
  encrypter.setPassphrase(passphrase.reveal());
  return Buffer.from(`${armor.encode(await encrypter.encrypt(lines.join('')))}\n`);
}
