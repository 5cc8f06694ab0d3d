import type { Diagnostic } from '../../core/diagnostics/diagnostics.ts';

// One problem for one thing to do, however often it is found. Imports no VS Code.

/** A problem, and the locations of the same one further below in its file. */
export interface ProblemGroup {
  readonly first: Diagnostic;
  readonly others: readonly Diagnostic[];
}

/**
 * Joins what one action mends: a name that is not set, in one file. All else is mended where it is found.
 *
 * @param found - of one file, sorted by offset.
 */
export function groupProblems(found: readonly Diagnostic[]): ProblemGroup[] {
  const groups: { readonly first: Diagnostic; readonly others: Diagnostic[] }[] = [];
  const byName = new Map<string, Diagnostic[]>();
  for (const one of found) {
    const name = one.code === 'not-set' ? nameOf(one) : undefined;
    const others = name === undefined ? undefined : byName.get(name);
    if (others !== undefined) {
      others.push(one);
      continue;
    }
    const group = { first: one, others: [] };
    groups.push(group);
    if (name !== undefined) byName.set(name, group.others);
  }
  return groups;
}

function nameOf({ remedies }: Diagnostic): string | undefined {
  for (const remedy of remedies) if ('do' in remedy && remedy.do === 'set-secret') return remedy.name;
  return undefined;
}
