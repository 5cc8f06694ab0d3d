import { printable } from '../core/system/printable.ts';

/** Longest text that is not cut: a longer one would fill the screen, and widen each row. In UTF-16 units. */
const LONGEST = 200;

const shown = (cell: string): string => {
  // The rest of a long text is not looked at: a name in a file may have megabytes.
  const text = printable(cell.slice(0, 10 * LONGEST));
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST - 1).toWellFormed()}…`;
};

/** Cuts a line that a terminal would wrap. In UTF-16 units. */
const cut = (line: string, width: number): string =>
  line.length <= width ? line : `${line.slice(0, Math.max(0, width - 1)).toWellFormed()}…`;

/**
 * Cells in columns, the first row as the heading; control characters are left out.
 *
 * @param width - columns of the terminal that shows it; without one no line is cut.
 */
export function table(rows: readonly (readonly string[])[], width = Infinity): string {
  const cells = rows.map((row) => row.map(shown));
  const widths =
    cells[0]?.map((_, column) =>
      // Not all of them as arguments: there is a limit to their number.
      cells.reduce((width, row) => Math.max(width, row[column]?.length ?? 0), 0),
    ) ?? [];
  return cells
    .map(
      (row) =>
        `${cut(
          row
            .map((cell, column) => cell.padEnd(widths[column] ?? 0))
            .join('  ')
            .trimEnd(),
          width,
        )}\n`,
    )
    .join('');
}
