import type { Reading } from '../reading/reading.ts';
import { TokenKind as T } from '../tokens.ts';
import { addDynamic } from './dynamic-name.ts';
import { addProperty } from './secret-property.ts';

/** Methods of Nextflow's own class of secrets that return more than one secret. */
const LISTS_SECRETS = new Set(['listSecrets', 'listSecretsNames', 'getSecretsEnv']);

/** Notes `SecretsLoader.instance.load().getSecret('X')`. The token before the next one is the name of the method. */
export function noteLoaderCall(reading: Reading, method: number): void {
  const { cursor, tokens } = reading;
  const word = tokens.source(method);
  const isRead = word === 'getSecret';
  if (!(isRead || LISTS_SECRETS.has(word)) || cursor.kind() !== T.openParen) return;
  reading.hasLoader ??= /\bSecrets(?:Loader|Provider)\b/.test(tokens.text);
  if (!reading.hasLoader) return;
  const argument = cursor.at + 1;
  const isText = cursor.kind(argument) === T.string && tokens.partner(cursor.at) === argument + 1;
  if (isRead && isText) addProperty(reading, argument);
  else addDynamic(reading, tokens.start(method), tokens.end(tokens.partner(cursor.at)));
}
