import { isSame, type MergeObject, type MergeTree } from './merge-tree.ts';

/** One of the two sides of a merge, in git's words. */
export type SideName = 'ours' | 'theirs';

/** The three versions of one thing in a merge; undefined where a version does not have it. */
export interface Versions<T = MergeTree | undefined> {
  readonly base: T;
  readonly ours: T;
  readonly theirs: T;
}

/**
 * Decides for one of the sides where both have changed something.
 *
 * @returns undefined if nobody has decided yet: the result is of no use then.
 */
export type Decide = (path: readonly string[]) => SideName | undefined;

export interface ThreeWayOptions {
  /** The side that leaves are taken from where both have the same text. */
  readonly prefer: SideName;
  readonly decide: Decide;
  /** Names the side that counts for what only one side has, if it is not to be told by the base. */
  readonly ofOneSide?: (path: readonly string[]) => SideName | undefined;
}

/**
 * Merges three versions: a change of one side, and the same change of both, is taken over. Objects merge key by key, in
 * the order of our side; lists and leaves as a whole.
 *
 * @returns undefined if the result does not have it.
 */
export function threeWay(
  { base, ours, theirs }: Versions,
  path: readonly string[],
  options: ThreeWayOptions,
): MergeTree | undefined {
  const preferred = options.prefer === 'ours' ? ours : theirs;
  if ((ours === undefined) !== (theirs === undefined)) {
    const side = options.ofOneSide?.(path);
    if (side !== undefined) return side === 'ours' ? ours : theirs;
  }
  if (isSame(ours, theirs)) return ours instanceof Map ? inOrder(preferred, ours) : preferred;
  if (ours instanceof Map && theirs instanceof Map) {
    return mergeObjects(
      { base: base instanceof Map ? base : new Map<string, MergeTree>(), ours, theirs },
      path,
      options,
    );
  }
  if (isSame(base, ours)) return theirs;
  if (isSame(base, theirs)) return ours;
  return options.decide(path) === 'theirs' ? theirs : ours;
}

export function mergeObjects(
  versions: Versions<MergeObject>,
  path: readonly string[],
  options: ThreeWayOptions,
): MergeObject {
  const merged: MergeObject = new Map();
  for (const key of keysOf(versions)) {
    const value = threeWay(at(versions, key), [...path, key], options);
    if (value !== undefined) merged.set(key, value);
  }
  return merged;
}

/** The keys of both sides: ours in their order, then what only the other side has. */
export const keysOf = ({ ours, theirs }: Versions<MergeObject>): Set<string> =>
  new Set([...ours.keys(), ...theirs.keys()]);

/** The versions of what objects have under a key. */
export const at = ({ base, ours, theirs }: Versions<MergeObject>, key: string): Versions => ({
  base: base.get(key),
  ours: ours.get(key),
  theirs: theirs.get(key),
});

/** The same content in the order of another object that has the same keys. */
function inOrder(tree: MergeTree | undefined, order: MergeObject): MergeTree | undefined {
  if (!(tree instanceof Map)) return tree;
  return new Map(
    [...order].flatMap(([key, value]) => {
      const own = tree.get(key);
      if (own === undefined) return [];
      return [[key, (value instanceof Map ? inOrder(own, value) : own) ?? own] as const];
    }),
  );
}
