import { byName } from '../../core/system/natural-order.ts';
import type { MissingEntry, Root, SecretEntry } from './secret-nodes.ts';

// Which secrets the view shows, and in which order. Imports no VS Code.

export const SHOWS = ['all', 'missing', 'unused', 'overridden', 'exposed', 'expiring', 'unread'] as const;
/** Names that are shown; `expiring` are those that have expired or do soon, `unread` are those that no launch on this machine has used yet. */
export type Show = (typeof SHOWS)[number];

export const SORTS = ['name', 'state', 'changed'] as const;
/** Order below each root: `state` has first what needs a look, `changed` what was changed last. */
export type Sort = (typeof SORTS)[number];

export interface Arranged {
  readonly show: Show;
  readonly sort: Sort;
}

/** The order that the view has where nothing was chosen. */
export const AS_USUAL: Arranged = { show: 'all', sort: 'name' };

/**
 * The roots of the view. Roots without a name of the kind are left out; one that could not be read stays, since its names
 * are not known.
 */
export function arrange(roots: readonly Root[], { show, sort }: Arranged): Root[] {
  return roots
    .map((root): Root => {
      if (root.kind === 'missingRoot') return { ...root, missing: isShownMissing(show) ? root.missing : [] };
      return { ...root, secrets: sorted(root.secrets.filter(CHOOSES[show]), sort) };
    })
    .filter((root) => show === 'all' || isKept(root));
}

/** Number of names of a kind. */
export const countOf = (roots: readonly Root[], show: Show): number =>
  arrange(roots, { ...AS_USUAL, show }).reduce((sum, root) => sum + namesOf(root).length, 0);

const namesOf = (root: Root): readonly (SecretEntry | MissingEntry)[] =>
  root.kind === 'missingRoot' ? root.missing : root.secrets;

const isShownMissing = (show: Show): boolean => show === 'all' || show === 'missing';

const isKept = (root: Root): boolean =>
  namesOf(root).length > 0 || (root.kind !== 'missingRoot' && root.problem !== undefined);

const CHOOSES: Readonly<Record<Show, (entry: SecretEntry) => boolean>> = {
  all: () => true,
  missing: () => false,
  unused: ({ unused }) => unused,
  overridden: ({ overriddenBy }) => overriddenBy !== undefined,
  exposed: ({ info }) => info.exposed.length > 0,
  expiring: ({ end }) => end !== undefined,
  unread: ({ lastUsed }) => lastUsed === null,
};

function sorted(entries: readonly SecretEntry[], sort: Sort): readonly SecretEntry[] {
  switch (sort) {
    // They come by name.
    case 'name':
      return entries;
    case 'state':
      return entries.toSorted((a, b) => urgency(a) - urgency(b) || byName(a.name, b.name));
    case 'changed':
      return entries.toSorted((a, b) => latestFirst(a, b) || byName(a.name, b.name));
  }
}

function urgency({ info, end, overriddenBy, unused, overrides }: SecretEntry): number {
  if (info.exposed.length > 0) return -2;
  if (end !== undefined && overriddenBy === undefined) return end.left < 0 ? -1 : 0;
  if (overriddenBy !== undefined) return 1;
  if (unused) return 2;
  return overrides.length > 0 ? 3 : 4;
}

/** What has no date comes last. */
const latestFirst = (a: SecretEntry, b: SecretEntry): number => changedAt(b) - changedAt(a);

function changedAt({ info }: SecretEntry): number {
  const at = Date.parse(info.updated ?? info.created ?? '');
  return Number.isNaN(at) ? 0 : at;
}
