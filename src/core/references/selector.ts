import type { SourceProcess } from './scan-source.ts';

/** Beyond these a match could take long, and nothing real is longer. */
const MAX_NAME_LENGTH = 64;
const MAX_WILDCARDS = 4;

/** Whether a selector chooses a process, as far as its definition tells. */
export type Choice = 'yes' | 'no' | 'unknown';

/**
 * Tells whether a config's selector (`withName:ALIGN.*`, `withLabel:big`) chooses a process, whatever it is included as. As in
 * `nextflow.script.ProcessConfig`, the pattern is one for all of the name, and a `!` before it turns it round.
 *
 * @param aliases - names that any process may have beside its own.
 */
export function chooses(
  selector: string,
  aliases: ReadonlySet<string>,
): (process: Pick<SourceProcess, 'name' | 'labels' | 'hasOtherLabels'>) => Choice {
  const [, kind, negation, pattern] = /^(withName|withLabel):(!?)([\w.*|:()-]+)$/.exec(selector) ?? [];
  const regex = pattern === undefined ? undefined : wholeName(pattern);
  if (regex === undefined) return () => 'unknown';
  const isNegated = negation !== '';
  const matches = (name: string): boolean => name.length <= MAX_NAME_LENGTH && regex.test(name);
  if (kind === 'withLabel') {
    return ({ labels, hasOtherLabels }) => {
      if (labels.some((label) => label.length > MAX_NAME_LENGTH)) return 'unknown';
      if (labels.some(matches)) return isNegated ? 'no' : 'yes';
      if (hasOtherLabels) return 'unknown';
      return isNegated ? 'yes' : 'no';
    };
  }
  const otherwise = isPlainSelector(selector, aliases) ? 'no' : 'unknown';
  return ({ name }) => {
    if (name.length > MAX_NAME_LENGTH) return 'unknown';
    return matches(name) !== isNegated ? 'yes' : otherwise;
  };
}

/** Whether a selector consists of names that processes are defined with, and so fits nothing that they are called by. */
export function isPlainSelector(selector: string, aliases: ReadonlySet<string>): boolean {
  const [, names = ''] = /^withName:(\w+(?:\|\w+)*)$/.exec(selector) ?? [];
  return names !== '' && !names.split('|').some((name) => aliases.has(name));
}

function wholeName(pattern: string): RegExp | undefined {
  if (pattern.includes(')*') || (pattern.match(/\*/g) ?? []).length > MAX_WILDCARDS) return undefined;
  try {
    return new RegExp(`^(?:${pattern})$`);
  } catch {
    return undefined;
  }
}
