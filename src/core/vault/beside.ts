import { CLEAR_SUFFIX } from '../secrets/secret-name.ts';
import type { JsonNumber, JsonObject, JsonTree } from '../system/json-tree.ts';
import { isEncryptedLeaf, type Leaf } from './sops-leaf.ts';
import type { UnlockedDocument } from './unlocked-document.ts';

/** A tree of a vault in plain text: each encrypted leaf as the {@link Leaf} that it holds. */
type PlainTree = Map<string, PlainTree> | PlainTree[] | Leaf | JsonNumber | string | boolean | null;

/**
 * Content that a vault keeps under a secret's name besides its value and its info: in trees that this version does not
 * know, such as `previous: {NAME: …}` of another one.
 */
export interface Beside {
  /** Keys that lead to the object in which the name is a key. */
  readonly path: readonly string[];
  readonly content: PlainTree;
}

/**
 * Finds all such content of a name, in plain text.
 *
 * @param known - top-level keys whose content this version knows.
 * @param isSecret - tells whether a key is a secret's name: below another secret's name, it is none.
 */
export function besideOf(
  vault: UnlockedDocument,
  name: string,
  known: readonly string[],
  isSecret: (key: string) => boolean,
): Beside[] {
  return [...objectsWith(vault.document.tree, name, known, isSecret)].map(({ path, object }) => ({
    path,
    content: decrypted(vault, object.get(name) ?? null, [...path, name]),
  }));
}

/** Removes all such content under that name. */
export function removeBeside(
  tree: JsonObject,
  name: string,
  known: readonly string[],
  isSecret: (key: string) => boolean,
): void {
  for (const { object } of [...objectsWith(tree, name, known, isSecret)]) object.delete(name);
}

/** Puts such content under another name, or back. */
export function putBeside(vault: UnlockedDocument, name: string, beside: readonly Beside[]): void {
  for (const { path, content } of beside) {
    let object = vault.document.tree;
    for (const key of path) {
      const below = object.get(key);
      const next: JsonObject = below instanceof Map ? below : new Map<string, JsonTree>();
      object.set(key, next);
      object = next;
    }
    object.set(name, encrypted(vault, content, [...path, name]));
  }
}

function* objectsWith(
  tree: JsonObject,
  name: string,
  known: readonly string[],
  isSecret: (key: string) => boolean,
): Generator<{ path: string[]; object: JsonObject }> {
  const open = [...tree].flatMap(([key, node]) =>
    node instanceof Map && !known.includes(key) ? [{ path: [key], object: node }] : [],
  );
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next.object.has(name)) yield next;
    for (const [key, node] of next.object) {
      if (node instanceof Map && !isSecret(key)) open.push({ path: [...next.path, key], object: node });
    }
  }
}

const isClear = (path: readonly string[]): boolean => path.some((key) => key.endsWith(CLEAR_SUFFIX));

function decrypted(vault: UnlockedDocument, node: JsonTree, path: readonly string[]): PlainTree {
  if (node instanceof Map)
    return new Map(Array.from(node, ([key, value]) => [key, decrypted(vault, value, [...path, key])]));
  // sops binds the elements of a list to the path of the list.
  if (Array.isArray(node)) return node.map((value) => decrypted(vault, value, path));
  return isEncryptedLeaf(node) && !isClear(path) ? vault.decrypt(node, path) : node;
}

function encrypted(vault: UnlockedDocument, content: PlainTree, path: readonly string[]): JsonTree {
  if (content instanceof Map)
    return new Map(Array.from(content, ([key, value]) => [key, encrypted(vault, value, [...path, key])]));
  if (Array.isArray(content)) return content.map((value) => encrypted(vault, value, path));
  return isLeaf(content) ? vault.encrypt(content, path) : content;
}

const isLeaf = (content: PlainTree): content is Leaf =>
  typeof content === 'object' && content !== null && 'bytes' in content;
