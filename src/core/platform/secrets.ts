import type { SecretValue } from '../secrets/secret-value.ts';
import { type Phrase, phrase } from '../system/phrase.ts';
import { printable } from '../system/printable.ts';
import type { PlatformClient } from './client.ts';
import { LostAnswer, nameExists, notSeen, PlatformError } from './platform-error.ts';
import type { PlatformContext, PlatformSecret } from './types.ts';

/** A change of a secret, and whether its answer came. */
export interface Done {
  readonly what: 'created' | 'updated' | 'deleted';
  /** True if the answer was lost, and a look at the list showed the change. */
  readonly isObserved: boolean;
}

/** Secrets by name. */
type Listed = ReadonlyMap<string, PlatformSecret>;

/**
 * The secrets of one context of a Platform: a store that is written and never read. So it has no `read`, as no
 * `SecretStore` of a launch is without.
 */
export interface WriteOnlyStore {
  readonly title: string;
  list(): Promise<Listed>;
  /**
   * Creates a secret, or gives one another value.
   *
   * @param replaces - the secret that the person agreed to lose the value of; undefined if there was none.
   * @throws PlatformError `name-exists` if there is one now; `answer-lost` if it is not known to be done.
   */
  set(name: string, value: SecretValue, replaces: PlatformSecret | undefined): Promise<Done>;
  /** Deletes a secret for ever. @throws PlatformError */
  delete(secret: PlatformSecret): Promise<Done>;
}

/**
 * Looks whether a change without an answer was made.
 *
 * @throws PlatformError if that is not seen.
 */
async function ensureMade(
  lost: LostAnswer,
  {
    host,
    doing,
    list,
  }: { readonly host: string; readonly doing: Phrase; readonly list: () => Promise<Listed> },
  isMade: (secrets: Listed) => boolean,
): Promise<void> {
  const secrets = await list().catch(() => undefined);
  if (secrets === undefined) throw lost;
  if (isMade(secrets)) return;
  // An answer that tells of a failure is one, if nothing else is seen.
  throw lost.isAnswered ? lost.failure : notSeen(host, { doing });
}

/** Opens the secrets of a context. Sends nothing yet. */
export function platformSecrets(client: PlatformClient, context: PlatformContext): WriteOnlyStore {
  const { host } = client;
  const title = printable(context.title);
  const list = async (): Promise<Listed> =>
    new Map((await client.secrets(context)).map((secret) => [secret.name, secret]));

  return {
    title,
    list,
    set: async (name, value, replaces) => {
      const doing =
        replaces === undefined
          ? phrase`create the secret ${name} in ${title}`
          : phrase`change the secret ${name} in ${title}`;
      const what = replaces === undefined ? 'created' : 'updated';
      try {
        if (replaces === undefined) await client.createSecret(name, value, context);
        else await client.updateSecret(replaces, value, context);
        return { what, isObserved: false };
      } catch (error) {
        if (error instanceof PlatformError && error.code === 'refused' && replaces === undefined) {
          // The Platform words a name that exists as any other mistake.
          const secrets = await list().catch(() => undefined);
          throw secrets?.has(name) === true ? nameExists(host, name, title) : error;
        }
        if (!(error instanceof LostAnswer)) throw error;
        await ensureMade(error, { host, doing, list }, (secrets) => {
          const found = secrets.get(name);
          if (replaces === undefined || found === undefined) return found !== undefined;
          return found.id === replaces.id && found.updated !== null && found.updated !== replaces.updated;
        });
        return { what, isObserved: true };
      }
    },
    delete: async (secret) => {
      try {
        await client.deleteSecret(secret, context);
        return { what: 'deleted', isObserved: false };
      } catch (error) {
        if (!(error instanceof LostAnswer)) throw error;
        const doing = phrase`delete the secret ${secret.name} in ${title}`;
        await ensureMade(error, { host, doing, list }, (secrets) => {
          const isThere = [...secrets.values()].some(({ id }) => id === secret.id);
          return !isThere;
        });
        return { what: 'deleted', isObserved: true };
      }
    },
  };
}
