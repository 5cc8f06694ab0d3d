import { settingPath } from '../reading/setting-path.ts';
import { isPlaceholder } from '../../secrets/placeholder.ts';
import type { Reading } from '../reading/reading.ts';

/** Nextflow's own settings for keys and passwords (nextflow.io/docs/latest/reference/config.html). */
const KEY_SETTINGS = new Set([
  'agent.apiKey',
  'aws.client.proxyPassword',
  'aws.secretKey',
  'azure.activeDirectory.servicePrincipalSecret',
  'azure.batch.accountKey',
  'azure.registry.password',
  'azure.storage.accountKey',
  'azure.storage.sasToken',
  'k8s.client.token',
  'mail.smtp.password',
  'registry.apiKey',
  'tower.accessToken',
]);

/** Finds the last words of these settings: a config without any of the words has none of the settings. */
export const KEY_SETTING_WORDS = new RegExp(
  [...KEY_SETTINGS].map((path) => path.slice(path.lastIndexOf('.') + 1)).join('|'),
);

const MIN_KEY_LENGTH = 8;

/** Reports a key that a config has as plain text. The text is the next token. */
export function reportLiteralSecret(reading: Reading, value: string): void {
  const { cursor } = reading;
  const path = settingPath(reading).join('.');
  if (!KEY_SETTINGS.has(path) || value.length < MIN_KEY_LENGTH) return;
  if (/\s/.test(value) || isPlaceholder(value, path)) return;
  reading.diagnose('literal-secret', { name: null, ...cursor.content(cursor.at) });
}
