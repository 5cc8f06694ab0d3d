import { type Member, KEYS } from '../vault-shape.ts';
import { clearLeaf, clearText, type MergeObject, type MergeTree } from './merge-tree.ts';
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
 * Lists the members that a roster has: it alone counts.
 *
 * @param members - one for each recipient.
 */
export function membersByRoster(trees: Versions<MergeObject>, members: readonly Member[]): MergedMembers {
  const known = allMembers(trees);
  const entries = members.map(({ recipient, label, since, by }): MergeTree => {
    const entry = known.get(recipient);
    const fields: MergeObject = new Map(entry instanceof Map ? entry : []);
    if (!(entry instanceof Map)) fields.set('recipient', clearLeaf(recipient));
    fields.set('label', clearLeaf(label));
    if (!(entry instanceof Map)) fields.set('since', clearLeaf(since)).set('by', clearLeaf(by));
    return fields;
  });
  const recipients = members.map(({ recipient }) => recipient);
  return { entries, recipients, removed: removedOf(known, recipients) };
}

const allMembers = ({ base, ours, theirs }: Versions<MergeObject>): MergeObject =>
  new Map([...membersOf(base), ...membersOf(theirs), ...membersOf(ours)]);

function removedOf(all: MergeObject, kept: readonly string[]): Member[] {
  return [...all].flatMap(([recipient, entry]) =>
    kept.includes(recipient) ? [] : [member(recipient, entry)],
  );
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
  return { entries, recipients, removed: removedOf(allMembers(trees), recipients) };
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
