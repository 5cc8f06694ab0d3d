import { tokenize } from '../references/tokenize.ts';
import { isKindOf, TokenKind as T, type Tokens } from '../references/tokens.ts';
import { reachedCode, type ReachedCode } from './call-graph.ts';
import { type KnownNames, textsOf, valueOf } from './conditions.ts';
import { deadCode } from './dead-code.ts';
import { configAssignments, isBreak, scriptAssignments } from './parameter-assignments.ts';
import type { Parameters } from './parameters.ts';
import type { GraphScript } from './script-units.ts';
import { rangeIndex, type TokenRange } from './token-ranges.ts';

const CLOSING = isKindOf(T.closeBrace, T.closeParen, T.closeBracket, T.closeText, T.closeExpression);
/** Matches `nextflow.enable.dsl = 1`: with it, processes run at their definition. */
const FIRST_DSL = /\bdsl\s*=\s*['"]?1\b/;
/** Matches a config's `when = …`, which replaces that of the processes. */
const CONFIG_WHEN = /(?<!\bext\s*\.\s*)\bwhen\s*=(?!=)/;

/** Tells whether a line has `from … params(…)`, in one pass: a line can have these words any number of times. */
function passesParameters(text: string): boolean {
  let isInclude = false;
  for (const [word] of text.matchAll(/\n|\bfrom\b|\bparams\s*\(/g)) {
    if (word.endsWith('(') && isInclude) return true;
    isInclude = word === 'from' || (isInclude && !word.includes('\n'));
  }
  return false;
}

/** Code of a launch that can run, as its files are read: configs first, then scripts. */
export class Reach {
  readonly #parameters: Parameters;
  readonly #configs = new Map<string, Tokens>();
  readonly #scripts = new Map<string, GraphScript>();
  readonly #dead = new Map<string, readonly TokenRange[]>();
  #reached: ReachedCode | undefined;
  #isWhenOfConfigs = false;
  #isFirstDsl = false;
  #givesParameters = false;
  #entry: string | undefined;

  constructor(parameters: Parameters) {
    this.#parameters = parameters;
  }

  /**
   * @param position - position of its text in the order of the configs.
   * @param within - the blocks of another config that it is included in.
   */
  addConfig(file: string, text: string, position: readonly number[], within: readonly string[]): void {
    const tokens = tokenize(text);
    this.#configs.set(file, tokens);
    if (CONFIG_WHEN.test(text)) this.#isWhenOfConfigs = true;
    if (FIRST_DSL.test(text)) this.#isFirstDsl = true;
    for (const one of configAssignments(tokens, within, this.#parameters.inConfigs)) {
      this.#parameters.addConfig(one, position);
    }
  }

  addScript(file: string, text: string, includes: GraphScript['includes']): void {
    const tokens = tokenize(text);
    const isEntry = this.#entry === undefined;
    this.#entry ??= file;
    if (isEntry && FIRST_DSL.test(text)) this.#isFirstDsl = true;
    // `include … addParams(…)`: a module has other parameters then.
    if (text.includes('addParams') || passesParameters(text)) this.#givesParameters = true;
    const names = this.#parameters.inScript(file);
    const found = scriptAssignments(tokens, { ...names, parameter: () => undefined });
    this.#parameters.addScript(file, found, isEntry ? (includes[0]?.offset ?? Infinity) : undefined);
    const decide = (from: number, to: number): ReturnType<typeof valueOf> =>
      isEntry || !this.#givesParameters ? valueOf(tokens, from, to, names) : undefined;
    this.#scripts.set(file, { file, tokens, includes, decide, decidesWhen: true });
  }

  /** Finds the paths that an include of a config may have: both, for a condition that is not decided. */
  pathsOf(
    file: string,
    include: { readonly path: string | null; readonly offset: number },
  ): readonly string[] | undefined {
    const tokens = this.#configs.get(file);
    if (tokens === undefined) return undefined;
    // The range of a text is inside of its quotes.
    const at = tokens.firstFrom(include.offset) - (include.path === null ? 0 : 1);
    let end = at;
    while (end < tokens.count && !CLOSING(tokens.kind(end)) && !isBreak(tokens, end))
      end = Math.max(end, tokens.partner(end)) + 1;
    return textsOf(tokens, at, end, this.#parameters.inConfigs);
  }

  /**
   * Decides which code can run, once all is read.
   *
   * @param entry - value of `-entry`.
   * @param isComplete - true if all scripts that may be included are read.
   */
  settle(entry: string | undefined, isComplete: boolean): void {
    const names: KnownNames = this.#parameters.inAnyConfig;
    for (const [file, tokens] of this.#configs) {
      const decide = (from: number, to: number): ReturnType<typeof valueOf> =>
        valueOf(tokens, from, to, names);
      this.#dead.set(file, deadCode(tokens, 0, tokens.count, decide));
    }
    if (!isComplete || this.#isFirstDsl || this.#entry === undefined) return;
    const scripts = this.#isWhenOfConfigs
      ? new Map([...this.#scripts].map(([file, script]) => [file, { ...script, decidesWhen: false }]))
      : this.#scripts;
    this.#reached = reachedCode(scripts, this.#entry, entry);
  }

  /** Tells whether the code at an offset of a file may run. */
  reaches(file: string, offset: number): boolean {
    const config = this.#configs.get(file);
    if (config !== undefined)
      return rangeIndex(this.#dead.get(file) ?? [], config.lastFrom(offset)) === undefined;
    return this.#reached?.reaches(file, offset) ?? true;
  }

  /** Tells whether a script may call something by a name that it gives to it. */
  callsAlias(file: string, alias: string): boolean {
    return this.#reached?.callsAlias(file, alias) ?? true;
  }
}
