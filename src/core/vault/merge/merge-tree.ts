import type { JsonNumber, JsonTree } from '../../system/json-tree.ts';
import { clearLeafBytes, isEncryptedLeaf, type LeafType } from '../sops-leaf.ts';
import type { SopsDocument } from '../sops-document.ts';
import { isClearPath, UnlockedDocument } from '../unlocked-document.ts';

/** A leaf of one side of a merge, with its plain text if that side opens. */
interface Cell {
  /** The side; undefined for one whose data key is not at hand. */
  readonly vault: UnlockedDocument | undefined;
  readonly node: string | boolean | JsonNumber | null;
  readonly type: LeafType | `clear ${string}` | 'locked';
  readonly bytes: Buffer;
}

/** A tree of one side of a merge, or of the result. */
export type MergeTree = MergeObject | MergeTree[] | Cell;
export type MergeObject = Map<string, MergeTree>;

/** A side of a merge; a document alone if its data key is not at hand. */
export type Side = UnlockedDocument | SopsDocument;

export const documentOf = (side: Side): SopsDocument =>
  side instanceof UnlockedDocument ? side.document : side;

/** Reads a side's tree. */
export function mergeTree(side: Side): MergeObject {
  return new Map(Array.from(documentOf(side).tree, ([key, node]) => [key, treeOf(side, node, [key])]));
}

function treeOf(side: Side, node: JsonTree, path: readonly string[]): MergeTree {
  if (node instanceof Map)
    return new Map(Array.from(node, ([key, value]) => [key, treeOf(side, value, [...path, key])]));
  // sops binds the elements of a list to the path of the list.
  if (Array.isArray(node)) return node.map((value) => treeOf(side, value, path));
  if (side instanceof UnlockedDocument) return { vault: side, node, ...side.plainLeaf(node, path) };
  const isLocked = isEncryptedLeaf(node) && !isClearPath(path);
  return {
    vault: undefined,
    node,
    type: isLocked ? 'locked' : `clear ${node === null ? 'null' : typeof node}`,
    bytes: isLocked ? Buffer.from(node) : (clearLeafBytes(node) ?? Buffer.alloc(0)),
  };
}

/** Tells whether two trees have the same plain text, or neither is there. */
export function isSame(a: MergeTree | undefined, b: MergeTree | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  if (a instanceof Map || b instanceof Map) {
    if (!(a instanceof Map && b instanceof Map) || a.size !== b.size) return false;
    return [...a].every(([key, value]) => b.has(key) && isSame(value, b.get(key)));
  }
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!(Array.isArray(a) && Array.isArray(b)) || a.length !== b.length) return false;
    return a.every((value, index) => isSame(value, b[index]));
  }
  if (a.type === 'locked' || b.type === 'locked') return a.node === b.node;
  return a.type === b.type && a.bytes.equals(b.bytes);
}

/** The text of a leaf in clear, or undefined. */
export function clearText(tree: MergeTree | undefined): string | undefined {
  if (tree === undefined || tree instanceof Map || Array.isArray(tree)) return undefined;
  return tree.type === 'clear string' && typeof tree.node === 'string' ? tree.node : undefined;
}

/** Makes a leaf in clear. */
export const clearLeaf = (node: string | null): MergeTree => ({
  vault: undefined,
  node,
  type: node === null ? 'clear null' : 'clear string',
  bytes: clearLeafBytes(node) ?? Buffer.alloc(0),
});

/**
 * Writes a tree for a vault. Leaves that have its data key keep their cipher text, all others are encrypted anew.
 */
export function written(tree: MergeTree, target: UnlockedDocument, path: readonly string[]): JsonTree {
  if (tree instanceof Map)
    return new Map(Array.from(tree, ([key, value]) => [key, written(value, target, [...path, key])]));
  if (Array.isArray(tree)) return tree.map((value) => written(value, target, path));
  const { vault, node, type, bytes } = tree;
  if (type === 'locked') throw new Error('a leaf of the base cannot be a part of the result');
  if (type.startsWith('clear ') || vault?.keyId === target.keyId) return node;
  return target.encrypt({ type: type as LeafType, bytes }, path);
}
