import { printable } from '../system/printable.ts';
import type { Use } from './plan.ts';

/** The location of the first use and how many more there are: `main.nf:12 (process ALIGN) and 2 more`. */
export function usedIn(uses: readonly Use[]): string {
  const [first] = uses;
  if (first === undefined) return '';
  const { file, line, process } = first;
  const where = process === null ? '' : ` (${process.includes(':') ? '' : 'process '}${printable(process)})`;
  const more = uses.length === 1 ? '' : ` and ${uses.length - 1} more`;
  return `${printable(file)}:${line}${where}${more}`;
}
