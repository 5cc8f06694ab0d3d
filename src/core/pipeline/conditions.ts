import { isKindOf, TokenKind as T, type Tokens } from '../references/tokens.ts';

/** A value that is known before the pipeline runs. */
export interface KnownValue {
  /** True if the value is true by Groovy's rules. */
  readonly truthy: boolean;
  /** The value itself; undefined for a list or a map. */
  readonly literal?: string | number | boolean | null;
}

/** Names with values that may be known. */
export interface KnownNames {
  /** Value of `params.a.b`, read at an offset of the text. */
  readonly parameter: (path: readonly string[], offset: number) => KnownValue | undefined;
  /** Value of `System.getenv('X')`. */
  readonly variable: (name: string) => KnownValue | undefined;
  /** Value of a constant in texts, such as `${projectDir}`. */
  readonly constant?: (name: string) => string | undefined;
}

/** Longer or deeper conditions are not decided, so that reading takes time in proportion to their length. */
const MAX_TOKENS = 300;
const MAX_DEPTH = 12;

export const known = (literal: string | number | boolean | null): KnownValue => ({
  literal,
  truthy:
    typeof literal === 'string' ? literal !== '' : literal !== null && literal !== 0 && literal !== false,
});
const truth = (truthy: boolean): KnownValue => ({ truthy, literal: truthy });

const ENDS_VALUE = isKindOf(T.question, T.elvis);
const IS_DOT = isKindOf(T.dot, T.safeDot);

/**
 * Finds the value of an expression of literals and known names, with the operators of conditions between them.
 * Undefined if the value depends on anything else.
 */
export function valueOf(tokens: Tokens, from: number, to: number, names: KnownNames): KnownValue | undefined {
  return to - from > MAX_TOKENS ? undefined : new Expression(tokens, names).value(from, to, 0);
}

/** Finds the texts that an expression may give: one, or those of an undecided condition. Undefined if not known. */
export function textsOf(
  tokens: Tokens,
  from: number,
  to: number,
  names: KnownNames,
): readonly string[] | undefined {
  return to - from > MAX_TOKENS ? undefined : new Expression(tokens, names).texts(from, to, 0);
}

class Expression {
  readonly #tokens: Tokens;
  readonly #names: KnownNames;

  constructor(tokens: Tokens, names: KnownNames) {
    this.#tokens = tokens;
    this.#names = names;
  }

  texts(start: number, end: number, depth: number): readonly string[] | undefined {
    const [from, to] = this.#trimmed(start, end);
    if (depth > MAX_DEPTH || from >= to) return undefined;
    if (this.#isGroup(from, to)) return this.texts(from + 1, to - 1, depth + 1);
    const [question, colon] = this.#condition(from, to);
    if (question === undefined || colon === undefined) {
      const value = this.value(from, to, depth + 1);
      return typeof value?.literal === 'string' ? [value.literal] : undefined;
    }
    const test = this.value(from, question, depth + 1);
    const ways = [
      ...(test?.truthy === false ? [] : [this.texts(question + 1, colon, depth + 1)]),
      ...(test?.truthy === true ? [] : [this.texts(colon + 1, to, depth + 1)]),
    ];
    return ways.some((way) => way === undefined) ? undefined : ways.flatMap((way) => way ?? []);
  }

  value(start: number, end: number, depth: number): KnownValue | undefined {
    const [from, to] = this.#trimmed(start, end);
    if (depth > MAX_DEPTH || from >= to) return undefined;
    if (this.#isGroup(from, to)) return this.value(from + 1, to - 1, depth + 1);
    const [question, colon] = this.#condition(from, to);
    if (question !== undefined) return this.#conditional([from, to], [question, colon], depth + 1);
    const either = this.#split(from, to, (index) => this.#tokens.kind(index) === T.or);
    if (either.length > 1) return this.#joined(either, true, depth + 1);
    const both = this.#split(from, to, (index) => this.#tokens.kind(index) === T.and);
    if (both.length > 1) return this.#joined(both, false, depth + 1);
    const compared = this.#comparison(from, to, depth + 1);
    if (compared !== 'none') return compared;
    if (this.#tokens.kind(from) === T.not) {
      const value = this.value(from + 1, to, depth + 1);
      return value === undefined ? undefined : truth(!value.truthy);
    }
    return this.#operand(from, to, depth + 1);
  }

  #conditional(
    [from, to]: readonly [number, number],
    [question, colon]: readonly [number, number | undefined],
    depth: number,
  ): KnownValue | undefined {
    const test = this.value(from, question, depth);
    if (test === undefined) return undefined;
    if (this.#tokens.kind(question) === T.elvis)
      return test.truthy ? test : this.value(question + 1, to, depth);
    if (colon === undefined) return undefined;
    return test.truthy ? this.value(question + 1, colon, depth) : this.value(colon + 1, to, depth);
  }

  /** Finds the `?` or `?:` of the expression, and the `:` that belongs to it. */
  #condition(from: number, to: number): [number | undefined, number | undefined] {
    let question: number | undefined;
    let open = 0;
    for (let index = from; index < to; index = this.#next(index)) {
      const kind = this.#tokens.kind(index);
      if (ENDS_VALUE(kind)) question ??= index;
      if (kind === T.elvis && question === index) return [question, undefined];
      if (kind === T.question) open += 1;
      else if (kind === T.colon && open > 0) {
        open -= 1;
        if (open === 0) return [question, index];
      }
    }
    return [question, undefined];
  }

  /** Decides `a || b` if `isOr`, else `a && b`. */
  #joined(
    parts: readonly (readonly [number, number])[],
    isOr: boolean,
    depth: number,
  ): KnownValue | undefined {
    const values = parts.map(([from, to]) => this.value(from, to, depth));
    if (values.some((value) => value?.truthy === isOr)) return truth(isOr);
    return values.includes(undefined) ? undefined : truth(!isOr);
  }

  #comparison(from: number, to: number, depth: number): KnownValue | undefined | 'none' {
    const isSign = (index: number): boolean => {
      const kind = this.#tokens.kind(index);
      return kind === T.equal || kind === T.notEqual || (kind === T.word && this.#tokens.is(index, 'in'));
    };
    const [left, right, ...more] = this.#split(from, to, isSign);
    if (left === undefined || right === undefined) return 'none';
    if (more.length > 0) return undefined;
    const sign = left[1];
    const isIn = this.#tokens.is(sign, 'in');
    const isNegated = isIn && this.#tokens.kind(sign - 1) === T.not;
    const value = this.value(left[0], isNegated ? sign - 1 : sign, depth);
    const source = this.#tokens.source(sign);
    if (value === undefined || !(isIn || source === '==' || source === '!=')) return undefined;
    const others = isIn ? this.#elements(right[0], right[1], depth) : [this.value(right[0], right[1], depth)];
    const results = others?.map((other) => areEqual(value, other));
    if (results === undefined) return undefined;
    const wanted = isIn ? !isNegated : source === '==';
    if (results.includes(true)) return truth(wanted);
    return results.includes(undefined) ? undefined : truth(!wanted);
  }

  /** Reads the elements of `['a', 'b']`. */
  #elements(start: number, end: number, depth: number): (KnownValue | undefined)[] | undefined {
    const [from, to] = this.#trimmed(start, end);
    const isList = this.#tokens.kind(from) === T.openBracket && this.#tokens.partner(from) === to - 1;
    if (!isList) return undefined;
    const parts = this.#split(from + 1, to - 1, (index) => this.#tokens.kind(index) === T.comma);
    return parts
      .filter(([first, last]) => first < last)
      .map(([first, last]) => this.value(first, last, depth));
  }

  #operand(from: number, to: number, depth: number): KnownValue | undefined {
    const tokens = this.#tokens;
    const kind = tokens.kind(from);
    if (kind === T.string) return to === from + 1 ? known(tokens.constant(from)) : undefined;
    if (kind === T.openText) return this.#text(from, to, depth);
    if (kind === T.number) return to === from + 1 ? numberOf(tokens.source(from)) : undefined;
    if (kind === T.openBracket) return this.#list(from, to);
    if (kind !== T.word) return undefined;
    const word = tokens.source(from);
    if (word === 'params') return this.#parameter(from, to);
    if (word === 'System') return this.#variable(from, to);
    if (to !== from + 1) return undefined;
    if (word === 'null') return known(null);
    if (word === 'true' || word === 'false') return known(word === 'true');
    const constant = this.#names.constant?.(word);
    return constant === undefined ? undefined : known(constant);
  }

  /** Reads `[]`, `[:]`, `['a', …]`. */
  #list(from: number, to: number): KnownValue | undefined {
    const close = this.#tokens.partner(from);
    if (close !== to - 1) return undefined;
    const [first, last] = this.#trimmed(from + 1, close);
    const kind = this.#tokens.kind(first);
    if (first >= last || (last === first + 1 && kind === T.colon)) return { truthy: false };
    return kind === T.string || kind === T.number ? { truthy: true } : undefined;
  }

  /** Reads `params.a.b`, `params['a']`, `params.a.startsWith('b')`. */
  #parameter(from: number, to: number): KnownValue | undefined {
    const tokens = this.#tokens;
    const path: string[] = [];
    let index = from + 1;
    while (index < to) {
      const kind = tokens.kind(index);
      if (IS_DOT(kind)) {
        const name = index + 1;
        const isName = tokens.kind(name) === T.word || tokens.kind(name) === T.string;
        if (!isName) return undefined;
        if (tokens.kind(name + 1) === T.openParen) break;
        path.push(tokens.kind(name) === T.word ? tokens.source(name) : tokens.constant(name));
        index = name + 1;
      } else if (kind === T.openBracket && tokens.partner(index) === index + 2) {
        if (tokens.kind(index + 1) !== T.string) return undefined;
        path.push(tokens.constant(index + 1));
        index += 3;
      } else return undefined;
    }
    if (path.length === 0) return undefined;
    const value = this.#names.parameter(path, tokens.start(from));
    return index === to ? value : this.#startsWith(value, index, to);
  }

  #startsWith(value: KnownValue | undefined, dot: number, to: number): KnownValue | undefined {
    const tokens = this.#tokens;
    const isCall = tokens.is(dot + 1, 'startsWith') && tokens.kind(dot + 3) === T.string && dot + 5 === to;
    if (!isCall || typeof value?.literal !== 'string') return undefined;
    return truth(value.literal.startsWith(tokens.constant(dot + 3)));
  }

  /** Reads `System.getenv('X')`. */
  #variable(from: number, to: number): KnownValue | undefined {
    const tokens = this.#tokens;
    const isCall =
      to === from + 6 &&
      tokens.is(from + 2, 'getenv') &&
      tokens.kind(from + 3) === T.openParen &&
      tokens.kind(from + 4) === T.string;
    return isCall ? this.#names.variable(tokens.constant(from + 4)) : undefined;
  }

  /** Reads a text if all its computed parts are known. */
  #text(from: number, to: number, depth: number): KnownValue | undefined {
    const tokens = this.#tokens;
    const close = tokens.partner(from);
    if (close !== to - 1) return undefined;
    let text = '';
    let at = tokens.end(from);
    for (let index = from + 1; index < close; index = tokens.partner(index) + 1) {
      const partner = tokens.partner(index);
      if (partner <= index) return undefined;
      const value = this.value(index + 1, partner, depth)?.literal;
      if (value === undefined) return undefined;
      text += tokens.text.slice(at, tokens.start(index)) + String(value);
      at = tokens.end(partner);
    }
    text += tokens.text.slice(at, tokens.start(close));
    return text.includes('\\') ? undefined : known(text);
  }

  // Tokens

  /** Finds the index of the next token that is not in a bracket that this one opens. */
  #next(index: number): number {
    return Math.max(index, this.#tokens.partner(index)) + 1;
  }

  #split(from: number, to: number, isSign: (index: number) => boolean): [number, number][] {
    const parts: [number, number][] = [];
    let start = from;
    for (let index = from; index < to; index = this.#next(index)) {
      if (!isSign(index)) continue;
      parts.push([start, index]);
      start = index + 1;
    }
    parts.push([start, to]);
    return parts;
  }

  #trimmed(from: number, to: number): [number, number] {
    let [first, last] = [from, to];
    while (first < last && this.#tokens.kind(first) === T.newLine) first += 1;
    while (first < last && this.#tokens.kind(last - 1) === T.newLine) last -= 1;
    return [first, last];
  }

  #isGroup(from: number, to: number): boolean {
    return this.#tokens.kind(from) === T.openParen && this.#tokens.partner(from) === to - 1;
  }
}

export function numberOf(source: string): KnownValue | undefined {
  const digits = /^(\d[\d_]*(?:\.\d+)?)[LlIiGgFfDd]?$/.exec(source)?.[1];
  return digits === undefined ? undefined : known(Number(digits.replaceAll('_', '')));
}

/** @returns undefined if only Groovy can decide. */
function areEqual(one: KnownValue, other: KnownValue | undefined): boolean | undefined {
  if (one.literal === undefined || other?.literal === undefined) return undefined;
  if (one.literal === null || other.literal === null) return one.literal === other.literal;
  return typeof one.literal === typeof other.literal ? one.literal === other.literal : undefined;
}
