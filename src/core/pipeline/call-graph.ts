import { type GraphScript, ScriptUnits } from './script-units.ts';
import { ENTRY, type Unit } from './unit.ts';

/** The code of a pipeline's scripts that a run can reach. */
export interface ReachedCode {
  /** Tells whether the code at an offset of a script can run. */
  readonly reaches: (file: string, offset: number) => boolean;
  /** Tells whether a name that a script gives to something that it includes may be called. */
  readonly callsAlias: (file: string, alias: string) => boolean;
}

/**
 * Finds the code that a run can reach, from the workflow that it starts with. Calls of any form are names in the code
 * that is reached. A name that is only mentioned counts as a call.
 *
 * @param entry - `-entry`; undefined for the workflow without a name.
 * @returns undefined if the start of the run is not known, or if code that is reached may call anything.
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
  /** Names that a script includes and another one includes from it, with the script. */
  readonly #passedOn = new Set<string>();

  constructor(scripts: ReadonlyMap<string, GraphScript>) {
    for (const [file, script] of scripts) this.#files.set(file, new ScriptUnits(script));
  }

  /** @returns true if everything that may be called is known. */
  run(main: string, entry: string): boolean {
    const script = this.#files.get(main);
    if (script === undefined) return false;
    this.#reach(script, script.outside);
    const isThere = script.units.some(({ kind, name }) => kind === 'workflow' && name === entry);
    if (!isThere && !script.imports.has(entry)) return false;
    this.#call(script, entry);
    // The list grows while we go through it.
    for (const { script: from, unit } of this.#waiting) if (!this.#follow(from, unit)) return false;
    return true;
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
      // A script can include from a module the names that the module includes.
      if (other.imports.has(original) && other !== script) this.#passOn(other, original);
    }
  }

  #passOn(script: ScriptUnits, name: string): void {
    const key = `${name}\0${script.file}`;
    if (this.#passedOn.has(key)) return;
    this.#passedOn.add(key);
    this.#call(script, name);
  }

  #follow(script: ScriptUnits, unit: Unit): boolean {
    if (!script.isPlain) return false;
    if (unit.kind === 'file') this.#reachIncluded(script);
    const { names, anything, inTemplates } = script.callsOf(unit);
    if (anything) return false;
    for (const name of names) {
      script.called.add(name);
      this.#call(script, name);
    }
    if (inTemplates) this.#callAllFunctions(script);
    return true;
  }

  /** When a file is included, its code outside of processes, workflows and functions runs. */
  #reachIncluded(script: ScriptUnits): void {
    for (const file of script.includedFiles) {
      const other = this.#files.get(file);
      if (other !== undefined) this.#reach(other, other.outside);
    }
  }

  /** Calls all functions, once for any number of templates. */
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
