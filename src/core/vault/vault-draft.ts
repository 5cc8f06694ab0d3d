import { ExitCode, HumanError } from '../system/human-error.ts';
import { printable, shellWord } from '../system/printable.ts';
import type { SecretValue } from '../secrets/secret-value.ts';
import { timestamp, type World } from '../system/world.ts';
import { type Beside, besideOf, putBeside, removeBeside } from './beside.ts';
import type { KeptValue } from './history/kept-values.ts';
import { pastOf } from './history/draft-past.ts';
import type { Undone, VersionChoice } from '../secrets/writable-store.ts';
import type { VaultScope } from '../secrets/scope.ts';
import type { JsonObject } from '../system/json-tree.ts';
import { decryptSecret, type StoredSecret } from './read-vault.ts';
import type { SopsDocument } from './sops-document.ts';
import { textLeaf } from './sops-leaf.ts';
import type { UnlockedDocument } from './unlocked-document.ts';
import {
  clearExposed,
  KEYS,
  privatePath,
  putPrivate,
  putSecret,
  removeSecret,
  secretFields,
  secretInfo,
  secretLeaf,
  secretPath,
} from './vault-shape.ts';
import { phrase } from '../system/phrase.ts';
import { run } from '../system/remedy.ts';

/** Fields that `set` keeps or changes besides the value; fields that are left out stay as they are. */
export interface SetOptions {
  /** New description; an empty text removes it. */
  readonly description?: string | undefined;
  /** New day of expiry; null removes it. Undefined keeps it, unless the value is another one. */
  readonly expires?: string | null | undefined;
  /** The day that a copied secret was made; only for a name that is new here. */
  readonly created?: string | undefined;
  /** All data beside a secret that is copied, also data that this version does not know. */
  readonly fields?: JsonObject | undefined;
  /** Content of other trees under the name of a secret that is renamed. */
  readonly beside?: readonly Beside[];
  /** Earlier values of a secret that is renamed. */
  readonly kept?: readonly KeptValue[];
}

/** A vault while it is being changed. */
export interface VaultDraft {
  has(name: string): boolean;
  /** @throws HumanError 66 if there is no such secret. */
  get(name: string): StoredSecret;
  set(name: string, value: SecretValue, options?: SetOptions): void;
  /** Deletes a secret; a vault that keeps earlier values keeps its last one too. @throws HumanError 66 if there is none. */
  delete(name: string): void;
  /** Removes a secret with all that is kept of it. @throws HumanError 66 if there is no such secret. */
  drop(name: string): void;
  /** Puts content of other trees under the name of a secret. */
  putBeside(name: string, beside: readonly Beside[]): void;
  /** The last value of a secret that was deleted. */
  lastOf(name: string): SecretValue | undefined;
  /**
   * Puts a deleted secret back, or an earlier value of one that is set; the present value becomes an earlier one.
   *
   * @param number - number of the version, as {@link versionsOf} counts; else the value before.
   * @throws HumanError 64 if there is no such version, 66 if nothing is known of the name.
   */
  putBack(name: string, number?: VersionChoice): Undone;
  /** Removes the earlier values of a secret, also of one that is deleted. @returns their number. */
  forget(name: string): number;
  /** Removes what is kept of secrets that were deleted long ago. */
  tidy(): void;
  /** Keeps a text that is no secret of pipelines; undefined removes it. */
  setPrivate(entry: string, text: SecretValue | undefined): void;
  /**
   * Has the whole file encrypted anew under a new data key.
   *
   * @throws HumanError 69 if that cannot be done here.
   */
  rotate(): void;
}

/** Makes a draft of a vault. `isToRotate` tells whether it has to get a new data key. */
export function draftOf(
  vault: UnlockedDocument,
  world: World,
  author: string,
  scope: VaultScope,
): VaultDraft & { isToRotate(): boolean } {
  const { document } = vault;
  const past = pastOf(vault, { at: timestamp(world.now()), by: author, keeps: scope === 'user' });
  const known = (name: string): readonly string[] => [...Object.values(KEYS), ...past.keysOf(name)];
  let rotates = false;
  const leafOf = (name: string): string => presentLeaf(document, name);
  const has = (name: string): boolean => secretLeaf(document, name) !== undefined;
  const remove = (name: string): void => {
    // Other programs may keep older values of the secret, which may not stay in the file either.
    removeBeside(document.tree, name, known(name), has);
    removeSecret(document, name);
  };
  return {
    ...past,
    ...partsBeside(vault),
    has,
    get: (name) => ({
      value: decryptSecret(vault, name, leafOf(name)),
      info: secretInfo(document, name),
      fields: secretFields(document, name),
      beside: besideOf(vault, name, known(name), has),
      kept: past.of(name),
    }),
    set: (name, value, { beside = [], kept = [], ...options } = {}) => {
      value.assertDeliverable(name);
      const before = has(name) ? decryptSecret(vault, name, leafOf(name)).reveal() : undefined;
      const leaf = vault.encrypt(textLeaf(value.reveal()), secretPath(name));
      // A secret that is copied takes its marks along; and the same value is still known to those who have had it.
      const isNew = options.fields === undefined && value.reveal() !== before;
      const { expires = isNew ? null : undefined, ...others } = options;
      if (before !== undefined && value.reveal() !== before) past.keep(name);
      past.add(name, kept);
      putSecret(document, name, leaf, { at: timestamp(world.now()), by: author, expires, ...others });
      if (isNew) clearExposed(document, name);
      putBeside(vault, name, beside);
    },
    delete: (name) => {
      leafOf(name);
      past.keep(name, { isDeletion: true });
      remove(name);
    },
    drop: (name) => {
      leafOf(name);
      past.forget(name);
      remove(name);
    },
    rotate: () => {
      if (!document.canRenewKey) throw cannotRotate(document);
      rotates = true;
    },
    isToRotate: () => rotates,
  };
}

/** Changes of what is beside the secrets. */
const partsBeside = (vault: UnlockedDocument): Pick<VaultDraft, 'putBeside' | 'setPrivate'> => ({
  putBeside: (name, beside) => {
    putBeside(vault, name, beside);
  },
  setPrivate: (entry, text) => {
    const leaf = text && vault.encrypt(textLeaf(text.reveal()), privatePath(entry));
    putPrivate(vault.document, entry, leaf);
  },
});

/** @throws HumanError 66 if there is no such secret. */
function presentLeaf(document: SopsDocument, name: string): string {
  const leaf = secretLeaf(document, name);
  if (leaf !== undefined) return leaf;
  throw new HumanError(ExitCode.missing, phrase`${document.shown} has no secret ${printable(name)}.`);
}

/** Makes the error for a vault that gets no new data key here. */
export function cannotRotate({ shown, path }: SopsDocument): HumanError {
  return new HumanError(
    ExitCode.unavailable,
    phrase`${shown} is also encrypted to keys of another kind than age, ssh-ed25519 and AWS KMS, such as PGP or a plugin. So
      it gets no new data key here.`,
    [
      run(phrase`sops can do it`, `sops rotate --in-place ${shellWord(path)}`),
      phrase`Then the next use asks you to accept the new data key.`,
    ],
  );
}
