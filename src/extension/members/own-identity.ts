import { env, l10n, Uri, window } from 'vscode';
import { printable } from '../../core/system/printable.ts';
import { SecretValue } from '../../core/secrets/secret-value.ts';
import { ensureIdentities } from '../../core/vault/identity.ts';
import { backUpIdentity } from '../../core/vault/identity-backup.ts';
import { withoutLinks } from '../plain-text.ts';
import type { Services } from '../services.ts';
import { askInSteps, askText } from '../steps.ts';
import { tellingWorld } from '../telling-world.ts';

/** Writes a copy of the person's keys that only a passphrase opens, into a file that the person names. */
export async function backUpOwnIdentity({ openWorld }: Services): Promise<void> {
  const world = openWorld(undefined);
  const uri = await window.showSaveDialog({
    title: l10n.t('Back Up Identity'),
    saveLabel: l10n.t('Back Up'),
    defaultUri: Uri.joinPath(Uri.file(world.homeDir ?? '/'), 'nf-secrets-identity.age'),
    filters: { age: ['age'] },
  });
  if (uri === undefined) return;
  const { hasSigningKey } = await backUpIdentity(uri.fsPath, askPassphrase, world);
  const wrote = l10n.t(
    'Wrote {0}. Keep it away from this machine, and the passphrase away from the file.',
    printable(uri.fsPath),
  );
  const more = hasSigningKey ? [l10n.t('It has your signing key, too.')] : [];
  void window.showInformationMessage(withoutLinks([wrote, ...more].join(' ')));
}

/** Asks for a new passphrase, twice and hidden. @throws CancellationError */
async function askPassphrase(): Promise<SecretValue> {
  let first = '';
  await askInSteps(l10n.t('Back Up Identity'), [
    async (frame) => {
      first = await askText(frame, {
        prompt: l10n.t('A passphrase for the backup, hidden. Without it nobody can open the backup.'),
        hidden: true,
        validate: (text) => (text === '' ? l10n.t('A passphrase has at least one character.') : undefined),
      });
      return undefined;
    },
    async (frame) => {
      await askText(frame, {
        prompt: l10n.t('The same passphrase again'),
        hidden: true,
        validate: (text) => (text === first ? undefined : l10n.t('The two passphrases differ.')),
      });
      return undefined;
    },
  ]);
  return new SecretValue(first);
}

/** Puts the person's public key into the clipboard. Who has none gets an identity. */
export async function copyPublicKey({ openWorld }: Services): Promise<void> {
  const { world, tell } = tellingWorld(openWorld(undefined));
  const [{ recipient, source }] = await ensureIdentities(world);
  await env.clipboard.writeText(recipient);
  window.setStatusBarMessage(
    `$(copy) ${withoutLinks(l10n.t('Your public key is in the clipboard. It is that of {0}.', printable(source)))}`,
    10_000,
  );
  tell();
}
