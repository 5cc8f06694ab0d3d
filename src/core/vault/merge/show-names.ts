import { HumanError } from '../../system/human-error.ts';
import { printable } from '../../system/printable.ts';
import { SopsDocument } from '../sops-document.ts';
import { agreedMembers, encryptedSecrets, secretInfo } from '../vault-shape.ts';

/**
 * Describes a version of a vault in lines for `git diff`: names, dates, authors, descriptions, members; never a value.
 * Nothing is decrypted, and a file that is no vault is told to be none.
 */
export function showNames(bytes: Uint8Array): string[] {
  try {
    const document = SopsDocument.parse(bytes, 'vault');
    const names = [...encryptedSecrets(document).keys()].sort();
    return [
      ...names.map((name) => {
        const { updated, updatedBy, description, version } = secretInfo(document, name);
        // The mark of the version: the value may have changed twice in one second.
        const fields = [name, updated, updatedBy, description, `#${version.slice(-33, -25)}`];
        return fields.map((field) => printable(field ?? '-')).join('  ');
      }),
      ...agreedMembers(document).map(
        ({ label, recipient }) => `member  ${printable(label)}  ${printable(recipient)}`,
      ),
    ];
  } catch (error) {
    if (!(error instanceof HumanError)) throw error;
    return [`not a vault of nf-secrets: ${String(error.phrase)}`];
  }
}
