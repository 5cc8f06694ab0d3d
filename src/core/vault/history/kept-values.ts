import { secretNameProblem } from '../../secrets/secret-name.ts';
import {
  formatJson,
  JsonError,
  type JsonObject,
  type JsonTree,
  object,
  parseJson,
} from '../../system/json-tree.ts';
import { timestamp } from '../../system/world.ts';
import { isEncryptedLeaf, type Leaf, textLeaf } from '../sops-leaf.ts';
import type { UnlockedDocument } from '../unlocked-document.ts';

/*
 * The earlier values of the secrets of a user's vault, in a tree of its own that sops and older versions of this tool
 * carry along:
 *
 *     "previous": {NAME: [{"value": "ENC[…]", "info": "ENC[…]", "ended_unencrypted": {"at", "by", "deleted"?: true}}, …]}
 *
 * The newest is first. `value` is the leaf with its type, `info` what was beside it in clear, as JSON: also a description
 * that was taken away. In clear are only the times and authors. A name that is not below `secrets` is deleted.
 */

export const PREVIOUS_KEY = 'previous';

/** Most earlier values of a secret. */
export const MOST_KEPT = 3;
/** Most bytes of the earlier values of a secret, together: one of the longest. */
export const MOST_BYTES = 65_536;
/** Most characters of all encrypted earlier values of a vault, together. */
const MOST_IN_ALL = 8 << 20;
/** Time, in milliseconds, for which a deleted secret can be put back. */
const KEPT_FOR = 30 * 86_400_000;

/** The end of a value: when it was replaced or deleted, and by whom. */
export interface Ended {
  /** ISO 8601 in UTC; null if the vault does not tell. */
  readonly at: string | null;
  readonly by: string | null;
  readonly isDeletion: boolean;
}

/** An earlier value of a secret. */
export interface KeptValue {
  readonly value: Leaf;
  /** All data that was beside it in clear text. */
  readonly fields: JsonObject;
  readonly ended: Ended;
}

/**
 * Reads the earlier values of a secret, from the newest to the oldest.
 *
 * @returns undefined if another program has put something else there: it is not touched.
 */
export function keptValues(vault: UnlockedDocument, name: string): KeptValue[] | undefined {
  const nodes = nodesOf(vault.document.tree, name);
  return nodes?.flatMap((node) => {
    const parts = partsOf(node);
    if (parts === undefined) return [];
    const inList = node instanceof Map;
    const value = vault.decrypt(parts.value, [PREVIOUS_KEY, name, ...(inList ? ['value'] : [])]);
    const info =
      parts.info === undefined ? undefined : vault.decrypt(parts.info, [PREVIOUS_KEY, name, 'info']);
    return [{ value, fields: fieldsOf(info), ended: endedOf(node) }];
  });
}

/** The list of a name: empty if it has none, undefined if it is of another form. */
function nodesOf(tree: JsonObject, name: string): readonly JsonTree[] | undefined {
  const all = tree.get(PREVIOUS_KEY) ?? new Map<string, JsonTree>();
  const nodes = all instanceof Map ? (all.get(name) ?? []) : undefined;
  return Array.isArray(nodes) && nodes.every((node) => partsOf(node) !== undefined) ? nodes : undefined;
}

/** The encrypted leaves of an entry. One that is a leaf alone, as a person may write it with sops, is a value. */
function partsOf(node: JsonTree): { readonly value: string; readonly info?: string } | undefined {
  if (isEncryptedLeaf(node)) return { value: node };
  const value = node instanceof Map ? (node.get('value') ?? null) : null;
  const info = node instanceof Map ? (node.get('info') ?? null) : null;
  if (!isEncryptedLeaf(value)) return undefined;
  return { value, ...(isEncryptedLeaf(info) && { info }) };
}

function fieldsOf(info: Leaf | undefined): JsonObject {
  if (info === undefined) return new Map();
  try {
    const fields = parseJson(info.bytes.toString('utf8'));
    return fields instanceof Map ? fields : new Map<string, JsonTree>();
  } catch (error) {
    // Somebody has edited it. The message could quote it.
    if (error instanceof JsonError) return new Map();
    throw error;
  }
}

function endedOf(node: JsonTree): Ended {
  const ended = node instanceof Map ? node.get(ENDED) : undefined;
  const text = (key: string): string | null => {
    const found = ended instanceof Map ? ended.get(key) : undefined;
    return typeof found === 'string' ? found : null;
  };
  return {
    at: text('at'),
    by: text('by'),
    isDeletion: ended instanceof Map && ended.get('deleted') === true,
  };
}

const ENDED = 'ended_unencrypted';

/** Gives a secret these earlier values, as far as they fit. */
export function putKept(vault: UnlockedDocument, name: string, kept: readonly KeptValue[]): void {
  const { tree } = vault.document;
  const found = tree.get(PREVIOUS_KEY);
  if (kept.length === 0) {
    if (!(found instanceof Map)) return;
    found.delete(name);
    if (found.size === 0) tree.delete(PREVIOUS_KEY);
    return;
  }
  const all: JsonObject = found instanceof Map ? found : new Map<string, JsonTree>();
  all.set(
    name,
    fitting(kept).map((one) => nodeOf(vault, name, one)),
  );
  tree.set(PREVIOUS_KEY, all);
  limitAll(all);
}

/** The newest ones that are not too many and not too long. */
function fitting(kept: readonly KeptValue[]): readonly KeptValue[] {
  let bytes = 0;
  const end = kept.findIndex(({ value }, index) => {
    bytes += value.bytes.length;
    return index >= MOST_KEPT || bytes > MOST_BYTES;
  });
  return end < 0 ? kept : kept.slice(0, end);
}

const nodeOf = (vault: UnlockedDocument, name: string, { value, fields, ended }: KeptValue): JsonObject =>
  object({
    value: vault.encrypt(value, [PREVIOUS_KEY, name, 'value']),
    info: vault.encrypt(textLeaf(formatJson(fields)), [PREVIOUS_KEY, name, 'info']),
    [ENDED]: object({
      at: ended.at,
      by: ended.by,
      ...(ended.isDeletion && { deleted: true }),
    }),
  });

/** Takes the oldest values away until all of them fit: a vault that is too large cannot be read any more. */
function limitAll(all: JsonObject): void {
  const sizeOf = (node: JsonTree): number => partsOf(node)?.value.length ?? 0;
  const lists = [...all.values()].flatMap((list) => (Array.isArray(list) ? [list] : []));
  let size = lists.flat().reduce((sum: number, node) => sum + sizeOf(node), 0);
  if (size <= MOST_IN_ALL) return;
  const oldestFirst = [...all]
    .flatMap(([name, list]) => (Array.isArray(list) ? list.map((node) => ({ name, list, node })) : []))
    .sort((a, b) => compare(endedOf(a.node).at ?? '', endedOf(b.node).at ?? ''));
  for (const { name, list, node } of oldestFirst) {
    if (size <= MOST_IN_ALL) return;
    size -= sizeOf(node);
    list.splice(list.indexOf(node), 1);
    if (list.length === 0) all.delete(name);
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Puts two pasts into one, from the newest to the oldest. */
export const joinKept = (own: readonly KeptValue[], others: readonly KeptValue[]): KeptValue[] =>
  [...own, ...others].sort((a, b) => compare(b.ended.at ?? '', a.ended.at ?? ''));

/** Lists the deleted secrets that can be put back, each with the time until which: ISO 8601. */
export const deletedNames = (
  tree: JsonObject,
  isSecret: (name: string) => boolean,
  now: Date,
): Map<string, string> =>
  new Map(
    [...keptWithoutSecret(tree, isSecret, now)].filter(([, until]) => Date.parse(until) >= now.getTime()),
  );

function keptWithoutSecret(
  tree: JsonObject,
  isSecret: (name: string) => boolean,
  now: Date,
): Map<string, string> {
  const all = tree.get(PREVIOUS_KEY);
  if (!(all instanceof Map)) return new Map();
  return new Map(
    [...all.keys()].flatMap((name) => {
      if (isSecret(name) || secretNameProblem(name) !== undefined) return [];
      const [newest] = nodesOf(tree, name) ?? [];
      return newest === undefined ? [] : [[name, untilOf(newest, now)] as const];
    }),
  );
}

/** A secret that another program has deleted counts as deleted when we see it: at our next write. */
function untilOf(newest: JsonTree, now: Date): string {
  const { at, isDeletion } = endedOf(newest);
  const deleted = isDeletion ? Date.parse(at ?? '') : NaN;
  return timestamp(new Date((Number.isNaN(deleted) ? now.getTime() : deleted) + KEPT_FOR));
}

/** The time until which a secret that is deleted now can be put back. */
export const keptUntil = (now: Date): string => timestamp(new Date(now.getTime() + KEPT_FOR));

/** Removes the values of secrets whose time is over, and notes the time for those that another program has deleted. */
export function tidyKept(tree: JsonObject, isSecret: (name: string) => boolean, now: Date): void {
  const all = tree.get(PREVIOUS_KEY);
  if (!(all instanceof Map)) return;
  for (const [name, until] of keptWithoutSecret(tree, isSecret, now)) {
    const [newest] = nodesOf(tree, name) ?? [];
    if (Date.parse(until) < now.getTime()) all.delete(name);
    else if (newest instanceof Map && !(endedOf(newest).isDeletion && endedOf(newest).at !== null))
      newest.set(ENDED, object({ at: timestamp(now), by: null, deleted: true }));
  }
  if (all.size === 0) tree.delete(PREVIOUS_KEY);
}
