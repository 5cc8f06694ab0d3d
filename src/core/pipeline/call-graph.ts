import { isKindOf, TokenKind as T, type Tokens } from '../references/tokens.ts';
import { deadCode, type Decide, type TokenRange } from './dead-code.ts';
import { isBreak } from './parameter-assignments.ts';

/** A script of a pipeline, with where its includes lead to. */
export interface GraphScript {
  /** Absolute. */
  readonly file: string;
  readonly tokens: Tokens;
  /** The files that it includes, by the offsets of their paths in the text, in order. */
  readonly includes: readonly { readonly offset: number; readonly file: string }[];
  readonly decide: Decide;
  /** Whether `when:` of a process is decided by it alone. */
  readonly decidesWhen: boolean;
}

/** What of a pipeline's scripts a run can reach. */
export interface ReachedCode {
  /** Whether the code at an offset of a script can run. */
  readonly reaches: (file: string, offset: number) => boolean;
  /** Whether any name that a script gives to what it includes may be called. */
  readonly callsAlias: (file: string, alias: string) => boolean;
}

/** A process, workflow or function; or all that stands in none, whose name is undefined. */
interface Unit {
  readonly name: string | undefined;
  readonly kind: 'process' | 'workflow' | 'function' | 'file';
  readonly ranges: TokenRange[];
  dead: readonly TokenRange[];
  isReached: boolean;
}

/** The name of the workflow that has none. */
const ENTRY = '';
const BEHIND_NAME = isKindOf(T.newLine);
const IS_DOT = isKindOf(T.dot, T.safeDot);
/** `this.A()` calls what `A()` does. */
const OWNERS = new Set(['this', 'owner', 'delegate', 'binding']);
/** Code with one of these may call anything. */
const CALLS_ANYTHING = new Set(
  'evaluate invokeMethod GroovyShell Eval metaClass getMetaClass getProperty ScriptMeta methodMissing'.split(
    ' ',
  ),
);
const DECLARES = new Set(
  'def static private public protected final synchronized boolean char byte short int long float double void'.split(
    ' ',
  ),
);
const TYPES = new Set(['class', 'interface', 'enum', 'trait', 'record']);
const OPENS_TYPE = isKindOf(T.openBrace, T.newLine, T.semicolon, T.end);
const INCLUDED = isKindOf(T.openBrace, T.word, T.string, T.openText);
/** Their texts are code of its own, which may call functions. */
const OTHER_CODE = new Set(['template', 'shell']);

/**
 * Finds what a run can reach, from the workflow that it starts with: calls, whatever form they have, are names in the
 * code that is reached. A name that is only mentioned counts as a call.
 *
 * @param entry - `-entry`; undefined for the workflow without a name.
 * @returns undefined if it is not known what the run starts with, or something that is reached may call anything.
 */
export function reachedCode(
  scripts: ReadonlyMap<string, GraphScript>,
  main: string,
  entry: string | undefined,
): ReachedCode | undefined {
  const graph = new CallGraph(scripts);
  return graph.run(main, entry ?? ENTRY) ? graph : undefined;
}

class CallGraph implements ReachedCode {
  readonly #files = new Map<string, ScriptUnits>();
  readonly #waiting: { readonly script: ScriptUnits; readonly unit: Unit }[] = [];

  constructor(scripts: ReadonlyMap<string, GraphScript>) {
    for (const [file, script] of scripts) this.#files.set(file, new ScriptUnits(script));
  }

  /** @returns whether all that may be called is known. */
  run(main: string, entry: string): boolean {
    const script = this.#files.get(main);
    if (script === undefined) return false;
    this.#load(script);
    const isThere = script.units.some(({ kind, name }) => kind === 'workflow' && name === entry);
    if (!isThere && !script.imports.has(entry)) return false;
    this.#call(script, entry);
    // A list that grows while it is gone through.
    for (const { script: from, unit } of this.#waiting) if (!this.#follow(from, unit)) return false;
    return true;
  }

  /** Runs what stands outside of processes, workflows and functions. */
  #load(script: ScriptUnits): void {
    this.#reach(script, script.outside);
  }

  #reach(script: ScriptUnits, unit: Unit): void {
    if (unit.isReached) return;
    unit.isReached = true;
    this.#waiting.push({ script, unit });
  }

  #call(script: ScriptUnits, name: string): void {
    for (const unit of script.named.get(name) ?? []) this.#reach(script, unit);
    for (const { file, name: original } of script.imports.get(name) ?? []) {
      const other = this.#files.get(file);
      if (other === undefined) continue;
      for (const unit of other.named.get(original) ?? []) this.#reach(other, unit);
      // What a module includes can be included from it.
      if (other.imports.has(original) && other !== script) this.#passedOn(other, original);
    }
  }

  readonly #passed = new Set<string>();

  #passedOn(script: ScriptUnits, name: string): void {
    const key = `${name}\0${script.file}`;
    if (this.#passed.has(key)) return;
    this.#passed.add(key);
    this.#call(script, name);
  }

  #follow(script: ScriptUnits, unit: Unit): boolean {
    if (!script.isPlain) return false;
    if (unit.kind === 'file') {
      for (const file of script.includedFiles) {
        const other = this.#files.get(file);
        if (other !== undefined) this.#load(other);
      }
    }
    const { names, callsAnything, hasOtherCode } = script.contentOf(unit);
    if (callsAnything) return false;
    for (const name of names) {
      script.called.add(name);
      this.#call(script, name);
    }
    if (hasOtherCode) this.#callAllFunctions(script);
    return true;
  }

  /** Once is enough, however many templates there are. */
  #callAllFunctions(script: ScriptUnits): void {
    if (script.areFunctionsCalled) return;
    script.areFunctionsCalled = true;
    for (const name of script.functionNames()) this.#call(script, name);
  }

  reaches(file: string, offset: number): boolean {
    return this.#files.get(file)?.reaches(offset) ?? true;
  }

  callsAlias(file: string, alias: string): boolean {
    return this.#files.get(file)?.called.has(alias) ?? true;
  }
}

/** The parts of one script. */
class ScriptUnits {
  readonly file: string;
  readonly units: Unit[] = [];
  readonly outside: Unit = { name: undefined, kind: 'file', ranges: [], dead: [], isReached: false };
  readonly named = new Map<string, Unit[]>();
  /** What names of included things mean. */
  readonly imports = new Map<string, { readonly file: string; readonly name: string }[]>();
  readonly includedFiles: string[];
  /** Names in the code that is reached. */
  readonly called = new Set<string>();
  /** Whether all includes are of a form that is known. */
  isPlain = true;
  areFunctionsCalled = false;
  readonly #script: GraphScript;
  readonly #tokens: Tokens;
  /** The lists of names of includes, which call nothing. */
  readonly #listed: TokenRange[] = [];
  #nextInclude = 0;

  constructor(script: GraphScript) {
    this.#script = script;
    this.#tokens = script.tokens;
    this.file = script.file;
    this.includedFiles = script.includes.map(({ file }) => file);
    this.#read();
  }

  reaches(offset: number): boolean {
    const token = this.#tokenAt(offset);
    const unit = this.#unitAt(token) ?? this.outside;
    return unit.isReached && !isIn(unit.dead, token);
  }

  functionNames(): string[] {
    return [
      ...this.units.flatMap(({ kind, name }) => (kind === 'function' && name !== undefined ? [name] : [])),
      ...this.imports.keys(),
    ];
  }

  /** The names in the live code of a unit. */
  contentOf(unit: Unit): { names: Set<string>; callsAnything: boolean; hasOtherCode: boolean } {
    const tokens = this.#tokens;
    const content = { names: new Set<string>(), callsAnything: false, hasOtherCode: false };
    unit.dead = unit.ranges.flatMap((range) => this.#deadIn(unit, range));
    const passed = unit === this.outside ? ordered(unit.dead, this.#listed) : unit.dead;
    let dead = 0;
    for (const [from, to] of unit.ranges) {
      for (let at = from; at < to; at++) {
        while ((passed[dead]?.[1] ?? Infinity) <= at) dead += 1;
        const range = passed[dead];
        if (range !== undefined && range[0] <= at) {
          at = range[1] - 1;
          continue;
        }
        const kind = tokens.kind(at);
        if (kind === T.word) this.#addWord(at, content);
        // `"A"()` is a call of A, `"$x"()` of anything.
        else if (kind === T.string && this.#isCalled(at)) content.names.add(tokens.constant(at));
        else if (kind === T.closeText && this.#isCalled(at)) content.callsAnything = true;
      }
    }
    return content;
  }

  #addWord(at: number, content: { names: Set<string>; callsAnything: boolean; hasOtherCode: boolean }): void {
    const tokens = this.#tokens;
    const word = tokens.source(at);
    if (CALLS_ANYTHING.has(word)) content.callsAnything = true;
    if (OTHER_CODE.has(word)) content.hasOtherCode = true;
    // `this[x]`, `this."$x"()`
    if (OWNERS.has(word) && tokens.kind(at + 1) === T.openBracket) content.callsAnything = true;
    const isMember = at > 1 && IS_DOT(tokens.kind(at - 1)) && !OWNERS.has(tokens.source(at - 2));
    if (!isMember) content.names.add(word);
  }

  /** Whether a text is the name of a call: it has arguments, or stands behind a dot. */
  #isCalled(text: number): boolean {
    const next = this.#tokens.kind(text + 1);
    const start = this.#tokens.kind(text) === T.closeText ? this.#tokens.partner(text) : text;
    const before = start > 0 ? this.#tokens.kind(start - 1) : T.newLine;
    const isMember = before === T.otherDot || (IS_DOT(before) && OWNERS.has(this.#tokens.source(start - 2)));
    return next === T.openParen || isMember;
  }

  #deadIn(unit: Unit, range: TokenRange): readonly TokenRange[] {
    if (this.#hidesParameters(unit, range)) return [];
    if (unit.kind === 'process' && this.#script.decidesWhen && this.#neverRuns(range)) return [range];
    return deadCode(this.#tokens, range[0], range[1], this.#script.decide);
  }

  /** Whether `params` is a variable or parameter of its own somewhere in it. */
  #hidesParameters(unit: Unit, [from, to]: TokenRange): boolean {
    const tokens = this.#tokens;
    const head = unit.kind === 'function' ? tokens.partner(from + 1) : from;
    for (let at = from + 1; at < to; at++) {
      if (tokens.kind(at) !== T.word || !tokens.is(at, 'params')) continue;
      const before = tokens.kind(at - 1) === T.word ? tokens.source(at - 1) : '';
      const isDeclared = DECLARES.has(before) || /^[A-Z]/.test(before);
      const isOfClosure = tokens.kind(at + 1) === T.arrow || tokens.kind(at - 1) === T.openBrace;
      const isFirst = tokens.kind(at + 1) === T.comma || tokens.kind(at + 1) === T.arrow;
      if (at < head || isDeclared || tokens.kind(at + 1) === T.arrow || (isOfClosure && isFirst)) return true;
    }
    return false;
  }

  /** `when: params.x` in a process, if it does not hold. */
  #neverRuns([from, behind]: TokenRange): boolean {
    const tokens = this.#tokens;
    let brace = from;
    while (brace < behind && tokens.kind(brace) !== T.openBrace) brace += 1;
    const to = Math.min(tokens.partner(brace), behind);
    for (let at = brace + 1; at < to; at = Math.max(at, tokens.partner(at)) + 1) {
      if (tokens.kind(at) !== T.word || !tokens.is(at, 'when') || tokens.kind(at + 1) !== T.colon) continue;
      let start = at + 2;
      while (BEHIND_NAME(tokens.kind(start))) start += 1;
      let end = start;
      while (end < to && !isBreak(tokens, end)) end = Math.max(end, tokens.partner(end)) + 1;
      // Behind it must be a label, or the end: what counts is the last of its statements.
      let next = end;
      while (next < to && (tokens.kind(next) === T.newLine || tokens.kind(next) === T.semicolon)) next += 1;
      const isWhole = next >= to || (tokens.kind(next) === T.word && tokens.kind(next + 1) === T.colon);
      return isWhole && this.#script.decide(start, end)?.truthy === false;
    }
    return false;
  }

  // Reading

  #read(): void {
    const tokens = this.#tokens;
    let rest = 0;
    for (let at = 0; at < tokens.count;) {
      const found = tokens.kind(at) === T.word ? this.#definitionAt(at) : undefined;
      if (found === undefined) {
        at = this.#behindInclude(at) ?? this.#behindType(at) ?? at + 1;
        continue;
      }
      const { unit, brace } = found;
      const close = tokens.partner(brace);
      this.outside.ranges.push([rest, at]);
      rest = close + 1;
      unit.ranges.push([at, Math.min(close + 1, tokens.count)]);
      this.units.push(unit);
      const same = this.named.get(unit.name ?? '');
      if (same === undefined) this.named.set(unit.name ?? '', [unit]);
      else same.push(unit);
      at = rest;
    }
    if (rest < tokens.count) this.outside.ranges.push([rest, tokens.count]);
  }

  /** `class A { … }` sees nothing of the script around it. */
  #behindType(at: number): number | undefined {
    const tokens = this.#tokens;
    const isType =
      tokens.kind(at) === T.word && TYPES.has(tokens.source(at)) && tokens.kind(at + 1) === T.word;
    if (!isType || isMember(tokens, at)) return undefined;
    let brace = at + 2;
    while (!OPENS_TYPE(tokens.kind(brace))) brace += 1;
    if (tokens.kind(brace) !== T.openBrace) return undefined;
    const behind = Math.min(tokens.partner(brace) + 1, tokens.count);
    return behind;
  }

  #definitionAt(at: number): { readonly unit: Unit; readonly brace: number } | undefined {
    const tokens = this.#tokens;
    const word = tokens.source(at);
    if (word === 'process' || word === 'workflow') {
      const isText = tokens.kind(at + 1) === T.string;
      const isNamed = isText || tokens.kind(at + 1) === T.word;
      if (word === 'process' && !isNamed) return undefined;
      const brace = this.#brace(isNamed ? at + 2 : at + 1);
      const name = isText ? tokens.constant(at + 1) : isNamed ? tokens.source(at + 1) : ENTRY;
      return brace === undefined || isMember(tokens, at) ? undefined : { unit: newUnit(word, name), brace };
    }
    if (tokens.kind(at + 1) !== T.openParen || !this.#isDeclared(at)) return undefined;
    const brace = this.#brace(tokens.partner(at + 1) + 1);
    return brace === undefined ? undefined : { unit: newUnit('function', word), brace };
  }

  #brace(from: number): number | undefined {
    let at = from;
    while (this.#tokens.kind(at) === T.newLine) at += 1;
    return this.#tokens.kind(at) === T.openBrace ? at : undefined;
  }

  /** Whether `def` or a type stands before a name. */
  #isDeclared(name: number): boolean {
    if (name === 0 || this.#tokens.kind(name - 1) !== T.word) return false;
    const before = this.#tokens.source(name - 1);
    return DECLARES.has(before) || (/^[A-Z]/.test(before) && isStart(this.#tokens, name - 1));
  }

  /** `include { A; B as C } from './path'` @returns where its list of names ends. */
  #behindInclude(at: number): number | undefined {
    const tokens = this.#tokens;
    const isInclude = tokens.kind(at) === T.word && tokens.is(at, 'include') && isStart(tokens, at);
    if (!isInclude || !INCLUDED(tokens.kind(at + 1))) return undefined;
    const first = at + 1;
    if (tokens.kind(first) !== T.openBrace) {
      this.isPlain = false;
      return undefined;
    }
    const last = Math.min(tokens.partner(first), tokens.count);
    const target = this.#targetOf(at, last);
    for (let index = first + 1; index < last; index++) {
      if (tokens.kind(index) !== T.word) continue;
      const name = tokens.source(index);
      const alias = tokens.is(index + 1, 'as') ? tokens.source(index + 2) : name;
      if (target !== undefined) this.#import(alias, name, target);
      if (tokens.is(index + 1, 'as')) index += 2;
    }
    this.#listed.push([at, last + 1]);
    return last + 1;
  }

  /** The file of an include; undefined if it is none of the pipeline's. */
  #targetOf(include: number, last: number): string | undefined {
    const tokens = this.#tokens;
    const { includes } = this.#script;
    while ((includes[this.#nextInclude]?.offset ?? Infinity) < tokens.start(include)) this.#nextInclude += 1;
    const target = includes[this.#nextInclude];
    let from = last + 1;
    while (tokens.kind(from) === T.newLine) from += 1;
    if (target === undefined || !tokens.is(from, 'from')) return undefined;
    let path = from + 1;
    while (tokens.kind(path) === T.newLine || tokens.kind(path) === T.openParen) path += 1;
    // That of a plugin leads to no file: what is known next is another one's.
    const isOwn = tokens.start(path) <= target.offset && target.offset <= tokens.end(path);
    return isOwn ? target.file : undefined;
  }

  #import(alias: string, name: string, file: string): void {
    const known = this.imports.get(alias);
    if (known === undefined) this.imports.set(alias, [{ file, name }]);
    else known.push({ file, name });
  }

  // Looking up

  /** The index of the token that an offset is in, or behind. */
  #tokenAt(offset: number): number {
    let [low, high] = [0, this.#tokens.count];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#tokens.start(middle) <= offset) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  #unitAt(token: number): Unit | undefined {
    let [low, high] = [0, this.units.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.units[middle]?.ranges[0]?.[0] ?? 0) <= token) low = middle + 1;
      else high = middle;
    }
    const unit = this.units[low - 1];
    return unit !== undefined && token < (unit.ranges[0]?.[1] ?? 0) ? unit : undefined;
  }
}

/** Both in one order. None overlap, but that one may hold another. */
const ordered = (one: readonly TokenRange[], other: readonly TokenRange[]): readonly TokenRange[] =>
  [...one, ...other].sort(([a], [b]) => a - b);

const newUnit = (kind: Unit['kind'], name: string): Unit => ({
  kind,
  name,
  ranges: [],
  dead: [],
  isReached: false,
});

const isMember = (tokens: Tokens, at: number): boolean => at > 0 && IS_DOT(tokens.kind(at - 1));

const ENDS = isKindOf(T.newLine, T.semicolon, T.closeBrace, T.end);
const isStart = (tokens: Tokens, at: number): boolean => at === 0 || ENDS(tokens.kind(at - 1));

/** Whether a token is in one of these, which are in order. */
export function isIn(ranges: readonly TokenRange[], token: number): boolean {
  let [low, high] = [0, ranges.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ranges[middle]?.[0] ?? 0) <= token) low = middle + 1;
    else high = middle;
  }
  const range = ranges[low - 1];
  return range !== undefined && token < range[1];
}
