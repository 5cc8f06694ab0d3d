import type { JsonObject } from '../system/json-tree.ts';
import { nameOfKmsHolder } from './kms/kms-entry.ts';

/** The parts of sops's metadata that hold the data key for others than age recipients, as people call them. */
export const OTHER_KEYS: ReadonlyMap<string, string> = new Map([
  ['kms', 'KMS'],
  ['gcp_kms', 'GCP KMS'],
  ['azure_kv', 'Azure Key Vault'],
  ['hc_vault', 'HashiCorp Vault'],
  ['pgp', 'PGP'],
]);

/** Returns sops's name for the key, which is in other fields for each kind of entry. */
export function nameOfHolder(kind: string, holder: JsonObject): string {
  if (kind === 'kms') return nameOfKmsHolder(holder);
  const parts = [
    'fp',
    'resource_id',
    'vault_url',
    'vaultUrl',
    'vault_address',
    'engine_path',
    'key_name',
    'name',
    'version',
  ];
  return parts
    .flatMap((part) => {
      const value = holder.get(part);
      return typeof value === 'string' ? [value] : [];
    })
    .join(' ');
}
