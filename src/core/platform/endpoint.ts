import { ExitCode, HumanError } from '../system/human-error.ts';
import { phrase } from '../system/phrase.ts';
import { printable } from '../system/printable.ts';

/** The Platform of Seqera itself. */
export const SEQERA_CLOUD = 'https://api.cloud.seqera.io';

/** Hosts that answer to people, and the address of the API of each. */
const OTHER_NAMES: ReadonlyMap<string, string> = new Map([
  // The name that the API had until 2024. It still answers, and the token is the same.
  ['api.tower.nf', SEQERA_CLOUD],
  ['tower.nf', SEQERA_CLOUD],
  ['cloud.seqera.io', SEQERA_CLOUD],
]);

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** Address of the API of a Platform: `https://api.cloud.seqera.io`, `https://HOST/api`, without a slash at its end. */
export interface Endpoint {
  readonly url: string;
  /** Host, with the port if it is an unusual one: what a person calls the Platform. */
  readonly host: string;
  /** The host that the person named, if this address is a newer one of the same Platform. */
  readonly replaces?: string;
}

/**
 * Reads the address of a Platform's API as a person writes it.
 *
 * @throws HumanError 64 if it is none, or one that a token must not be sent to.
 */
export function endpointOf(text: string): Endpoint {
  const written = text.trim();
  const url = parsed(written);
  if (url.username !== '' || url.password !== '') {
    throw new HumanError(
      ExitCode.usage,
      phrase`The address of a Platform has no user name and no password in it.`,
      phrase`Leave them out: the token says who you are.`,
    );
  }
  if (url.search !== '' || url.hash !== '') throw notAnAddress(written);
  if (url.protocol !== 'https:' && !LOOPBACK.test(url.hostname)) {
    throw new HumanError(
      ExitCode.usage,
      phrase`${url.protocol}//${printable(url.host)} is not encrypted, so no token is sent there.`,
      phrase`Give its address with https.`,
    );
  }
  const newer = OTHER_NAMES.get(url.hostname);
  if (newer !== undefined) return { url: newer, host: new URL(newer).host, replaces: url.hostname };
  return { url: `${url.origin}${url.pathname.replace(/\/+$/, '')}`, host: url.host };
}

function parsed(written: string): URL {
  let url: URL | undefined;
  try {
    url = new URL(/^[a-z][a-z0-9+.-]*:\/\//i.test(written) ? written : `https://${written}`);
  } catch {
    throw notAnAddress(written);
  }
  if (!/^https?:$/.test(url.protocol)) throw notAnAddress(written);
  return url;
}

const notAnAddress = (written: string): HumanError =>
  new HumanError(
    ExitCode.usage,
    phrase`"${printable(written).slice(0, 200)}" is no address of a Platform.`,
    phrase`It is ${SEQERA_CLOUD}, or https://HOST/api of your own Seqera Platform Enterprise.`,
  );
