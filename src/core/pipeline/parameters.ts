import type { KnownNames, KnownValue } from './conditions.ts';
import { known } from './conditions.ts';
import type { ParameterAssignment } from './parameter-assignments.ts';
import type { ParameterValues } from './params-file.ts';

/** An assignment of a config, and its position in the order of the configs. */
interface PlacedAssignment extends ParameterAssignment {
  readonly position: readonly number[];
}

interface ScriptAssignment extends ParameterAssignment {
  readonly file: string;
}

export interface ParameterOptions {
  /** Values of `--x` on the command line. */
  readonly commandLine: ParameterValues;
  /** Values of the `-params-file`; undefined if they are not known. */
  readonly file: ParameterValues | undefined;
  readonly profiles: ReadonlySet<string>;
  readonly variable: (name: string) => string | undefined;
  readonly constant: (name: string) => string | undefined;
}

/**
 * Parameters of a launch, as far as they are known before it. In Nextflow's order: the command line, the file of
 * parameters, the configs, the script.
 */
export class Parameters {
  readonly #options: ParameterOptions;
  readonly #commandLine: Layer;
  readonly #file: Layer;
  readonly #configs = new Map<string, PlacedAssignment[]>();
  readonly #scripts = new Map<string, ScriptAssignment[]>();
  /** Names that were set through a longer name: `a` of `a.b`. */
  readonly #nested = new Set<string>();
  /** Offset of the script's first include: modules see the parameters that the script sets before it. */
  #firstInclude = Infinity;
  #entry = '';
  areConfigsKnown = true;
  areDefaultsKnown = true;

  constructor(options: ParameterOptions) {
    this.#options = options;
    this.#commandLine = new Layer(options.commandLine);
    this.#file = new Layer(options.file ?? new Map());
  }

  addConfig(one: ParameterAssignment, position: readonly number[]): void {
    if (one.profile !== null && !this.#options.profiles.has(one.profile)) return;
    if (one.path.length === 0) this.areConfigsKnown = false;
    this.#add(this.#configs, { ...one, position: [...position, one.offset] });
  }

  /** @param firstInclude - offset of the first include of the entry script; undefined for a module. */
  addScript(file: string, assignments: readonly ParameterAssignment[], firstInclude?: number): void {
    if (firstInclude !== undefined) {
      this.#entry = file;
      this.#firstInclude = firstInclude;
    }
    for (const one of assignments) {
      if (one.path.length === 0) this.areDefaultsKnown = false;
      this.#add(this.#scripts, { ...one, file });
    }
  }

  #add<One extends ParameterAssignment>(to: Map<string, One[]>, one: One): void {
    const path = one.path.map(camelCase);
    for (let length = 1; length < path.length; length++) this.#nested.add(path.slice(0, length).join('.'));
    const key = path.join('.');
    const known = to.get(key);
    if (known === undefined) to.set(key, [one]);
    else known.push(one);
  }

  /** Names that a config sees while it is read: later configs may still change their values. */
  readonly inConfigs: KnownNames = {
    parameter: (path) => this.#given(path) ?? this.#ofConfigs(path, true),
    ...this.#others(),
  };

  /**
   * Names that a config sees in every version. With the strict syntax it sees the values of the configs themselves,
   * else those of the command line, so both have to agree.
   */
  readonly inAnyConfig: KnownNames = {
    parameter: (path) => {
      const given = this.#given(path);
      if (given === undefined) return this.#ofConfigs(path, true);
      const own = this.#configs.get(keyOf(path)) ?? [];
      const isOne = own.length <= MANY && own.every(({ value }) => isSame(value, given));
      return isOne ? given : undefined;
    },
    ...this.#others(),
  };

  inScript(file: string): KnownNames {
    return {
      parameter: (path, offset) =>
        this.#given(path) ??
        (this.#isInConfigs(path) ? this.#ofConfigs(path, false) : this.#default(path, file, offset)),
      ...this.#others(),
    };
  }

  #others(): Pick<KnownNames, 'variable' | 'constant'> {
    return {
      variable: (name) => known(this.#options.variable(name) ?? null),
      constant: (name) => this.#options.constant(name),
    };
  }

  /** Finds the value that the command line, or the file of parameters, gives. */
  #given(path: readonly string[]): KnownValue | undefined {
    const key = keyOf(path);
    return this.#commandLine.touches(key) ? this.#commandLine.value(key) : this.#file.value(key);
  }

  #isInConfigs(path: readonly string[]): boolean {
    return path.some((_, index) => this.#configs.has(keyOf(path.slice(0, index + 1))));
  }

  #isGivenUnknown(path: readonly string[]): boolean {
    const key = keyOf(path);
    return (
      this.#options.file === undefined ||
      this.#commandLine.touches(key) ||
      this.#file.touches(key) ||
      this.#nested.has(key) ||
      path.some(
        (_, index) =>
          index + 1 < path.length &&
          (this.#configs.has(keyOf(path.slice(0, index + 1))) ||
            this.#scripts.has(keyOf(path.slice(0, index + 1)))),
      )
    );
  }

  /** @param isReading - true while configs are read: a value is known only if all of them agree. */
  #ofConfigs(path: readonly string[], isReading: boolean): KnownValue | undefined {
    if (!this.areConfigsKnown || this.#isGivenUnknown(path)) return undefined;
    const all = this.#configs.get(keyOf(path));
    if (all === undefined || all.length > MANY) return undefined;
    if (isReading) return common(all);
    const root = all.reduce((highest, { position }) => Math.max(highest, position[0] ?? 0), -Infinity);
    const last = all.filter(({ position }) => (position[0] ?? 0) === root);
    const base = last.filter(({ profile }) => profile === null);
    const ofProfiles = last.filter(({ profile }) => profile !== null);
    if (ofProfiles.length === 0)
      return base.toSorted((a, b) => inOrder(a.position, b.position)).at(-1)?.value;
    // With the strict syntax an assignment after a profile wins, with Groovy's the profile does.
    const [first] = ofProfiles;
    const isLater = base.some((one) => first !== undefined && inOrder(one.position, first.position) > 0);
    return common(isLater ? last : ofProfiles);
  }

  /** Finds the value that the script itself sets, if nothing else does: a file sees what was set before it is read. */
  #default(path: readonly string[], file: string, offset: number): KnownValue | undefined {
    if (!this.areConfigsKnown || !this.areDefaultsKnown || this.#isGivenUnknown(path)) return undefined;
    const all = this.#scripts.get(keyOf(path)) ?? [];
    if (all.length > MANY) return undefined;
    const limit = file === this.#entry ? offset : this.#firstInclude;
    const isSet = all.some((one) => one.file === this.#entry && one.offset < limit);
    return isSet ? common(all) : undefined;
  }
}

/** A parameter with more assignments is not known: each read of it would go through all of them. */
const MANY = 100;

/** One source of parameters' values. */
class Layer {
  readonly #values = new Map<string, KnownValue | undefined>();
  readonly #nested = new Set<string>();

  constructor(values: ParameterValues) {
    for (const [path, value] of values) {
      const parts = path.split('.').map(camelCase);
      // Not in all versions `--my-param` wins over a config's `myParam`.
      this.#values.set(parts.join('.'), path.includes('-') ? undefined : value);
      for (let length = 1; length < parts.length; length++)
        this.#nested.add(parts.slice(0, length).join('.'));
    }
  }

  value(key: string): KnownValue | undefined {
    return this.#nested.has(key) ? undefined : this.#values.get(key);
  }

  /** Tells whether it sets this name, a name in it, or a name that it is in. */
  touches(key: string): boolean {
    if (this.#values.has(key) || this.#nested.has(key)) return true;
    for (let dot = key.indexOf('.'); dot >= 0; dot = key.indexOf('.', dot + 1)) {
      if (this.#values.has(key.slice(0, dot))) return true;
    }
    return false;
  }
}

/** Renames as Nextflow does: `--my-param` sets `params.myParam` too (`nextflow.script.ScriptBinding.ParamsMap`). */
const camelCase = (name: string): string =>
  name.replace(/-([A-Za-z0-9])/g, (_, letter: string) => letter.toUpperCase());
const keyOf = (path: readonly string[]): string => path.map(camelCase).join('.');

/** Finds the value that all of them set, if they agree. */
function common(all: readonly ParameterAssignment[]): KnownValue | undefined {
  const [first] = all;
  return all.every(({ value }) => isSame(value, first?.value)) ? first?.value : undefined;
}

function isSame(one: KnownValue | undefined, other: KnownValue | undefined): boolean {
  if (one === undefined || other === undefined) return false;
  return one.truthy === other.truthy && one.literal === other.literal;
}

function inOrder(one: readonly number[], other: readonly number[]): number {
  for (const [index, at] of one.entries()) {
    const from = other[index];
    if (from === undefined) return 1;
    if (at !== from) return at - from;
  }
  return one.length - other.length;
}

const NO_VALUE = /^-(?![\d.])/;

/**
 * Reads the parameters on a command line, as `nextflow run` does.
 *
 * @param areTexts - true if `NXF_DISABLE_PARAMS_TYPE_DETECTION` is set.
 */
export function commandLineParameters(args: readonly string[], areTexts: boolean): ParameterValues {
  const values = new Map<string, KnownValue | undefined>();
  for (const [index, word] of args.entries()) {
    if (!word.startsWith('--') || word.length < 3) continue;
    const equals = word.indexOf('=');
    const name = word.slice(2, equals < 0 ? undefined : equals);
    const next = args[index + 1];
    const value =
      equals >= 0 ? word.slice(equals + 1) : next === undefined || NO_VALUE.test(next) ? 'true' : next;
    values.set(name, ofWord(value, areTexts));
  }
  return values;
}

function ofWord(word: string, areTexts: boolean): KnownValue | undefined {
  if (areTexts) return known(word);
  if (/^(?:true|false)$/i.test(word)) return known(word.toLowerCase() === 'true');
  if (/^\d+(?:\.\d+)?$/.test(word)) return known(Number(word));
  return /^[-+.\d]/.test(word) ? undefined : known(word);
}
