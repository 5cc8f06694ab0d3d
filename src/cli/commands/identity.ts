import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { lstatIfThere } from '../../core/system/durable-file.ts';
import { ExitCode, fileError, HumanError, systemErrorCode } from '../../core/system/human-error.ts';
import { encryptIdentities, ensureIdentities, loadIdentities } from '../../core/vault/identity.ts';
import { printable, printableJson, shellWord } from '../../core/system/printable.ts';
import { SecretValue } from '../../core/secrets/secret-value.ts';
import { askHidden, readInput, refuseToEcho } from '../ask.ts';
import { jsonOption } from '../options.ts';
import type { Shell } from '../shell.ts';

const MAX_PASSPHRASE_BYTES = 1024;

export function addIdentity(program: Command, shell: Shell): void {
  const identity = program
    .command('identity')
    .summary('your age key: show its public half, back it up')
    .description(
      'Your identity is the age key that opens your vaults. All keys in these places are tried, in this order; the ' +
        'first is your own:\n  $NF_SECRETS_HOME/identity.txt (default ~/.local/share/nf-secrets), SOPS_AGE_KEY, SOPS_AGE_KEY_FILE,\n  SOPS_AGE_KEY_CMD, ' +
        "sops's own key file (~/.config/sops/age/keys.txt; on macOS\n  ~/Library/Application Support/sops/age/keys.txt), SOPS_AGE_SSH_PRIVATE_KEY_FILE, SOPS_AGE_SSH_PRIVATE_KEY_CMD.\n" +
        'One that cannot be used is refused (77). Without any, a first one is made when a first secret is set.',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  nf-secrets identity show\n  nf-secrets identity backup ~/usb/nf-secrets.age',
    );
  identity
    .command('show')
    .summary('print the public key')
    .description('Prints the public key (age1…), for others to add you to their vaults.')
    .addOption(jsonOption())
    .action(async (options: { json?: true }) => {
      const [own] = await ensureIdentities(shell.world);
      const { recipient, source } = own;
      await shell.print(
        options.json === true ? `${printableJson({ recipient, source })}\n` : `${recipient}\n`,
      );
      if (options.json !== true) shell.world.say(`From ${printable(source)}`);
    });
  identity
    .command('backup')
    .summary('write a copy that only a passphrase opens')
    .description(
      'Writes your age keys as an age file under a passphrase; without a terminal the passphrase is the first line of stdin.',
    )
    .argument('<file>', 'must not exist yet')
    .addHelpText(
      'after',
      '\nPut it back with:\n  (umask 077; age -d FILE > ~/.local/share/nf-secrets/identity.txt)',
    )
    .action(async (file: string) => {
      await backup(resolve(shell.world.cwd, file), shell);
    });
}

async function backup(path: string, { world, canAsk }: Shell): Promise<void> {
  const identities = await loadIdentities(world);
  if (identities.length === 0) {
    throw new HumanError(
      ExitCode.notPermitted,
      'There is no identity to back up.',
      'nf-secrets identity show makes one.',
    );
  }
  const exists = new HumanError(
    ExitCode.cannotCreate,
    `${printable(path)} exists; it was not changed.`,
    'Choose another name.',
  );
  // Before the passphrase is asked for, twice.
  if ((await lstatIfThere(path)) !== undefined) throw exists;
  const passphrase = canAsk ? await askPassphrase() : await firstLine();
  if (passphrase.reveal() === '')
    throw new HumanError(ExitCode.usage, 'The passphrase is empty; nothing was written.');
  try {
    await writeFile(path, await encryptIdentities(identities, passphrase), {
      mode: 0o600,
      flag: 'wx',
      flush: true,
    });
  } catch (error) {
    if (systemErrorCode(error) !== 'EEXIST') throw fileError(error, 'write', printable(path));
    throw exists;
  }
  world.say(`Wrote ${printable(path)}. It opens with: age -d ${shellWord(path)}`);
}

async function askPassphrase(): Promise<SecretValue> {
  const first = await askHidden('Passphrase (hidden):');
  const second = await askHidden('Again:');
  if (first.reveal() === second.reveal()) return first;
  throw new HumanError(ExitCode.usage, 'The two passphrases differ; nothing was written.');
}

async function firstLine(): Promise<SecretValue> {
  refuseToEcho();
  const bytes = await readInput(process.stdin, MAX_PASSPHRASE_BYTES, 'The passphrase');
  return new SecretValue(bytes.toString('utf8').split(/\r?\n/)[0] ?? '');
}
