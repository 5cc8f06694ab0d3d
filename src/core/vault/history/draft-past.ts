import type { SecretVersion, Undone, VersionChoice } from '../../secrets/writable-store.ts';
import { SecretValue } from '../../secrets/secret-value.ts';
import { expiryDay } from '../../secrets/expiry.ts';
import { ExitCode, HumanError } from '../../system/human-error.ts';
import { type JsonObject, object } from '../../system/json-tree.ts';
import { phrase } from '../../system/phrase.ts';
import { printable } from '../../system/printable.ts';
import { type Leaf, leafText } from '../sops-leaf.ts';
import type { UnlockedDocument } from '../unlocked-document.ts';
import { clone, putSecret, secretFields, secretInfo, secretLeaf, secretPath } from '../vault-shape.ts';
import { joinKept, type KeptValue, keptValues, PREVIOUS_KEY, putKept, tidyKept } from './kept-values.ts';

/** The earlier values of a vault while it is being changed. */
export interface DraftPast {
  /** Top-level keys of the vault that have those of a secret; none if another program has put something else there. */
  keysOf(name: string): readonly string[];
  of(name: string): readonly KeptValue[];
  /** Makes the present value of a secret the newest earlier one. */
  keep(name: string, options?: { readonly isDeletion?: boolean }): void;
  /** Gives a secret the earlier values of another one too. */
  add(name: string, kept: readonly KeptValue[]): void;
  lastOf(name: string): SecretValue | undefined;
  putBack(name: string, number?: VersionChoice): Undone;
  forget(name: string): number;
  tidy(): void;
}

/** Time and author of a change, and whether the vault keeps earlier values: that of a workspace has git's history. */
interface Change {
  readonly at: string;
  readonly by: string;
  readonly keeps: boolean;
}

/** Opens the earlier values of a vault. */
export function pastOf(vault: UnlockedDocument, change: Change): DraftPast {
  const { document } = vault;
  const { at, by, keeps } = change;
  const of = (name: string): readonly KeptValue[] => (keeps ? (keptValues(vault, name) ?? []) : []);
  const put = (name: string, kept: readonly KeptValue[]): void => {
    // What another program has put there stays.
    if (keeps && keptValues(vault, name) !== undefined) putKept(vault, name, kept);
  };
  const present = (name: string, isDeletion: boolean): KeptValue[] => {
    const leaf = secretLeaf(document, name);
    // A value that a former member could read should never come back.
    if (leaf === undefined || secretInfo(document, name).exposed.length > 0) return [];
    const fields = clone(secretFields(document, name) ?? object({}));
    return [{ value: vault.decrypt(leaf, secretPath(name)), fields, ended: { at, by, isDeletion } }];
  };
  return {
    keysOf: (name) => (keeps && keptValues(vault, name) !== undefined ? [PREVIOUS_KEY] : []),
    of,
    keep: (name, { isDeletion = false } = {}) => {
      put(name, [...present(name, isDeletion), ...of(name)]);
    },
    add: (name, kept) => {
      if (kept.length > 0) put(name, joinKept(of(name), kept));
    },
    lastOf: (name) => {
      const [last] = of(name);
      return last === undefined ? undefined : valueOf(last.value);
    },
    putBack: (name, to) => {
      const isSet = secretLeaf(document, name) !== undefined;
      const kept = of(name);
      const index = indexOf(name, to, { isSet, kept, shown: document.shown });
      const chosen = kept[index];
      if (chosen === undefined) throw noVersion(name, to);
      valueOf(chosen.value).assertDeliverable(name);
      put(name, [...present(name, false), ...kept.filter((one) => one !== chosen)]);
      const leaf = vault.encrypt(chosen.value, secretPath(name));
      const { fields } = chosen;
      putSecret(document, name, leaf, { at, by, fields, isPutBack: true });
      return isSet ? { what: 'value', created: textOf(fields, 'updated') } : { what: 'deletion' };
    },
    forget: (name) => {
      const { length } = of(name);
      put(name, []);
      return length;
    },
    tidy: () => {
      if (keeps) tidyKept(document.tree, (name) => secretLeaf(document, name) !== undefined, new Date(at));
    },
  };
}

/** @returns the value; empty if it is no text. */
const valueOf = (leaf: Leaf): SecretValue => new SecretValue(leafText(leaf) ?? '');

interface KeptOf {
  readonly isSet: boolean;
  readonly kept: readonly KeptValue[];
  readonly shown: string;
}

/** Finds the index of the version that a person wants. */
function indexOf(name: string, to: VersionChoice | undefined, { isSet, kept, shown }: KeptOf): number {
  if (!isSet && kept.length === 0)
    throw new HumanError(
      ExitCode.missing,
      phrase`${shown} has no secret ${printable(name)}, and no earlier value of it.`,
    );
  // The present value is version 1.
  const first = isSet ? 2 : 1;
  if (to === 1 && isSet)
    throw new HumanError(ExitCode.usage, phrase`Version 1 of ${name} is the current one already.`, {
      do: 'show-history',
      name,
      scope: 'user',
    });
  return to === undefined ? 0 : typeof to === 'number' ? to - first : -1;
}

const noVersion = (name: string, to: VersionChoice | undefined): HumanError =>
  to === undefined
    ? new HumanError(
        ExitCode.usage,
        phrase`Your user vault has no earlier value of ${name}, so there is nothing to undo.`,
      )
    : new HumanError(
        ExitCode.usage,
        phrase`Your user vault has no version ${printable(String(to))} of ${name}.`,
        {
          do: 'show-history',
          name,
          scope: 'user',
        },
      );

/** Lists the versions of a secret, from the newest to the oldest. */
export function versionsOf(vault: UnlockedDocument, name: string): SecretVersion[] {
  const { document } = vault;
  const leaf = secretLeaf(document, name);
  const kept = keptValues(vault, name) ?? [];
  const fields = secretFields(document, name) ?? object({});
  const now =
    leaf === undefined ? [] : [{ value: vault.decrypt(leaf, secretPath(name)), fields, ended: undefined }];
  return [...now, ...kept].map(({ value, fields: beside, ended }, index) => ({
    number: index + 1,
    version: '',
    created: textOf(beside, 'updated'),
    by: textOf(beside, 'updatedBy'),
    ended: ended?.at ?? null,
    bytes: value.bytes.length,
    expires: expiryDay(textOf(beside, 'expires') ?? '') ?? null,
    ...{ lastUsed: null, doubt: null },
    isCurrent: ended === undefined,
    isPrevious: index === now.length,
  }));
}

function textOf(fields: JsonObject, key: string): string | null {
  const found = fields.get(key);
  return typeof found === 'string' ? found : null;
}
