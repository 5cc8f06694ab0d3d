import { l10n, ProgressLocation, ThemeIcon, window } from 'vscode';
import { platformAccess, tokenOf } from '../../core/platform/access.ts';
import { PlatformClient } from '../../core/platform/client.ts';
import { type Endpoint, endpointOf, SEQERA_CLOUD } from '../../core/platform/endpoint.ts';
import type { PlatformUser } from '../../core/platform/types.ts';
import type { SecretValue } from '../../core/secrets/secret-value.ts';
import { HumanError } from '../../core/system/human-error.ts';
import { printable } from '../../core/system/printable.ts';
import { phraseText } from '../phrase-text.ts';
import { withoutLinks } from '../plain-text.ts';
import { askText } from '../steps.ts';
import { chooseShown } from './choose-workspaces.ts';
import type { PlatformRoom } from './platform-room.ts';

/** Signs in: the address, then the token, which goes nowhere before the address has answered as a Platform does. */
export async function signIn(room: PlatformRoom): Promise<void> {
  const title = l10n.t('Sign In to Seqera Platform');
  const { endpoint, token } = (await askAddress(title, room)) ?? (await kept(room));
  await working(title, () => using(endpoint, undefined, (client) => client.serviceInfo()));
  const sent = token ?? tokenOf(await askToken(title, endpoint));
  const user = await working(title, () => using(endpoint, sent, (client) => client.userInfo()));
  await room.login.keep({ endpoint, token: sent, userId: user.id, userName: user.userName });
  await room.model.restart();
  void window.showInformationMessage(signedInWords(user, endpoint));
  await chooseShown(room);
}

/** An address, and the token for it if that is known already. */
interface Address {
  readonly endpoint: Endpoint;
  readonly token?: SecretValue;
}

/** @returns undefined if the person wants the login that there is. */
async function askAddress(title: string, { model }: PlatformRoom): Promise<Address | undefined> {
  const last = model.signedIn?.login.endpoint.url ?? process.env['TOWER_API_ENDPOINT'] ?? '';
  const answer = await askText(
    { title, step: 1, of: 2 },
    {
      prompt: l10n.t(
        'The address of its API: {0}, or https://HOST/api of your Seqera Platform Enterprise',
        SEQERA_CLOUD,
      ),
      placeholder: SEQERA_CLOUD,
      value: last === '' ? SEQERA_CLOUD : last,
      validate: addressProblem,
      buttons: [
        { iconPath: new ThemeIcon('account'), tooltip: l10n.t('Take the login of nf-secrets or Nextflow') },
      ],
    },
  );
  return typeof answer === 'string' ? { endpoint: endpointOf(answer) } : undefined;
}

/** Reads the login of the command, or Nextflow's. It is read once: both have a login of their own afterwards. */
async function kept({ services }: PlatformRoom): Promise<Address> {
  const { endpoint, token } = await platformAccess(services.openWorld(undefined));
  return { endpoint, token };
}

/** Signs out: VS Code forgets the token. The Platform keeps it until the person deletes it there. */
export async function signOut({ login, model }: PlatformRoom): Promise<void> {
  const host = model.signedIn?.login.endpoint.host ?? '';
  const yes = l10n.t('Sign Out');
  const detail = l10n.t(
    'VS Code forgets the token. It stays valid until you delete it there, under "Your tokens". No secret changes.',
  );
  const question = l10n.t('Sign out of {0}?', printable(host));
  if ((await window.showWarningMessage(question, { modal: true, detail }, yes)) !== yes) return;
  await login.forget();
  await model.restart();
}

const askToken = (title: string, { host }: Endpoint): Promise<string> =>
  askText(
    { title, step: 2, of: 2 },
    {
      prompt: l10n.t(
        'Your access token for {0}, hidden. You make one there, in the menu of your account, under "Your tokens".',
        printable(host),
      ),
      hidden: true,
      validate: (text) =>
        /^[\x21-\x7e]+$/.test(text.trim())
          ? undefined
          : l10n.t('A token has letters, digits and signs, in one line without spaces.'),
    },
  );

function addressProblem(text: string): string | undefined {
  try {
    endpointOf(text);
    return undefined;
  } catch (error) {
    if (error instanceof HumanError) return phraseText(error.phrase);
    throw error;
  }
}

async function using<Result>(
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

const working = <Result>(title: string, work: () => Promise<Result>): Thenable<Result> =>
  window.withProgress({ location: ProgressLocation.Notification, title }, work);

const signedInWords = ({ userName }: PlatformUser, { host, replaces }: Endpoint): string =>
  withoutLinks(
    replaces === undefined || replaces === host
      ? l10n.t('You are signed in to {0} as {1}.', printable(host), printable(userName))
      : l10n.t(
          'You are signed in to {0} as {1}. That is the present address of {2}.',
          printable(host),
          printable(userName),
          printable(replaces),
        ),
  );
