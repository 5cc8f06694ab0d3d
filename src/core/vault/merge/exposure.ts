import type { Member } from '../vault-shape.ts';
import { clearLeaf, clearText, type MergeObject, type MergeTree } from './merge-tree.ts';

/**
 * Adds the marks of former members who could read a value: a list of labels and dates, which the next change of the
 * value removes.
 *
 * @param at - ISO 8601.
 */
export function withExposure(
  marks: MergeTree | undefined,
  readers: readonly Member[],
  at: string,
): MergeTree | undefined {
  const list = Array.isArray(marks) ? [...marks] : [];
  const known = new Set(list.map((mark) => (mark instanceof Map ? clearText(mark.get('label')) : undefined)));
  for (const { label } of readers) {
    if (known.has(label)) continue;
    known.add(label);
    const mark: MergeObject = new Map([
      ['label', clearLeaf(label)],
      ['since', clearLeaf(at)],
    ]);
    list.push(mark);
  }
  return list.length === 0 ? marks : list;
}
