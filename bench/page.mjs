// The tables of docs/performance.md, as Prettier writes them.

/** The order of the tables. */
const TABLES = ['Ratios', 'In AWS', 'A workspace in AWS', 'In VS Code', 'Memory'];

/**
 * @param {readonly { table: string, cells: Record<string, string> }[]} figures
 * @returns {string}
 */
export function pageOf(figures) {
  return TABLES.filter((table) => figures.some((one) => one.table === table))
    .map(
      (table) =>
        `## ${table}\n\n${tableOf(figures.filter((one) => one.table === table).map(({ cells }) => cells))}`,
    )
    .join('\n\n');
}

/** @param {readonly Record<string, string>[]} lines */
function tableOf(lines) {
  const columns = [...new Set(lines.flatMap((cells) => Object.keys(cells)))];
  const rows = [columns, ...lines.map((cells) => columns.map((column) => cells[column] ?? '-'))];
  const widths = columns.map((_, index) => Math.max(...rows.map((row) => row[index]?.length ?? 0)));
  const written = rows.map(
    (row) => `| ${row.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join(' | ')} |`,
  );
  written.splice(1, 0, `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`);
  return written.join('\n');
}
