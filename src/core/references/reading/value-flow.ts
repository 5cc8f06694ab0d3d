import type { FoundReference, TextRange } from './findings.ts';
import type { Sink } from './sinks.ts';

/** Largest number of secrets that a variable remembers: more would tell nothing new. */
const MAX_TAINTS = 4;
/** Largest numbers of values that an expression passes on, and of definitions of a name. No person writes more. */
const MAX_ATOMS = 64;
const MAX_DEFINITIONS = 4;

/** An operand that has, or may have, the value of a secret. */
interface Atom {
  /** A secret itself, or else a variable. */
  readonly reference?: FoundReference;
  readonly variable?: Variable;
  /** The field that is read of the variable: `t` of `m.t`. */
  readonly field?: string | undefined;
  readonly range: TextRange;
  /** The key before it, in a map. */
  key: string | undefined;
  /** True if the code only looks at the value, and does not pass it on: a comparison, a test, a length. */
  isVoid: boolean;
}

/** A secret that a variable, or one field of it, has. */
interface Taint {
  readonly reference: FoundReference;
  readonly field: string | undefined;
}

interface Edge {
  readonly atom: Atom;
  readonly to: Variable;
  readonly field: string | undefined;
}

interface Variable {
  readonly name: string;
  readonly taints: Taint[];
  /** The variables that get its value. */
  readonly edges: Edge[];
}

/** A function, process or workflow, with all its definitions. */
interface Callable {
  readonly result: Variable;
  /** The variables of each parameter, for each definition. */
  readonly definitions: (readonly (readonly Variable[])[])[];
  readonly calls: (readonly (readonly Atom[])[])[];
}

/** A value with a wrong destination. */
export interface Fault {
  readonly reference: FoundReference;
  readonly sink: Sink;
  readonly range: TextRange;
  /** The variable that has it there. */
  readonly through: string | undefined;
}

const newVariable = (name: string): Variable => ({ name, taints: [], edges: [] });

/**
 * Follows values of secrets through the variables, maps, closures and functions of one text, while it is read. Names
 * are resolved by scope. The order of statements does not matter. Takes time in proportion to the text.
 */
export class ValueFlow {
  readonly #text: string;
  /** True if the text has secrets; else there are no values to follow. */
  readonly isNeeded: boolean;
  /** The values in the expression that is being read, so far. */
  readonly #atoms: Atom[] = [];
  readonly #shown: { readonly atom: Atom; readonly sink: Sink }[] = [];
  readonly #globals = new Map<string, Variable>();
  readonly #locals = new Map<string, Variable[]>();
  readonly #scopes: string[][] = [[]];
  readonly #callables = new Map<string, Callable>();
  readonly #tainted: { readonly variable: Variable; readonly taint: Taint }[] = [];
  #isCarried = false;
  /** True if a failure of the code shows every value in it, as a failed `assert` does. */
  isAsserted = false;

  constructor(text: string) {
    this.#text = text;
    this.isNeeded = text.includes('secrets');
  }

  /** A mark in the list of values. The methods below take one as `since`: they work on all values after it. */
  mark(): number {
    return this.#atoms.length;
  }

  // Values that are read

  secret(reference: FoundReference, sink: Sink | undefined): void {
    this.#push({ reference, range: reference, key: undefined, isVoid: false }, sink);
  }

  variable(name: string, range: TextRange, field: string | undefined, sink: Sink | undefined): void {
    if (!this.isNeeded) return;
    this.#push({ variable: this.#resolve(name), field, range, key: undefined, isVoid: false }, sink);
  }

  /** Adds the result of a function. */
  result(name: string, range: TextRange, sink: Sink | undefined): void {
    if (!this.isNeeded) return;
    const variable = this.#callable(name).result;
    this.#push({ variable, field: undefined, range, key: undefined, isVoid: false }, sink);
  }

  #since(since: number, until = this.mark()): Atom[] {
    return this.#atoms.slice(Math.max(since, until - MAX_ATOMS), until);
  }

  #push(atom: Atom, sink: Sink | undefined): void {
    this.#atoms.push(atom);
    if (sink !== undefined) this.#shown.push({ atom, sink });
  }

  // Uses of the values

  /** Drops the values: they go no further. */
  forget(since: number): void {
    if (this.#atoms.length > since) this.#atoms.length = since;
  }

  /** Notes that the code only looks at the values. */
  lookedAt(since: number): void {
    if (this.isAsserted) return;
    for (let index = since; index < this.#atoms.length; index++) {
      const atom = this.#atoms[index];
      if (atom !== undefined) atom.isVoid = true;
    }
    this.forget(since);
  }

  shown(since: number, sink: Sink): void {
    for (const atom of this.#since(since)) this.#shown.push({ atom, sink });
  }

  /** Notes that the values are after `key:`. */
  keyed(since: number, key: string): void {
    for (let index = since; index < this.#atoms.length; index++) {
      const atom = this.#atoms[index];
      if (atom !== undefined) atom.key = key;
    }
  }

  /** Notes that a variable, or a field of it, gets the values. */
  assign(name: string, field: string | undefined, since: number, until = this.mark()): void {
    if (until > since) this.#link(this.#since(since, until), this.#resolve(name), field);
  }

  /** Notes a call. @param parts - the marks at which its arguments start. */
  call(name: string, parts: readonly number[]): void {
    if (!this.isNeeded || parts.length === 0) return;
    const call = parts.map((start, index) => this.#since(start, parts[index + 1]));
    this.#callable(name).calls.push(call);
  }

  /** Notes that a function returns the values. */
  returned(name: string, since: number): void {
    if (this.mark() > since) this.#link(this.#since(since), this.#callable(name).result, undefined);
  }

  #link(atoms: readonly Atom[], to: Variable, field: string | undefined): void {
    for (const atom of atoms) {
      if (atom.variable !== undefined) atom.variable.edges.push({ atom, to, field });
      else if (atom.reference !== undefined)
        this.#tainted.push({ variable: to, taint: { reference: atom.reference, field: field ?? atom.key } });
    }
  }

  // Names

  /** Reads code in a scope for names that are declared in it. */
  scoped(read: () => void): void {
    this.#scopes.push([]);
    read();
    for (const name of this.#scopes.pop() ?? []) this.#locals.get(name)?.pop();
  }

  declare(name: string): void {
    this.#declared(name);
  }

  #declared(name: string): Variable {
    const variable = newVariable(name);
    if (!this.isNeeded) return variable;
    const named = this.#locals.get(name);
    if (named === undefined) this.#locals.set(name, [variable]);
    else named.push(variable);
    this.#scopes.at(-1)?.push(name);
    return variable;
  }

  /** Declares the parameters of a closure. Each of them gets the values between two marks. */
  parameters(names: readonly string[], since: number, until: number): void {
    const atoms = this.#since(since, until);
    for (const name of names) this.#link(atoms, this.#declared(name), undefined);
  }

  /** Declares the parameters of a function, process or workflow. @param names - the names of each parameter. */
  definition(name: string, names: readonly (readonly string[])[]): void {
    const variables = names.map((all) => all.map((one) => this.#declared(one)));
    if (!this.isNeeded) return;
    const { definitions } = this.#callable(name);
    if (definitions.length < MAX_DEFINITIONS) definitions.push(variables);
  }

  #resolve(name: string): Variable {
    const local = this.#locals.get(name)?.at(-1);
    if (local !== undefined) return local;
    const known = this.#globals.get(name);
    if (known !== undefined) return known;
    const variable = newVariable(name);
    this.#globals.set(name, variable);
    return variable;
  }

  #callable(name: string): Callable {
    const known = this.#callables.get(name);
    if (known !== undefined) return known;
    const callable: Callable = { result: newVariable(`${name}()`), definitions: [], calls: [] };
    this.#callables.set(name, callable);
    return callable;
  }

  // At the end

  /** True if a variable, parameter or result of a function has the value of a secret. Known after `faults`. */
  get isCarried(): boolean {
    return this.#isCarried;
  }

  /**
   * Lists the wrong destinations of values. A secret that reaches one kind of destination directly is not reported for
   * that kind through variables.
   */
  faults(): Fault[] {
    if (!this.isNeeded) return [];
    this.#passArguments();
    this.#isCarried = this.#tainted.length > 0 || this.#isGivenToClosure();
    this.#spread();
    const faults: Fault[] = [];
    const reported = new Set<string>();
    const direct = new Set<string>();
    for (const { atom, sink } of this.#shown) {
      const { reference, range } = atom;
      if (reference === undefined || atom.isVoid || reference.tested) continue;
      direct.add(`${sink.code} ${reference.offset}`);
      add({ reference, sink, range, through: undefined });
    }
    for (const { atom, sink } of this.#shown) {
      const { variable, field, range } = atom;
      if (variable === undefined || atom.isVoid) continue;
      const reference = variable.taints.find(
        (taint) => overlaps(taint.field, field) && !direct.has(`${sink.code} ${taint.reference.offset}`),
      )?.reference;
      if (reference !== undefined) add({ reference, sink, range, through: variable.name });
    }
    return faults;

    function add(fault: Fault): void {
      const key = `${fault.sink.code} ${fault.range.offset}`;
      if (!reported.has(key)) faults.push(fault);
      reported.add(key);
    }
  }

  #passArguments(): void {
    for (const { calls, definitions } of this.#callables.values()) {
      const widest = Math.max(0, ...definitions.map((one) => one.length));
      if (widest === 0) continue;
      for (const call of calls) {
        for (const [index, atoms] of call.slice(0, widest).entries()) {
          for (const definition of definitions) {
            for (const to of definition[index] ?? []) this.#link(atoms, to, undefined);
          }
        }
      }
    }
  }

  /** Tells whether a call gets a secret, and may be one of a closure that the text gives a name to. */
  #isGivenToClosure(): boolean {
    if (!/=\s*\{/.test(this.#text)) return false;
    for (const { calls } of this.#callables.values()) {
      if (calls.some((parts) => parts.flat().some(({ reference }) => reference !== undefined))) return true;
    }
    return false;
  }

  /** Passes secrets on along the assignments, from variable to variable. */
  #spread(): void {
    for (let item = this.#tainted.pop(); item !== undefined; item = this.#tainted.pop()) {
      const { variable, taint } = item;
      const { reference, field } = taint;
      const isKnown = variable.taints.some((one) => one.reference === reference && one.field === field);
      if (reference.tested || isKnown || variable.taints.length >= MAX_TAINTS) continue;
      variable.taints.push(taint);
      for (const edge of variable.edges) {
        if (edge.atom.isVoid || !overlaps(field, edge.atom.field)) continue;
        const inner = edge.atom.field === undefined ? field : undefined;
        const to = { reference, field: edge.field ?? edge.atom.key ?? inner };
        this.#tainted.push({ variable: edge.to, taint: to });
      }
    }
  }
}

const overlaps = (a: string | undefined, b: string | undefined): boolean =>
  a === undefined || b === undefined || a === b;
