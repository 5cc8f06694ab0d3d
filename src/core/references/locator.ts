import { firstIndex } from '../system/first-index.ts';
import type { SourceSpan } from './scan.ts';

/**
 * Makes a function that gives ranges of a text their lines and columns. A range ends in the line that it starts in.
 * Lines end with `\n`, as for git, grep and Nextflow's own messages.
 */
export function locator(text: string): (start: number, end: number) => SourceSpan {
  let lines: number[] | undefined;
  return (start, end) => {
    lines ??= lineStarts(text);
    const starts = lines;
    const line = firstIndex(starts.length, (index) => (starts[index] ?? 0) > start);
    const column = start - (starts[line - 1] ?? 0) + 1;
    return { offset: start, endOffset: end, line, column, endColumn: column + end - start };
  };
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}
