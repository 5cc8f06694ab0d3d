import { type Member, KEYS } from '../vault-shape.ts';
import { clearText, type MergeObject, type MergeTree } from './merge-tree.ts';
import { keysOf, threeWay, type ThreeWayOptions, type Versions } from './three-way.ts';

/** The members of a merge. */
export interface MergedMembers {
  /** The vault's own list. */
  readonly entries: MergeTree[];
  readonly recipients: readonly string[];
  /** Members of any of the versions who are none of the result. */
  readonly removed: readonly Member[];
}

/**
 * Merges the members of three versions. A removal wins over no change, and additions of both sides are kept. Labels are
 * for people only: ours, if both sides have changed one.
 */
export function mergeMembers(trees: Versions<MergeObject>): MergedMembers {
  const versions = {
    base: membersOf(trees.base),
    ours: membersOf(trees.ours),
    theirs: membersOf(trees.theirs),
  };
  const options: ThreeWayOptions = { prefer: 'ours', decide: () => 'ours' };
  const entries: MergeTree[] = [];
  const recipients: string[] = [];
  for (const recipient of keysOf(versions)) {
    const ours = versions.ours.get(recipient);
    const theirs = versions.theirs.get(recipient);
    const base = versions.base.get(recipient);
    const isKept = ours !== undefined && theirs !== undefined ? true : base === undefined;
    if (!isKept) continue;
    const entry =
      ours !== undefined && theirs !== undefined
        ? threeWay({ base, ours, theirs }, [], options)
        : (ours ?? theirs);
    if (entry !== undefined) entries.push(entry);
    recipients.push(recipient);
  }
  const kept = new Set(recipients);
  const all = new Map([...versions.base, ...versions.theirs, ...versions.ours]);
  const removed = [...all].filter(([recipient]) => !kept.has(recipient));
  return { entries, recipients, removed: removed.map(([recipient, entry]) => member(recipient, entry)) };
}

function membersOf(tree: MergeObject): MergeObject {
  const list = tree.get(KEYS.members);
  const entries = Array.isArray(list) ? list : [];
  return new Map(
    entries.flatMap((entry) => {
      const recipient = entry instanceof Map ? clearText(entry.get('recipient')) : undefined;
      return recipient === undefined ? [] : [[recipient, entry] as const];
    }),
  );
}

function member(recipient: string, entry: MergeTree): Member {
  const text = (key: string): string => (entry instanceof Map ? clearText(entry.get(key)) : undefined) ?? '';
  return { recipient, label: text('label'), since: text('since'), by: text('by') };
}
