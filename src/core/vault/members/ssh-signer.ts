import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { readOwnFileIfThere, writePrivateFile } from '../../system/durable-file.ts';
import { commandOutput } from '../../system/command-output.ts';
import { findOnPath } from '../../system/find-on-path.ts';
import { ExitCode, HumanError } from '../../system/human-error.ts';
import { toolHome } from '../../system/paths.ts';
import { Phrase, phrase, type PhraseArgument, verbatim } from '../../system/phrase.ts';
import { printable, shellWord } from '../../system/printable.ts';
import { type Remedy, run } from '../../system/remedy.ts';
import { ensureHomeDirectory } from '../../system/tool-home.ts';
import type { World } from '../../system/world.ts';
import { publicKeyFile, rememberKeyFile } from './ssh-key-files.ts';
import { claimedKey, exactArmor, keyFingerprint, NAMESPACE, type Signer, verifySignature } from './sshsig.ts';

// Keys of SSH sign through `ssh-keygen -Y sign` (OpenSSH 8.1 or newer), which knows agents, passphrases and hardware. It
// is told the public half. The private one it takes from the agent, or from the file beside the public one.

/** Time limit, in ms: enough to type a passphrase or to touch a key. */
const PATIENCE = 120_000;
const MAX_PUBLIC_BYTES = 64 << 10;
const MAX_SIGNATURE_BYTES = 64 << 10;

/**
 * Its input is the message, no terminal, so it would ask in a window, and fail where no program makes one: on the terminal
 * or not at all. OpenSSH before 8.4 knows the display alone.
 */
const WITHOUT_WINDOWS = { SSH_ASKPASS_REQUIRE: 'never', DISPLAY: undefined, WAYLAND_DISPLAY: undefined };

/**
 * Finds the private half of an SSH key that ssh-keygen can sign with.
 *
 * @param named - file with the public half that the person has named; it is noted if it signs.
 * @throws HumanError 77 if no file and no agent can have it.
 */
export async function sshSigner(publicKey: string, world: World, named?: string): Promise<Signer> {
  const file = await publicKeyFile(publicKey, named, world);
  if (file === undefined && !world.env['SSH_AUTH_SOCK']) throw notFound(publicKey, world);
  return {
    publicKey,
    sign: async (message) => {
      const signature = await signWith(publicKey, file, message, world);
      if (file !== undefined && file === named) await rememberKeyFile(publicKey, file, world);
      return signature;
    },
  };
}

async function signWith(
  publicKey: string,
  beside: string | undefined,
  message: Uint8Array,
  world: World,
): Promise<string> {
  const program = findOnPath('ssh-keygen', world);
  const refuse = (reason: PhraseArgument): HumanError => cannotSign(publicKey, beside, reason, world);
  if (program === undefined)
    throw refuse(phrase`there is no ssh-keygen on the PATH (OpenSSH 8.1 or newer is needed)`);
  if (world.startsNothing === true) throw refuse(phrase`no program is started in Restricted Mode`);
  const file = beside ?? (await fileForAgent(publicKey, world));
  const lines: string[] = [];
  const output = await commandOutput([program, '-q', '-Y', 'sign', '-n', NAMESPACE, '-f', file], {
    env: { ...world.env, ...WITHOUT_WINDOWS },
    cwd: world.cwd,
    input: message,
    maxBytes: MAX_SIGNATURE_BYTES,
    timeoutMs: PATIENCE,
    terminal: world.hasTerminal === true ? 'own' : 'none',
    onLine: (line) => lines.push(printable(line).replace(/^Enter passphrase[^:]*: /, '')),
  });
  if (output instanceof Phrase) {
    const last = lines.at(-1);
    throw refuse(last === undefined ? output : phrase`${output}: ${verbatim(last.slice(0, 200))}`);
  }
  return checked(output.toString('latin1'), publicKey, message, refuse);
}

/** Makes sure that others will find the signature right. */
function checked(
  text: string,
  publicKey: string,
  message: Uint8Array,
  refuse: (reason: Phrase) => HumanError,
): string {
  const verified = verifySignature(text, message);
  if ('problem' in verified) throw refuse(phrase`what it printed is of no use: ${verified.problem}`);
  if (claimedKey(text) !== publicKey) throw refuse(phrase`it has signed with another key`);
  return exactArmor(text) ?? '';
}

/** The public half in a file: ssh-keygen asks the agent for the private one, and finds none beside it. */
async function fileForAgent(publicKey: string, world: World): Promise<string> {
  const home = toolHome(world);
  const hash = createHash('sha256').update(publicKey).digest('hex').slice(0, 16);
  const path = join(home, `agent-${hash}.pub`);
  const content = Buffer.from(`${publicKey}\n`);
  await ensureHomeDirectory(home, world);
  const present = await readOwnFileIfThere(path, MAX_PUBLIC_BYTES).catch(() => undefined);
  if (present?.equals(content) !== true) await writePrivateFile(path, content, { durable: false });
  return path;
}

function notFound(publicKey: string, { homeDir }: World): HumanError {
  const directory = join(homeDir ?? '~', '.ssh');
  return new HumanError(
    ExitCode.notPermitted,
    phrase`Your signing key in this workspace is not at hand: ${keyFingerprint(publicKey)}. It is not the one that
      nf-secrets has made for you, ${printable(directory)} has no such .pub file, and no SSH agent runs.`,
    [run(phrase`Add it to an SSH agent`, 'ssh-add FILE'), NAME_FILE, ANOTHER_KEY],
  );
}

function cannotSign(
  publicKey: string,
  beside: string | undefined,
  reason: PhraseArgument,
  { hasTerminal }: World,
): HumanError {
  const key = keyFingerprint(publicKey);
  const file = beside === undefined ? 'FILE' : shellWord(beside.replace(/\.pub$/, ''));
  const lead =
    hasTerminal === true || beside === undefined
      ? phrase`Add it to the SSH agent`
      : phrase`Nobody can be asked for a passphrase here: add the key to the SSH agent`;
  const remedies: Remedy[] = [run(lead, `ssh-add ${file}`), ANOTHER_KEY];
  return new HumanError(
    ExitCode.notPermitted,
    phrase`ssh-keygen did not sign with your key ${key}: ${reason}. Nothing was changed.`,
    remedies,
  );
}

const NAME_FILE: Remedy = {
  do: 'request-membership',
  withSigningKey: true,
  lead: phrase`Or name its file once, and it is found from then on`,
};

const ANOTHER_KEY: Remedy = {
  do: 'request-membership',
  lead: phrase`Or have an admin take another key of yours`,
};
