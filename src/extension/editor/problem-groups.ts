import type { Diagnostic } from '../../core/diagnostics/diagnostics.ts';
import type { DiagnosticCode } from '../../core/diagnostics/rules/registry.ts';

// One problem for one thing to do, however often it is found. Imports no VS Code.

/** Codes of problems that a new value mends, wherever the name is used. */
const JOINED: readonly DiagnosticCode[] = ['not-set', 'expires'];

/** A problem, and the locations of the same one further below in its file. */
export interface ProblemGroup {
  readonly first: Diagnostic;
  readonly others: readonly Diagnostic[];
}

/**
 * Joins what one action mends: a name that is not set or expires, in one file. All else is mended where it is found.
 *
 * @param found - of one file, sorted by offset.
 */
export function groupProblems(found: readonly Diagnostic[]): ProblemGroup[] {
  const groups: { readonly first: Diagnostic; readonly others: Diagnostic[] }[] = [];
  const byName = new Map<string, Diagnostic[]>();
  for (const one of found) {
    const name = JOINED.includes(one.code) ? `${one.code} ${nameOf(one) ?? ''}` : undefined;
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
