import { ExitCode, HumanError } from '../system/human-error.ts';
import { printable } from '../system/printable.ts';
import { CLEAR_SUFFIX } from '../secrets/secret-name.ts';
import { type JsonObject, JsonNumber } from '../system/json-tree.ts';
import { phrase } from '../system/phrase.ts';

/** Rules of sops that would leave values in clear text or out of the MAC, or need other keys than ours. */
const OTHER_RULES = [
  'encrypted_suffix',
  'encrypted_regex',
  'unencrypted_regex',
  'encrypted_comment_regex',
  'unencrypted_comment_regex',
  'mac_only_encrypted',
  'shamir_threshold',
  'key_groups',
];

/** @throws HumanError 65 if a file of sops follows another encryption rule than a vault's. */
export function checkRule(metadata: JsonObject, path: string): void {
  const suffix = metadata.get('unencrypted_suffix');
  if (suffix !== CLEAR_SUFFIX) {
    throw new HumanError(
      ExitCode.data,
      phrase`${printable(path)} does not have the encryption rule of a vault: unencrypted_suffix must be
        "${CLEAR_SUFFIX}". It was not changed.`,
      [
        phrase`Put the file back from git or a backup, or encrypt it anew: sops encrypt --unencrypted-suffix
          ${CLEAR_SUFFIX} …`,
        { do: 'open-file', path },
      ],
    );
  }
  for (const rule of OTHER_RULES) {
    const value = metadata.get(rule) ?? null;
    const off =
      value === null ||
      value === false ||
      value === '' ||
      (value instanceof JsonNumber && Number(value.text) === 0) ||
      (Array.isArray(value) && value.length === 0);
    if (off) continue;
    throw new HumanError(
      ExitCode.data,
      phrase`${printable(path)} sets the sops rule "${rule}", which vaults do not use. It was not changed.`,
      [
        phrase`Someone may have changed it by hand. Put the file back from git or a backup.`,
        { do: 'open-file', path },
      ],
    );
  }
}
