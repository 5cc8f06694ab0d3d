import { isKindOf, TokenKind as T, type Tokens } from '../references/tokens.ts';
import type { KnownValue } from './conditions.ts';
import { isBreak } from './parameter-assignments.ts';
import type { TokenRange } from './token-ranges.ts';

/** Gives the value of the expression between two tokens, if it is known. */
export type Decide = (from: number, to: number) => KnownValue | undefined;

/** State of reading in one bracket. */
interface Level {
  readonly close: number;
  /** First token of the expression, with its conditions; of its part after the last `||`; after the last `&&`. */
  start: number;
  orStart: number;
  andStart: number;
}

const STARTS_EXPRESSION = isKindOf(
  T.comma,
  T.assign,
  T.assignWith,
  T.arrow,
  T.question,
  T.colon,
  T.elvis,
  T.semicolon,
);
/** After a word that starts a statement: the first argument of a call without parentheses. */
const IS_ARGUMENT = isKindOf(T.word, T.string, T.openText, T.number, T.not);
const ENDS_AND = isKindOf(T.or, T.question, T.elvis, T.colon, T.comma);
const ENDS_OR = isKindOf(T.question, T.elvis, T.colon, T.comma);
/** Words before an operand. */
const SIGNS = new Set(['in', 'instanceof', 'as', 'new']);

/**
 * Finds the code that does not run because its condition is known: branches of `if`, `switch` and `? :`, and operands
 * after `&&` and `||`. Takes time in proportion to the code.
 */
export function deadCode(tokens: Tokens, from: number, to: number, decide: Decide): TokenRange[] {
  return new DeadCode(tokens, decide).ranges(from, to);
}

class DeadCode {
  readonly #tokens: Tokens;
  readonly #decide: Decide;
  readonly #found: TokenRange[] = [];
  /** Later code that is known to be dead: from its first token to the token after its last. */
  readonly #skips = new Map<number, number>();

  constructor(tokens: Tokens, decide: Decide) {
    this.#tokens = tokens;
    this.#decide = decide;
  }

  ranges(from: number, to: number): TokenRange[] {
    const levels: Level[] = [level(from, to)];
    for (let at = from; at < to;) {
      const skip = this.#skips.get(at);
      if (skip !== undefined && skip > at) {
        this.#found.push([at, skip]);
        at = skip;
        continue;
      }
      const current = levels.at(-1);
      if (current === undefined) break;
      if (at >= current.close && levels.length > 1) {
        levels.pop();
        at = Math.max(at, current.close + 1);
        continue;
      }
      this.#token(at, current);
      const partner = this.#tokens.partner(at);
      if (partner > at) levels.push(level(at + 1, Math.min(partner, to)));
      at += 1;
    }
    return this.#found;
  }

  #token(at: number, current: Level): void {
    const tokens = this.#tokens;
    const kind = tokens.kind(at);
    if (kind === T.and) {
      const value = this.#decide(current.andStart, at);
      if (value?.truthy === false) this.#skip(at + 1, this.#end(at + 1, current.close, ENDS_AND));
      current.andStart = at + 1;
    } else if (kind === T.or) {
      const value = this.#decide(current.orStart, at);
      if (value?.truthy === true) this.#skip(at + 1, this.#end(at + 1, current.close, ENDS_OR));
      current.orStart = at + 1;
      current.andStart = at + 1;
    } else if (kind === T.question || kind === T.elvis) {
      this.#branches(at, current);
      restart(current, at + 1);
    } else if (
      STARTS_EXPRESSION(kind) ||
      isBreak(tokens, at) ||
      (kind === T.newLine && at === current.start)
    ) {
      restart(current, at + 1);
    } else if (kind === T.word) {
      this.#word(at, current);
    }
  }

  #word(at: number, current: Level): void {
    const tokens = this.#tokens;
    const next = tokens.kind(at + 1);
    if (next === T.openParen && !isMember(tokens, at)) {
      const word = tokens.source(at);
      if (word === 'if' || word === 'while') this.#condition(at, current.close, word === 'if');
      else if (word === 'switch') this.#switch(at + 1);
    }
    if (at !== current.start) return;
    const isCall = IS_ARGUMENT(next) && !SIGNS.has(tokens.source(at + 1));
    const isSign = next === T.not && SIGNS.has(tokens.source(at + 2));
    if (isCall && !isSign && !SIGNS.has(tokens.source(at))) restart(current, at + 1);
  }

  /** Reads `a ? b : c`, `a ?: b`. */
  #branches(question: number, current: Level): void {
    const value = this.#decide(current.start, question);
    if (value === undefined) return;
    const first = question + 1;
    if (this.#tokens.kind(question) === T.elvis) {
      if (value.truthy) this.#skip(first, this.#endOfBranch(first, current.close));
      return;
    }
    const colon = this.#colon(first, current.close);
    if (colon === undefined) return;
    if (!value.truthy) this.#skip(first, colon);
    else this.#skip(colon + 1, this.#endOfBranch(colon + 1, current.close));
  }

  /** Finds the end of a condition's last branch: it ends with the condition, or with an outer condition's branch. */
  #endOfBranch(from: number, limit: number): number {
    let open = 0;
    return this.#end(from, limit, (kind) => {
      if (kind === T.question) open += 1;
      else if (kind === T.colon) open -= 1;
      return kind === T.comma || open < 0;
    });
  }

  /** Finds the `:` that belongs to a `?` before this token. */
  #colon(from: number, limit: number): number | undefined {
    let open = 1;
    for (let at = from; at < limit; at = this.#next(at)) {
      const kind = this.#tokens.kind(at);
      if (kind === T.question) open += 1;
      else if (kind === T.colon) {
        open -= 1;
        if (open === 0) return at;
      } else if (isBreak(this.#tokens, at)) return undefined;
    }
    return undefined;
  }

  /** Reads `if (…) a else b`. */
  #condition(word: number, limit: number, hasElse: boolean): void {
    const close = this.#tokens.partner(word + 1);
    const value = this.#decide(word + 2, close);
    if (value === undefined) return;
    const [from, to] = this.#body(close + 1, limit);
    if (!value.truthy) {
      this.#skip(from, to);
      return;
    }
    const otherwise = hasElse ? this.#else(to, limit) : undefined;
    if (otherwise === undefined) return;
    this.#skip(otherwise, this.#endOfElse(otherwise, limit));
  }

  /** Finds the block, or the one statement, that starts here. */
  #body(start: number, limit: number): TokenRange {
    let from = start;
    while (this.#tokens.kind(from) === T.newLine) from += 1;
    if (this.#tokens.kind(from) === T.openBrace)
      return [from, Math.min(this.#tokens.partner(from) + 1, limit)];
    // Code that is nested in it without braces counts as live.
    const isPlain = !(this.#tokens.kind(from) === T.word && COMPOUND.has(this.#tokens.source(from)));
    return isPlain ? [from, this.#end(from, limit, () => false)] : [from, from];
  }

  /** Finds the token after `else`, if `else` follows. */
  #else(from: number, limit: number): number | undefined {
    let at = from;
    while (this.#tokens.kind(at) === T.newLine || this.#tokens.kind(at) === T.semicolon) at += 1;
    const isElse = at < limit && this.#tokens.kind(at) === T.word && this.#tokens.is(at, 'else');
    return isElse ? at + 1 : undefined;
  }

  /** Finds the end of the code after an `else`, with all the `else if` that follow. */
  #endOfElse(start: number, limit: number): number {
    let from = start;
    for (;;) {
      const isIf = this.#tokens.is(from, 'if') && this.#tokens.kind(from + 1) === T.openParen;
      const [, to] = this.#body(isIf ? this.#tokens.partner(from + 1) + 1 : from, limit);
      const next = isIf ? this.#else(to, limit) : undefined;
      if (next === undefined) return to;
      from = next;
    }
  }

  /** Reads `switch (…) { case 'a': … default: … }`. */
  #switch(paren: number): void {
    const close = this.#tokens.partner(paren);
    const value = this.#decide(paren + 1, close);
    if (value?.literal === undefined || value.literal === null) return;
    let brace = close + 1;
    while (this.#tokens.kind(brace) === T.newLine) brace += 1;
    if (this.#tokens.kind(brace) !== T.openBrace) return;
    const cases = this.#cases(brace);
    if (cases === undefined) return;
    const matching = cases.findIndex(({ literal }) => literal === value.literal);
    const first = matching >= 0 ? matching : cases.findIndex(({ literal }) => literal === undefined);
    let isLive = false;
    for (const [index, one] of cases.entries()) {
      if (index === first) isLive = true;
      if (!isLive) this.#skip(one.from, one.to);
      if (isLive && one.ends && index >= first) {
        isLive = false;
        for (const { from, to } of cases.slice(index + 1)) this.#skip(from, to);
        return;
      }
    }
  }

  /** Finds the labels of a switch and the code after each; undefined if one is no literal of the plainest kind. */
  #cases(brace: number): SwitchCase[] | undefined {
    const tokens = this.#tokens;
    const end = tokens.partner(brace);
    const cases: SwitchCase[] = [];
    for (let at = brace + 1; at < end; at = this.#next(at)) {
      if (tokens.kind(at) !== T.word || isMember(tokens, at)) continue;
      const isDefault = tokens.is(at, 'default') && tokens.kind(at + 1) === T.colon;
      const last = cases.at(-1);
      if (isDefault || tokens.is(at, 'case')) {
        const colon = isDefault ? at + 1 : at + 2;
        if (tokens.kind(colon) !== T.colon) return undefined;
        const literal = isDefault ? undefined : this.#decide(at + 1, colon)?.literal;
        if (!isDefault && (literal === undefined || literal === null)) return undefined;
        if (last !== undefined) last.to = at;
        cases.push({ literal, from: colon + 1, to: end, ends: false });
      } else if (last !== undefined && (tokens.is(at, 'break') || tokens.is(at, 'return'))) {
        const before = tokens.kind(at - 1);
        last.ends ||= before === T.newLine || before === T.semicolon || before === T.colon;
      }
    }
    return cases;
  }

  #skip(from: number, to: number): void {
    if (to > from) this.#skips.set(from, Math.max(to, this.#skips.get(from) ?? 0));
  }

  /** Finds the end of an expression, or the first of these signs in it. */
  #end(from: number, limit: number, stops: (kind: T) => boolean): number {
    let at = from;
    while (this.#tokens.kind(at) === T.newLine) at += 1;
    while (at < limit && !isBreak(this.#tokens, at) && !stops(this.#tokens.kind(at))) at = this.#next(at);
    return Math.min(at, limit);
  }

  #next(at: number): number {
    return Math.max(at, this.#tokens.partner(at)) + 1;
  }
}

const COMPOUND = new Set(['if', 'for', 'while', 'do', 'try', 'switch']);

interface SwitchCase {
  /** Value of the label; undefined for `default`. */
  readonly literal: string | number | boolean | null | undefined;
  readonly from: number;
  to: number;
  /** True if no code after it runs any more. */
  ends: boolean;
}

function level(start: number, close: number): Level {
  return { close, start, orStart: start, andStart: start };
}

function restart(current: Level, at: number): void {
  current.start = at;
  current.orStart = at;
  current.andStart = at;
}

const IS_DOT = isKindOf(T.dot, T.safeDot, T.otherDot);
const isMember = (tokens: Tokens, at: number): boolean => at > 0 && IS_DOT(tokens.kind(at - 1));
