import { isRecord } from '../../core/system/state-file.ts';
import { byName } from '../../core/system/natural-order.ts';
import { shellWord } from '../../core/system/printable.ts';
import { splitWords } from '../../core/system/shell-words.ts';

// Parameters of a pipeline, and the line in which a person types options and parameters. Imports no VS Code.

/** A parameter of a pipeline, from its schema or its code. Never a value that code gives it. */
export interface Parameter {
  readonly name: string;
  readonly description?: string;
  /** Values that it can have, if its schema lists them. */
  readonly values: readonly string[];
  readonly isRequired: boolean;
}

/** Deepest nesting of a schema that is looked into. */
const DEEPEST = 6;

/** Parameters in the text of a `nextflow_schema.json`; none if it is no such text. */
export function schemaParameters(text: string): Parameter[] {
  let schema: unknown;
  try {
    schema = JSON.parse(text);
  } catch {
    return [];
  }
  const found = new Map<string, Parameter>();
  collect(schema, found, 0);
  return [...found.values()];
}

function collect(node: unknown, found: Map<string, Parameter>, depth: number): void {
  if (!isRecord(node) || depth > DEEPEST) return;
  const { properties, required } = node;
  const names: readonly unknown[] = Array.isArray(required) ? required : [];
  if (isRecord(properties)) {
    for (const [name, property] of Object.entries(properties)) {
      if (!IS_NAME.test(name) || !isRecord(property) || property['hidden'] === true) continue;
      const { description, enum: listed } = property;
      found.set(name, {
        name,
        ...(typeof description === 'string' && { description }),
        values: Array.isArray(listed) ? listed.filter((value) => typeof value === 'string') : [],
        isRequired: names.includes(name),
      });
    }
  }
  for (const group of ['definitions', '$defs', 'defs']) {
    const groups = node[group];
    if (isRecord(groups)) for (const one of Object.values(groups)) collect(one, found, depth + 1);
  }
}

const IS_NAME = /^[A-Za-z_][\w.-]*$/;

/** Names of parameters that a script or config reads or sets, in the order of the text. */
export function codeParameters(text: string): string[] {
  const read = Array.from(
    text.matchAll(/(?<![\w.])params\.([A-Za-z_]\w*)(?!\w|\s*\()/g),
    ([, name = '']) => name,
  );
  const blocks = Array.from(text.matchAll(/^[ \t]*params\s*\{([^{}]*)/gm), ([, block = '']) => block);
  const set = blocks.flatMap((block) =>
    Array.from(block.matchAll(/^[ \t]*([A-Za-z_]\w*)\s*(?:=(?!=)|:)/gm), ([, name = '']) => name),
  );
  return [...new Set([...read, ...set])];
}

/** Those of the schema in its order, then those that only code names. */
export function allParameters(schema: readonly Parameter[], names: Iterable<string>): Parameter[] {
  const known = new Set(schema.map(({ name }) => name));
  const others = [...new Set(names)].filter((name) => !known.has(name)).sort(byName);
  return [...schema, ...others.map((name) => ({ name, values: [], isRequired: false }))];
}

/** A line as it is typed, and what can complete it. */
export interface ArgumentLine {
  /** The words of the line; undefined while a quote is open. */
  readonly words: readonly string[] | undefined;
  /** What can stand in the place of the last word, or after it: each with the line that it makes. */
  readonly offers: readonly Offer[];
  /** True if the last word is the beginning of an offer, so that the person probably means one. */
  readonly isBegun: boolean;
}

export interface Offer {
  /** `--outdir`, or a value. */
  readonly text: string;
  readonly description: string | undefined;
  readonly isRequired: boolean;
  readonly line: string;
}

/** Completes a line of options and parameters. */
export function completeLine(line: string, parameters: readonly Parameter[]): ArgumentLine {
  const words = splitWords(line);
  if (words === undefined) return { words, offers: [], isBegun: false };
  const begun = /\S*$/.exec(line)?.[0] ?? '';
  const before = line.slice(0, line.length - begun.length);
  const earlier = splitWords(before) ?? [];
  const last = parameters.find(({ name }) => `--${name}` === earlier.at(-1));
  const values = (last?.values ?? []).filter((value) => value.startsWith(begun) && value !== begun);
  if (values.length > 0) {
    const offers = values.map((value) => offer(value, `${before}${typed(value)} `));
    return { words, offers, isBegun: begun !== '' };
  }
  if (begun !== '' && !begun.startsWith('-')) return { words, offers: [], isBegun: false };
  const given = new Set(earlier.map((word) => word.split('=')[0]));
  const offers = parameters
    .filter(({ name }) => `--${name}`.startsWith(begun) && `--${name}` !== begun && !given.has(`--${name}`))
    .map(({ name, description, isRequired }) => ({
      ...offer(`--${name}`, `${before}--${name} `),
      ...{ description, isRequired },
    }));
  return { words, offers, isBegun: begun.length > 2 && offers.length > 0 };
}

/** A word as a person types it: in quotes only where it needs them. */
const typed = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : shellWord(word));

const offer = (text: string, line: string): Offer => ({
  text,
  line,
  description: undefined,
  isRequired: false,
});

/** A line that has these words. */
export const lineOf = (words: readonly string[]): string => words.map(typed).join(' ');
