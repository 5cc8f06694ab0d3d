import { SecretValue } from '../../secrets/secret-value.ts';
import type { AgeKey } from '../key-text.ts';

/** Makes the key of a robot. It is kept nowhere: who makes it hands it on. */
export async function newRobotKey(): Promise<AgeKey> {
  const { generateX25519Identity, identityToRecipient } = await import('age-encryption');
  const key = await generateX25519Identity();
  return { key: new SecretValue(key), recipient: await identityToRecipient(key) };
}
