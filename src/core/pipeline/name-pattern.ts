// Patterns of names from configs. A regular expression of JavaScript tries all ways through a pattern one after
// another, which can take for ever. This module takes them side by side.

/** Longer patterns are not read: no real pattern is longer. */
const MAX_LENGTH = 1_000;
/** Largest number of steps that all names together may take in one pattern. */
const MAX_STEPS = 1_000_000;

/** Tells whether a pattern matches the whole of a text; undefined if that would take too long. */
export type NamePattern = (text: string) => boolean | undefined;

type Part =
  | { readonly kind: 'character'; readonly character: string | null }
  | { readonly kind: 'group'; readonly choices: readonly (readonly Part[])[] }
  | { readonly kind: 'many'; readonly part: Part };

/** A character that is read before the next state (null: any), or the states that follow without reading. */
type State =
  { readonly character: string | null; readonly next: number } | { readonly empty: readonly number[] };

/** State in which all is read. */
const END = 0;

/**
 * Reads a pattern of letters, `.`, `*`, `|` and groups, as regular expressions have them.
 *
 * @returns undefined if it is no such pattern, or too long.
 */
export function namePattern(pattern: string): NamePattern | undefined {
  if (pattern.length > MAX_LENGTH || !/^[\w.*|:()-]*$/.test(pattern)) return undefined;
  const choices = parse(pattern);
  if (choices === undefined) return undefined;
  const states: State[] = [{ empty: [] }];
  const start = build({ kind: 'group', choices }, END, states);
  let steps = 0;
  return (text) => {
    let now = reachable([start], states);
    for (const character of text) {
      const next: number[] = [];
      for (const index of now) {
        const state = states[index];
        if (state !== undefined && 'next' in state && reads(state.character, character))
          next.push(state.next);
      }
      steps += now.size + 1;
      if (steps > MAX_STEPS) return undefined;
      now = reachable(next, states);
    }
    return now.has(END);
  };
}

const reads = (expected: string | null, character: string): boolean =>
  expected === null ? !/[\n\r\u2028\u2029]/.test(character) : expected === character;

/** Finds the states themselves, and all that follow without reading. */
function reachable(from: readonly number[], states: readonly State[]): Set<number> {
  const found = new Set(from);
  // The loop visits states that it adds, too.
  for (const index of found) {
    const state = states[index];
    if (state !== undefined && 'empty' in state) for (const next of state.empty) found.add(next);
  }
  return found;
}

/** @returns the choices between `|`, or undefined if a bracket or a `*` has no other half. */
function parse(pattern: string): Part[][] | undefined {
  const open: Part[][][] = [[[]]];
  for (const character of pattern) {
    const choices = open.at(-1);
    const parts = choices?.at(-1);
    if (choices === undefined || parts === undefined) return undefined;
    if (character === '(') open.push([[]]);
    else if (character === '|') choices.push([]);
    else if (character === ')') {
      open.pop();
      const outer = open.at(-1)?.at(-1);
      if (outer === undefined) return undefined;
      outer.push({ kind: 'group', choices });
    } else if (character === '*') {
      const part = parts.pop();
      if (part === undefined || part.kind === 'many') return undefined;
      parts.push({ kind: 'many', part });
    } else parts.push({ kind: 'character', character: character === '.' ? null : character });
  }
  return open.length === 1 ? open[0] : undefined;
}

/** Adds the states for a part; the state `next` follows them. @returns the first of them. */
function build(part: Part, next: number, states: State[]): number {
  if (part.kind === 'character') return states.push({ character: part.character, next }) - 1;
  const empty: number[] = [];
  const first = states.push({ empty }) - 1;
  if (part.kind === 'many') empty.push(build(part.part, first, states), next);
  else {
    for (const parts of part.choices) {
      empty.push(parts.reduceRight((after, inner) => build(inner, after, states), next));
    }
  }
  return first;
}
