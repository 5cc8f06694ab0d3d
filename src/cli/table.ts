import { printable } from '../core/system/printable.ts';

/** Cells in columns, the first row as the heading; control characters are left out. */
export function table(rows: readonly (readonly string[])[]): string {
  const cells = rows.map((row) => row.map(printable));
  const widths =
    cells[0]?.map((_, column) =>
      // Not all of them as arguments: there is a limit to their number.
      cells.reduce((width, row) => Math.max(width, row[column]?.length ?? 0), 0),
    ) ?? [];
  return cells
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}
