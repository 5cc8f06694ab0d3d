import { HumanError } from '../../system/human-error.ts';
import type { JsonTree } from '../../system/json-tree.ts';
import { phrase } from '../../system/phrase.ts';
import { timestamp, type World } from '../../system/world.ts';
import type { DataKey } from '../data-key.ts';
import type { SopsDocument } from '../sops-document.ts';
import type { WrapOthers } from '../unlocked-document.ts';
import { assertMayAsk } from './open-with-kms.ts';

/**
 * Makes the function that gives a new data key to the KMS keys of a vault: each entry stays as it is but for the wrapped key
 * and its time. All of them, or none.
 *
 * The caller has made sure that the readers of the vault are accepted.
 */
export const wrapForKms =
  (document: SopsDocument, world: World): WrapOthers =>
  async (key) => {
    const entries = document.kmsEntries;
    if (entries.length === 0) return new Map();
    assertMayAsk(document, world);
    const wrapped: JsonTree[] = [];
    for (const entry of entries) {
      if (!('key' in entry)) throw new Error('a data key was renewed that cannot be given to all');
      wrapped.push(
        new Map([
          ...entry.node,
          ['enc', await wrappedBy(entry.key, { key, shown: document.shown }, world)],
          ['created_at', timestamp(world.now())],
        ]),
      );
    }
    return new Map([['kms', wrapped]]);
  };

async function wrappedBy(
  kms: Parameters<typeof import('../../aws/kms.ts').encryptWithKms>[0],
  { key, shown }: { readonly key: DataKey; readonly shown: string },
  world: World,
): Promise<string> {
  const { encryptWithKms } = await import('../../aws/kms.ts');
  try {
    return (await encryptWithKms(kms, key, world)).cipherText.toString('base64');
  } catch (error) {
    if (!(error instanceof HumanError)) throw error;
    throw new HumanError(
      error.exitCode,
      phrase`${shown} gets no new data key, because it cannot be given to ${kms.arn}. ${error.phrase} Nothing was written.`,
      error.remedies,
    );
  }
}
