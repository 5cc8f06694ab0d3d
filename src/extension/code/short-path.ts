/** Longest path that is shown whole where there is little room. In UTF-16 units. */
const LONGEST = 36;

/**
 * Cuts a long path in its middle, between directories: its end tells most, and a row of a view would cut that off. Imports
 * no VS Code.
 *
 * @param path - with slashes; a line may follow, as in `modules/search.nf:12`. A URL stays whole.
 */
export function shortPath(path: string, longest = LONGEST): string {
  if (path.length <= longest || path.includes('://')) return path;
  const parts = path.split('/');
  const [first = ''] = parts;
  for (let from = 2; from < parts.length; from++) {
    const short = [first, '…', ...parts.slice(from)].join('/');
    if (short.length <= longest) return short;
  }
  // The last part is never cut.
  return parts.length > 1 ? `…/${parts.at(-1) ?? ''}` : path;
}
