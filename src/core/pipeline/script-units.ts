import type { Tokens } from '../references/tokens.ts';
import { firstIndex } from '../system/first-index.ts';
import { type Import, type IncludedFiles, IncludeStatements } from './include-statements.ts';
import { inOrder, rangeIndex, type TokenRange } from './token-ranges.ts';
import { type Calls, callsIn, deadCodeOf, type Deciding } from './unit-code.ts';
import { endOfType, newUnit, type Unit, unitAt } from './unit.ts';

/** A script of a pipeline, with the files that its includes lead to. */
export interface GraphScript extends Deciding {
  /** Absolute path. */
  readonly file: string;
  readonly includes: IncludedFiles;
}

/** Parts of one script. */
export class ScriptUnits {
  readonly file: string;
  /** Units in the order of the text. */
  readonly units: Unit[] = [];
  readonly outside: Unit = newUnit('file', undefined);
  readonly named = new Map<string, Unit[]>();
  /** Names in the code that is reached. */
  readonly called = new Set<string>();
  areFunctionsCalled = false;
  readonly #script: GraphScript;
  readonly #tokens: Tokens;
  readonly #includes: IncludeStatements;

  constructor(script: GraphScript) {
    this.#script = script;
    this.#tokens = script.tokens;
    this.file = script.file;
    this.#includes = new IncludeStatements(script.tokens, script.includes);
    this.#read();
  }

  #read(): void {
    const tokens = this.#tokens;
    let rest = 0;
    for (let at = 0; at < tokens.count;) {
      const found = unitAt(tokens, at);
      if (found === undefined) {
        at = this.#includes.read(at) ?? endOfType(tokens, at) ?? at + 1;
        continue;
      }
      const end = tokens.partner(found.brace) + 1;
      if (rest < at) this.outside.ranges.push([rest, at]);
      this.#add(found.unit, [at, Math.min(end, tokens.count)]);
      rest = end;
      at = end;
    }
    if (rest < tokens.count) this.outside.ranges.push([rest, tokens.count]);
  }

  #add(unit: Unit, range: TokenRange): void {
    unit.ranges.push(range);
    this.units.push(unit);
    const same = this.named.get(unit.name ?? '');
    if (same === undefined) this.named.set(unit.name ?? '', [unit]);
    else same.push(unit);
  }

  /** True if all includes are of a known form. */
  get isPlain(): boolean {
    return this.#includes.arePlain;
  }

  /** Included things by the names that the script gives them. */
  get imports(): ReadonlyMap<string, readonly Import[]> {
    return this.#includes.imports;
  }

  get includedFiles(): string[] {
    return this.#script.includes.map(({ file }) => file);
  }

  functionNames(): string[] {
    return [
      ...this.units.flatMap(({ kind, name }) => (kind === 'function' && name !== undefined ? [name] : [])),
      ...this.imports.keys(),
    ];
  }

  /** Finds the calls in the live code of a unit. */
  callsOf(unit: Unit): Calls {
    unit.dead = deadCodeOf(this.#script, unit);
    const skipped = unit === this.outside ? inOrder(unit.dead, this.#includes.lists) : unit.dead;
    return callsIn(this.#tokens, unit.ranges, skipped);
  }

  /** Tells whether the code at an offset can run. */
  reaches(offset: number): boolean {
    const token = this.#tokens.lastFrom(offset);
    const unit = this.#unitOf(token);
    return unit.isReached && rangeIndex(unit.dead, token) === undefined;
  }

  #unitOf(token: number): Unit {
    const { units } = this;
    const unit = units[firstIndex(units.length, (at) => (units[at]?.ranges[0]?.[0] ?? 0) > token) - 1];
    return unit !== undefined && token < (unit.ranges[0]?.[1] ?? 0) ? unit : this.outside;
  }
}
