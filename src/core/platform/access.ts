import { join } from 'node:path';
import { SecretValue } from '../secrets/secret-value.ts';
import { ExitCode, fileError, HumanError, systemErrorCode } from '../system/human-error.ts';
import { readRegularFile } from '../system/open-file.ts';
import { exposureOf } from '../system/own-path.ts';
import { nextflowHome } from '../system/paths.ts';
import { phrase } from '../system/phrase.ts';
import { printable } from '../system/printable.ts';
import type { World } from '../system/world.ts';
import { hasPrivate, readPrivate, writePrivate } from '../vault/private-entries.ts';
import { Fields, type Json } from './answer-json.ts';
import { type Endpoint, endpointOf, SEQERA_CLOUD } from './endpoint.ts';
import { PlatformError } from './platform-error.ts';

/** A token, and the Platform that it is for. */
export interface PlatformAccess {
  readonly endpoint: Endpoint;
  readonly token: SecretValue;
  /** `environment`: TOWER_ACCESS_TOKEN. `nextflow`: the file of `nextflow auth login`. */
  readonly from: 'environment' | 'login' | 'nextflow';
  /** The workspace that the person has chosen beforehand: its id. */
  readonly workspace: string | undefined;
}

/** Name of the entry in the user's vault. It has a sign that no name of a secret has. */
const ENTRY = 'seqera-platform';
/** Most characters of a token. Those of the Platform have about a hundred. */
const MAX_TOKEN = 8_192;
/** Most bytes of the file of `nextflow auth login`. */
const MAX_FILE = 65_536;

/**
 * Reads a token as it was typed or piped.
 *
 * @throws HumanError 65 if it cannot be one: a header of HTTP could not have it.
 */
export function tokenOf(text: string): SecretValue {
  const token = text.trim();
  if (token.length <= MAX_TOKEN && /^[\x21-\x7e]+$/.test(token)) return new SecretValue(token);
  throw new HumanError(
    ExitCode.data,
    token === ''
      ? phrase`There is no access token.`
      : phrase`This is no access token: it has spaces, line breaks or characters that none has, or is too long.`,
    phrase`Copy it as the Platform shows it when you make it, under "Your tokens".`,
  );
}

/** The Platform that the person names, in an option or the environment; undefined if they name none. */
export function namedEndpoint(typed: string | undefined, { env }: Pick<World, 'env'>): Endpoint | undefined {
  const text = typed ?? (env['TOWER_API_ENDPOINT'] || undefined);
  return text === undefined ? undefined : endpointOf(text);
}

/**
 * Finds the token to use: of the environment, of our login, or of Nextflow's, in this order.
 *
 * @throws PlatformError `no-token` if there is none; HumanError 77 if the token is for another Platform than the person
 *   names.
 */
export async function platformAccess(world: World): Promise<PlatformAccess> {
  const { env } = world;
  const named = namedEndpoint(undefined, world);
  const workspace = env['TOWER_WORKSPACE_ID'] || undefined;
  const own = env['TOWER_ACCESS_TOKEN'];
  if (own) {
    const endpoint = named ?? endpointOf(SEQERA_CLOUD);
    return { endpoint, token: tokenOf(own), from: 'environment', workspace };
  }
  const kept = (await readLogin(world)) ?? (await nextflowLogin(world));
  if (kept === undefined) throw noToken();
  if (named !== undefined && named.url !== kept.endpoint.url) throw anotherPlatform(kept.endpoint, named);
  return { ...kept, workspace: workspace ?? kept.workspace };
}

const noToken = (): PlatformError =>
  new PlatformError('no-token', phrase`You are not logged in to a Seqera Platform.`, [
    { do: 'platform-login' },
    phrase`Or set TOWER_ACCESS_TOKEN.`,
  ]);

const anotherPlatform = (endpoint: Endpoint, named: Endpoint): HumanError =>
  new HumanError(
    ExitCode.notPermitted,
    phrase`Your token is for ${printable(endpoint.host)}, and TOWER_API_ENDPOINT names ${printable(named.host)}: it was not
      sent there.`,
    { do: 'platform-login' },
  );

/** The login that we keep; undefined if there is none. @throws HumanError if the vault does not open. */
export async function readLogin(world: World): Promise<PlatformAccess | undefined> {
  const text = await readPrivate(ENTRY, world);
  if (text === undefined) return undefined;
  const fields = new Fields(JSON.parse(text.reveal()) as Json);
  const [url, token] = [fields.text('url'), fields.text('token')];
  if (url === null || token === null) return undefined;
  return { endpoint: endpointOf(url), token: tokenOf(token), from: 'login', workspace: undefined };
}

/** Keeps a login in the user's vault. Another one is replaced. */
export async function keepLogin({ url }: Endpoint, token: SecretValue, world: World): Promise<void> {
  const text = JSON.stringify({ url, token: token.reveal() });
  await writePrivate(ENTRY, new SecretValue(text), world);
}

/** Forgets our login. @returns false if there was none. */
export async function forgetLogin(world: World): Promise<boolean> {
  if (!(await hasPrivate(ENTRY, world))) return false;
  await writePrivate(ENTRY, undefined, world);
  return true;
}

/** Path of the file that `nextflow auth login` writes. */
export const nextflowLoginPath = (world: World): string => join(nextflowHome(world), 'seqera-auth.config');

const SETTING =
  /^\s*(?:tower\.)?(accessToken|endpoint|workspaceId)\s*=\s*(?:'([^'\n]*)'|"([^"$\n]*)"|(\d+))/gm;

/**
 * Reads what `nextflow auth login` has kept.
 *
 * @returns undefined if there is no such file, or no token in it.
 * @throws HumanError 77 if others can change it: they could have our secrets sent to them.
 */
async function nextflowLogin(world: World): Promise<PlatformAccess | undefined> {
  const path = nextflowLoginPath(world);
  let text: string;
  try {
    text = (await readRegularFile(path, { limit: MAX_FILE })).toString('utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemErrorCode(error) ?? '')) return undefined;
    throw fileError(error, 'read', printable(path), false);
  }
  const found = new Map(
    Array.from(text.matchAll(SETTING), ([, key = '', single, double, digits]) => [
      key,
      single ?? double ?? digits ?? '',
    ]),
  );
  const token = found.get('accessToken');
  if (!token) return undefined;
  if ((await exposureOf(path, world)) !== undefined) {
    throw new HumanError(
      ExitCode.notPermitted,
      phrase`Others can change ${printable(path)}, so its access token is not used.`,
      [phrase`Make it and the directories above it writable for you alone.`, { do: 'platform-login' }],
    );
  }
  return {
    endpoint: endpointOf(found.get('endpoint') || SEQERA_CLOUD),
    token: tokenOf(token),
    from: 'nextflow',
    workspace: found.get('workspaceId') || undefined,
  };
}
