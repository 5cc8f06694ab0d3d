import { printable } from '../system/printable.ts';
import { type Phrase, phrase, type PhraseArgument } from '../system/phrase.ts';
import type { Use } from './plan.ts';

/** The location of the first use and how many more there are: `main.nf:12 (process ALIGN) and 2 more`. */
export function usedIn(uses: readonly Use[]): PhraseArgument {
  const [first] = uses;
  if (first === undefined) return '';
  const { file, line, process } = first;
  const at = `${printable(file)}:${line}`;
  const where = process === null ? at : inProcess(at, printable(process));
  return uses.length === 1 ? where : phrase`${where} and ${uses.length - 1} more`;
}

const inProcess = (at: string, process: string): Phrase =>
  process.includes(':') ? phrase`${at} (${process})` : phrase`${at} (process ${process})`;
