import { createPrivateFile, removeAbandoned, statIfThere } from '../system/durable-file.ts';
import { ExitCode, HumanError } from '../system/human-error.ts';
import { identityPath, signingKeyPath, toolHome, userVaultPath } from '../system/paths.ts';
import { printable, shellWord } from '../system/printable.ts';
import type { SecretValue } from '../secrets/secret-value.ts';
import { type KeySource, keySources, usualSshKey } from './key-sources.ts';
import type { KeyProblem } from './key-text.ts';
import { assertOwnEntry, ensureHomeDirectory, refuseLooseModes } from '../system/tool-home.ts';
import { timestamp, type World } from '../system/world.ts';
import { type Phrase, phrase } from '../system/phrase.ts';
import { type Remedy, run, runForShell } from '../system/remedy.ts';

/** A person's key: one of age, or of SSH. */
export interface Identity {
  /** The secret half: `AGE-SECRET-KEY-1…`, or the text of an SSH private key. */
  readonly key: SecretValue;
  /** The public half, `age1…` or `ssh-ed25519 AAAA…`: vaults are encrypted to it. */
  readonly recipient: string;
  /** Path or variable that it was found in, for messages. */
  readonly source: string;
}

/**
 * Loads all keys at hand, in the order in which they count: see {@link keySources}. All may be tried on a vault; the
 * first one's recipient is the person's own. A key that exists but cannot be used is never passed over in silence.
 *
 * @param recipients - recipients of the file to open; sops's usual SSH key may be one of them.
 * @throws HumanError 65 if our own file is damaged, 77 if others can read it, or a key that is configured elsewhere
 *   cannot be used.
 */
export async function loadIdentities(world: World, recipients: readonly string[] = []): Promise<Identity[]> {
  await assertOwnIdentity(world);
  const found: Identity[] = [];
  const unused: HumanError[] = [];
  const usualSsh = await usualSshKey(recipients, world);
  for (const source of [...keySources(world), ...(usualSsh === undefined ? [] : [usualSsh])]) {
    const { keys, problems } = (await source.read()) ?? { keys: [], problems: [] };
    for (const { key, recipient } of keys) {
      if (!found.some((known) => known.recipient === recipient))
        found.push({ key, recipient, source: source.label });
    }
    for (const problem of problems) {
      const refusal = keyRefusal(source, problem);
      // A key that only other programs can use may be beside one that we use, and also where sops looks by itself.
      const tolerated = problem.kind !== 'broken' && (keys.length > 0 || source.kind === 'usual');
      if (!tolerated) throw refusal;
      unused.push(refusal);
    }
  }
  const [first] = unused;
  if (found.length === 0 && first !== undefined) throw first;
  for (const unusedKey of unused) noticeOnce(phrase`Not used: ${unusedKey.phrase}`, world);
  return found;
}

/** Refuses an identity file that others can read or replace. @throws HumanError 77 */
export async function assertOwnIdentity(world: World): Promise<void> {
  const path = identityPath(world);
  await refuseLooseModes(
    path,
    (mode) =>
      phrase`Your identity ${printable(path)} can be read by others (mode ${mode}), so it is not used.`,
  );
  await assertOwnEntry(path, world);
}

function keyRefusal(
  { kind, subject, unset }: KeySource,
  { kind: problem, reason, remedies }: KeyProblem,
): HumanError {
  if (kind === 'own' && problem !== 'other-kind') {
    return new HumanError(
      ExitCode.data,
      phrase`${subject} is damaged: it ${reason}.`,
      phrase`Put the identity back from its backup. Without it, vaults that only it can open stay closed.`,
    );
  }
  return new HumanError(ExitCode.notPermitted, phrase`${subject} ${reason}.`, [
    ...remedies,
    ...(unset === undefined ? [] : [runForShell(phrase`Or do without it`, unset)]),
  ]);
}

const noticed = new WeakMap<World, Set<string>>();

function noticeOnce(notice: Phrase, world: World): void {
  const lines = noticed.get(world) ?? new Set();
  noticed.set(world, lines);
  if (!lines.has(String(notice))) world.notice(notice);
  lines.add(String(notice));
}

/**
 * Does the same as {@link loadIdentities}; a person who has none gets one, in {@link identityPath}, and is told so.
 * For code that creates vaults, not for code that only reads them.
 *
 * @throws HumanError 77 if there is none, but there is a user vault that one was used for.
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
 * Makes the error for an identity that is gone, when what was encrypted to it is not. A new one in the same file would
 * be overwritten when the old one is put back, and everything encrypted to the new one would be lost.
 */
export function identityMissing(world: World): HumanError {
  return new HumanError(
    ExitCode.notPermitted,
    phrase`Your identity (age key) is missing, and ${printable(userVaultPath(world))} does not open without
      it.`,
    identityRemedies(world),
  );
}

/** Remedies for a person if their user vault does not open, with what is lost and what is not. */
export function identityRemedies(world: World): Remedy[] {
  const vault = userVaultPath(world);
  return [
    ...putBackIdentity(world),
    phrase`Without a backup the values in this file are lost. Workspace secrets are
      not lost where another member can add your new key.`,
    { do: 'list-secrets', lead: phrase`To see the names that are lost` },
    run(phrase`To start anew, move the file away`, `mv ${shellWord(vault)} ${shellWord(`${vault}.lost`)}`),
  ];
}

export function putBackIdentity(world: World): Remedy[] {
  return [
    run(
      phrase`Put your identity back from its backup`,
      `(umask 077; age -d BACKUP > ${shellWord(identityPath(world))})`,
    ),
    phrase`Or name the backup in SOPS_AGE_KEY_FILE.`,
  ];
}

/** Makes the identity file whole or not at all; of two processes at once, one wins and both use its key. */
async function createIdentityFile(world: World): Promise<void> {
  const path = identityPath(world);
  const { generateX25519Identity, identityToRecipient } = await import('age-encryption');
  const key = await generateX25519Identity();
  const recipient = await identityToRecipient(key);
  const text = `# created: ${timestamp(world.now())}\n# public key: ${recipient}\n${key}\n`;
  await ensureHomeDirectory(toolHome(world), world);
  if (!(await createPrivateFile(path, Buffer.from(text)))) return;
  world.notice(
    phrase`Made your identity (age key): ${printable(path)}. Back it up: without it your secrets cannot be read
      again.`,
    { do: 'back-up-identity' },
  );
}

/** Removes the files that are left if the making of an identity or of a signing key was killed. */
export async function removeUnfinishedKeys(world: World): Promise<void> {
  if ((await statIfThere(toolHome(world))) === undefined) return;
  for (const path of [identityPath(world), signingKeyPath(world)]) await removeAbandoned(path);
}

/**
 * Makes a copy of the identity that only a passphrase opens: an age file, which `age -d` opens too.
 *
 * @param comments - lines that come after the keys, such as the signing key: no key to programs that read it.
 * @throws HumanError 77 if there is no identity to back up.
 */
export async function encryptIdentities(
  identities: readonly Identity[],
  passphrase: SecretValue,
  comments = '',
): Promise<Buffer> {
  const { armor, Encrypter } = await import('age-encryption');
  const ofAge = identities.filter(({ recipient }) => recipient.startsWith('age1'));
  if (ofAge.length === 0) {
    throw new HumanError(
      ExitCode.notPermitted,
      phrase`Your only key is one of SSH, which does not go into an age identity file; nothing was written.`,
      phrase`Keep a backup of the SSH key itself, and of the file signing-key if you have one.`,
    );
  }
  const lines = ofAge.map(({ key, recipient }) => `# public key: ${recipient}\n${key.reveal()}\n`);
  const encrypter = new Encrypter();
  encrypter.setPassphrase(passphrase.reveal());
  return Buffer.from(`${armor.encode(await encrypter.encrypt(lines.join('') + comments))}\n`);
}
