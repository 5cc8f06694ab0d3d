import type { SourceProcess } from '../references/scan.ts';
import { namePattern } from './name-pattern.ts';

/** No real name is longer. */
const MAX_NAME_LENGTH = 64;
/** With more patterns, the choice of the others is not decided: real pipelines have a handful. */
const MAX_PATTERNS = 100;
/** Matches a selector of names alone. */
const NAMES = /^withName:(\w+(?:\|\w+)*)$/;

/** Choice of a selector for a process, as far as the definition of the process tells. */
export type Choice = 'yes' | 'no' | 'unknown';
type Chooser = (process: Pick<SourceProcess, 'name' | 'labels' | 'hasOtherLabels'>) => Choice;

/**
 * Tells whether a config's selector (`withName:ALIGN.*`, `withLabel:big`) chooses a process, under any name that it is
 * included as. As in `nextflow.script.ProcessConfig`, the pattern has to match the whole name, and a `!` negates it.
 *
 * @param aliases - names that any process may have beside its own.
 */
export function chooses(selector: string, aliases: ReadonlySet<string>): Chooser {
  const [, kind, negation, text] = /^(withName|withLabel):(!?)([\w.*|:()-]+)$/.exec(selector) ?? [];
  const pattern = text === undefined ? undefined : namePattern(text);
  if (pattern === undefined) return () => 'unknown';
  const isNegated = negation !== '';
  const match = (name: string): boolean | undefined =>
    name.length <= MAX_NAME_LENGTH ? pattern(name) : undefined;
  if (kind === 'withLabel') {
    return ({ labels, hasOtherLabels }) => {
      const matches = new Set(labels.map(match));
      if (matches.has(undefined)) return 'unknown';
      if (matches.has(true)) return isNegated ? 'no' : 'yes';
      if (hasOtherLabels) return 'unknown';
      return isNegated ? 'yes' : 'no';
    };
  }
  const otherwise = isPlainSelector(selector, aliases) ? 'no' : 'unknown';
  return ({ name }) => {
    const matches = match(name);
    if (matches === undefined) return 'unknown';
    return matches !== isNegated ? 'yes' : otherwise;
  };
}

/**
 * Does the same as {@link chooses} for several selectors: `yes` if one of them chooses a process, `no` if none does. A
 * process costs the same for any number of names.
 */
export function anyChooses(selectors: Iterable<string>, aliases: ReadonlySet<string>): Chooser {
  const named = new Set<string>();
  const patterns: Chooser[] = [];
  let isOpen = false;
  for (const selector of new Set(selectors)) {
    const [, names] = NAMES.exec(selector) ?? [];
    for (const name of names?.split('|') ?? []) {
      named.add(name);
      isOpen ||= aliases.has(name);
    }
    if (names !== undefined) continue;
    if (patterns.length < MAX_PATTERNS) patterns.push(chooses(selector, aliases));
    else isOpen = true;
  }
  return (process) => {
    const { name } = process;
    const isLong = name.length > MAX_NAME_LENGTH;
    if (!isLong && named.has(name)) return 'yes';
    const choices = new Set(patterns.map((choice) => choice(process)));
    if (choices.has('yes')) return 'yes';
    return isOpen || choices.has('unknown') || (isLong && named.size > 0) ? 'unknown' : 'no';
  };
}

/** Tells whether a selector has only names that processes are defined with, and no name that they are called by. */
export function isPlainSelector(selector: string, aliases: ReadonlySet<string>): boolean {
  const [, names = ''] = NAMES.exec(selector) ?? [];
  return names !== '' && !names.split('|').some((name) => aliases.has(name));
}
