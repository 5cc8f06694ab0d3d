import type { Command } from 'commander';
import {
  forgetLogin,
  keepLogin,
  namedEndpoint,
  nextflowLoginPath,
  platformAccess,
  tokenOf,
} from '../../../core/platform/access.ts';
import { PlatformClient } from '../../../core/platform/client.ts';
import { type Endpoint, endpointOf, SEQERA_CLOUD } from '../../../core/platform/endpoint.ts';
import { PlatformError } from '../../../core/platform/platform-error.ts';
import type { PlatformUser } from '../../../core/platform/types.ts';
import type { SecretValue } from '../../../core/secrets/secret-value.ts';
import { printable, printableJson } from '../../../core/system/printable.ts';
import { askHidden, readInput, refuseToEcho } from '../../ask.ts';
import { examples, jsonOption } from '../../options.ts';
import type { Shell } from '../../shell.ts';

/** Most bytes of a token that is piped in. */
const MAX_BYTES = 16_384;

export function addLogin(platform: Command, shell: Shell): void {
  platform
    .command('login')
    .summary('keep an access token')
    .description(
      'Asks for an access token, and keeps it in your vault if the Platform takes it. No pipeline gets it. Without a ' +
        'terminal, login reads it from stdin. You make a token on the Platform, under "Your tokens".',
    )
    .option(
      '--url <url>',
      'address of the API: https://HOST/api for Seqera Platform Enterprise (TOWER_API_ENDPOINT)',
    )
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples(
        'nf-secrets platform login',
        'nf-secrets platform login --url https://platform.example.org/api',
        'pass show seqera | nf-secrets platform login',
      ),
    )
    .action(async (options: { readonly url?: string; readonly json?: true }) => {
      await login(options, shell);
    });
}

async function login(
  { url, json }: { readonly url?: string; readonly json?: true },
  { world, canAsk, print }: Shell,
): Promise<void> {
  const endpoint = namedEndpoint(url, world) ?? endpointOf(SEQERA_CLOUD);
  const host = printable(endpoint.host);
  if (endpoint.replaces !== undefined)
    world.say(`${endpoint.replaces} is another name of ${host}, whose API is at ${endpoint.url}.`);
  // Before the token is asked for, or sent: nobody else gets it.
  await withClient(endpoint, undefined, async (client) => client.serviceInfo());
  const token = await readToken(host, canAsk);
  const user = await withClient(endpoint, token, async (client) => client.userInfo());
  await keepLogin(endpoint, token, world);
  if (json === true) await print(`${printableJson(shown(endpoint, user))}\n`);
  world.say(
    `Logged in to ${host} as ${printable(user.userName)}. The token is in your vault; no pipeline gets it.`,
  );
  if (world.env['TOWER_ACCESS_TOKEN'])
    world.say(
      'TOWER_ACCESS_TOKEN is set, and counts instead of this login. To use the login: unset TOWER_ACCESS_TOKEN',
    );
}

const shown = ({ url, host }: Endpoint, { id, userName }: PlatformUser): object => ({
  ...{ url, host, userId: id, userName },
});

async function withClient<Result>(
  endpoint: Endpoint,
  token: SecretValue | undefined,
  work: (client: PlatformClient) => Promise<Result>,
): Promise<Result> {
  const client = new PlatformClient(endpoint, token);
  try {
    return await work(client);
  } finally {
    client.close();
  }
}

async function readToken(host: string, canAsk: boolean): Promise<SecretValue> {
  if (canAsk) return tokenOf((await askHidden(`Access token of ${host} (hidden):`)).reveal());
  refuseToEcho();
  return tokenOf((await readInput(process.stdin, MAX_BYTES, 'The access token')).toString('utf8'));
}

export function addLogout(platform: Command, { world }: Shell): void {
  platform
    .command('logout')
    .summary('forget the access token')
    .description(
      'Removes the access token from your vault. The Platform still takes it until you delete it there.',
    )
    .addHelpText('after', examples('nf-secrets platform logout'))
    .action(async () => {
      const was = await forgetLogin(world);
      world.say(
        was
          ? 'Logged out. The Platform still takes the token, until you delete it there under "Your tokens".'
          : 'You are not logged in: there is no token in your vault.',
      );
      const other = await platformAccess(world).catch((error: unknown) => {
        if (error instanceof PlatformError && error.code === 'no-token') return undefined;
        throw error;
      });
      if (other === undefined) return;
      const source =
        other.from === 'environment' ? 'TOWER_ACCESS_TOKEN' : printable(nextflowLoginPath(world));
      world.say(`The commands use the token of ${source} now.`);
    });
}
