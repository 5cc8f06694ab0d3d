import { resolve } from 'node:path';
import type { Command } from 'commander';
import { ExitCode, HumanError } from '../../core/system/human-error.ts';
import { ensureIdentities } from '../../core/vault/identity.ts';
import { backUpIdentity } from '../../core/vault/identity-backup.ts';
import { printable, printableJson, shellWord } from '../../core/system/printable.ts';
import { SecretValue } from '../../core/secrets/secret-value.ts';
import { askHidden, readInput, refuseToEcho } from '../ask.ts';
import { jsonOption, examples } from '../options.ts';
import type { Shell } from '../shell.ts';

const MAX_PASSPHRASE_BYTES = 1024;

export function addIdentity(program: Command, shell: Shell): void {
  const identity = program
    .command('identity')
    .summary('show or back up your age key')
    .description(
      'Your identity is the age key that opens your vaults. If you have none, nf-secrets makes one when you set your ' +
        'first secret.',
    )
    .addHelpText(
      'after',
      `
nf-secrets looks for keys here, in this order. The first one is your identity; the others open vaults too.
  $NF_SECRETS_HOME/identity.txt    NF_SECRETS_HOME is ~/.local/share/nf-secrets by default
  SOPS_AGE_KEY, SOPS_AGE_KEY_FILE, SOPS_AGE_KEY_CMD
  ~/.config/sops/age/keys.txt      on macOS: ~/Library/Application Support/sops/age/keys.txt
  SOPS_AGE_SSH_PRIVATE_KEY_FILE, SOPS_AGE_SSH_PRIVATE_KEY_CMD
A key that cannot be used is an error (exit code 77).
${examples('nf-secrets identity show', 'nf-secrets identity backup ~/nf-secrets-identity.age')}`,
    );
  identity
    .command('show')
    .summary('print the public key')
    .description('Prints your public key (age1…). Others add it to their vaults, so that you can read them.')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples('nf-secrets identity show', 'nf-secrets identity show --json | jq -r .recipient'),
    )
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
      'Writes your age keys into an age file that a passphrase opens, with the signing key that nf-secrets made for you. ' +
        'Without a terminal, the passphrase is the first line of stdin.',
    )
    .argument('<file>', 'a file that does not exist yet')
    .addHelpText(
      'after',
      `${examples('nf-secrets identity backup ~/nf-secrets-identity.age')}

To put the keys back, the signing key too:
  (umask 077; age -d ~/nf-secrets-identity.age > ~/.local/share/nf-secrets/identity.txt)`,
    )
    .action(async (file: string) => {
      await backup(resolve(shell.world.cwd, file), shell);
    });
}

async function backup(path: string, { world, canAsk }: Shell): Promise<void> {
  const { hasSigningKey } = await backUpIdentity(path, canAsk ? askPassphrase : firstLine, world);
  const more = hasSigningKey ? ' It has your signing key, too.' : '';
  world.say(`Wrote ${printable(path)}.${more} It opens with: age -d ${shellWord(path)}`);
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
