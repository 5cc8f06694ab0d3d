import type { SourceSpan } from './scan.ts';

/**
 * Gives stretches of a text, which end in the line that they start in, their lines and columns. Lines end with
 * `\n`, as for git, grep and Nextflow's own messages.
 */
export function locator(text: string): (start: number, end: number) => SourceSpan {
  let lines: number[] | undefined;
  return (start, end) => {
    lines ??= lineStarts(text);
    let low = 0;
    let high = lines.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((lines[middle] ?? 0) <= start) low = middle;
      else high = middle;
    }
    const column = start - (lines[low] ?? 0) + 1;
    return { offset: start, endOffset: end, line: low + 1, column, endColumn: column + end - start };
  };
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}
