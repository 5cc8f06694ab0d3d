import type { SourceLanguage } from '../references/scan.ts';
import { tokenize } from '../references/tokenize.ts';
import { isKeyword, isKindOf, TokenKind as T, type Tokens } from '../references/tokens.ts';
import { declaredNames, type PlainNames } from './plain-names.ts';
import {
  isAfterStatement,
  isHiddenKey,
  isLiteral,
  isPlainBracket,
  isTextCalled,
  labelsOf,
  namesDeciding,
  rootOf,
  tokenBefore,
} from './plain-signs.ts';
import {
  BUILT_IN,
  DECIDING,
  GIVEN,
  LEADS_AWAY,
  OF_ANY_OBJECT,
  OF_TASK,
  OPERATORS,
  PATHS,
  PLAIN_CALLS,
  PLAIN_KEYWORDS,
  PLAIN_METADATA,
  PLAIN_METHODS,
  PLAIN_TYPES,
  RESERVED,
  TAKEN,
} from './plain-words.ts';
import { isStart, unitAt } from './unit.ts';

/** The literal paths that a script or config includes, as they are written. */
export interface PlainCode {
  readonly includes: readonly string[];
}

/**
 * Reads a script or config of which it is certain that Nextflow builds the same graph and the same settings from it at
 * each start with the same files, options, variables and secrets: each of its words is known to read nothing else.
 * Bodies of tasks do not count, since they do not run before.
 *
 * @returns undefined if that is not certain.
 */
export function readPlainCode(text: string, language: SourceLanguage): PlainCode | undefined {
  // Groovy takes `\u0041` for a letter anywhere, and both others for the end of a comment.
  if (/\\u|\r(?!\n)|\uFFFF/.test(text)) return undefined;
  return new PlainReader(tokenize(text), language).read();
}

const IS_DOT = isKindOf(T.dot, T.safeDot);
const OPENS_VALUE = isKindOf(T.openPath, T.openExpression);
const CLOSES_VALUE = isKindOf(T.closePath, T.closeExpression);
const STARTS_ARGUMENT = isKindOf(T.openParen, T.string, T.openText, T.number, T.word);
/** Tokens after which a word before a colon is the key of a map, a label or a named argument. */
const BEFORE_KEY = isKindOf(...[T.comma, T.openBracket, T.openParen, T.semicolon, T.openBrace, T.closeBrace]);
/** Words that join two values. */
const JOINS = new Set(['in', 'instanceof', 'as']);
const SIGN = /^[-+*/%<>=!&|^~.]+$/;
const BODIES = new Set(['script', 'shell', 'exec', 'stub']);
const PARTS = new Set(['input', 'output', 'when']);

class PlainReader {
  readonly #tokens: Tokens;
  readonly #isConfig: boolean;
  readonly #names: PlainNames;
  readonly #includes: string[] = [];

  constructor(tokens: Tokens, language: SourceLanguage) {
    this.#tokens = tokens;
    this.#isConfig = language === 'config';
    this.#names = declaredNames(tokens);
  }

  read(): PlainCode | undefined {
    const { count } = this.#tokens;
    for (const name of this.#names.callable)
      if (isTaken(name) || BUILT_IN.has(name) || OPERATORS.has(name)) return undefined;
    for (const name of this.#names.values) if (RESERVED.has(name)) return undefined;
    for (let at = 0; at < count;) {
      const next = this.#next(at);
      if (next === undefined) return undefined;
      at = next;
    }
    return { includes: this.#includes };
  }

  /** @returns the index of the next token to read; undefined if this one is not plain. */
  #next(at: number): number | undefined {
    const tokens = this.#tokens;
    const kind = tokens.kind(at);
    if (kind === T.word) return this.#word(at);
    // A name that is computed: `x."$name"`, `'name' x`, `x[name]`.
    const isComputed = IS_DOT(kind)
      ? tokens.kind(tokens.afterNewLines(at + 1)) !== T.word
      : isTextCalled(tokens, at, this.#isConfig) ||
        (kind === T.openBracket && !isPlainBracket(tokens, at)) ||
        (this.#isConfig && namesDeciding(tokens, at)) ||
        isHiddenKey(tokens, at);
    const isStrange = kind === T.operator && !SIGN.test(tokens.source(at));
    return isComputed || isStrange || kind === T.otherDot || kind === T.at ? undefined : at + 1;
  }

  #word(at: number): number | undefined {
    const tokens = this.#tokens;
    const word = tokens.source(at);
    if (this.#isConfig && (DECIDING.has(word) || OPERATORS.has(word))) return undefined;
    if (IS_DOT(tokens.kind(tokenBefore(tokens, at)))) {
      if (OPERATORS.has(word)) return this.#operator(at);
      return this.#isPlainMember(at, word) ? at + 1 : undefined;
    }
    if (isStart(tokens, at) && (word === 'include' || word === 'includeConfig')) return this.#include(at);
    const unit = unitAt(tokens, at)?.unit;
    if (unit?.kind === 'process') return this.#isConfig ? undefined : this.#process(at);
    if (unit?.kind === 'workflow')
      return this.#isConfig && unit.name !== '' ? undefined : this.#afterName(at);
    return this.#isPlainName(at, word) ? at + 1 : undefined;
  }

  #isCalled(at: number): boolean {
    const next = this.#tokens.kind(at + 1);
    return STARTS_ARGUMENT(next) && !(next === T.word && JOINS.has(this.#tokens.source(at + 1)));
  }

  /** Reads `channel.map { … }` and `channel.view()`. @returns the end of the closure. */
  #operator(at: number): number | undefined {
    const next = this.#tokens.kind(at + 1);
    if (next === T.openBrace && !this.#isConfig) return this.#tokens.partner(at + 1) + 1;
    return next === T.openParen ? at + 1 : undefined;
  }

  /** A word after a dot. What stands before the dot was checked before. */
  #isPlainMember(at: number, word: string): boolean {
    if (LEADS_AWAY.has(word)) return false;
    const root = rootOf(this.#tokens, at);
    // `java.util.Date`, and the directories that each script has.
    if (PATHS.has(word) && root !== 'params') return false;
    if (/^[A-Z]/.test(word) && root !== undefined && this.#names.values.has(root)) return false;
    // `"${x}".values` are the parts of a text, as they were before.
    if (word === 'values' && !this.#isCalled(at)) return false;
    const isBlock = this.#tokens.kind(at + 1) === T.openBrace && !this.#isConfig;
    return !(this.#isCalled(at) || isBlock) || PLAIN_METHODS.has(word) || this.#isSpecial(at);
  }

  /** Reads `log.info 'x'`, `workflow.onComplete { }` and `System.getenv('X')`. @param at - index of the member. */
  #isSpecial(at: number): boolean {
    const tokens = this.#tokens;
    const root = at - 2;
    if (tokens.kind(root) !== T.word || IS_DOT(tokens.kind(root - 1))) return false;
    const name = tokens.source(at);
    if (tokens.is(root, 'log')) return /^(?:info|warn|error|debug)$/.test(name);
    if (tokens.is(root, 'workflow')) return name === 'onComplete' || name === 'onError';
    return (
      tokens.is(root, 'System') &&
      name === 'getenv' &&
      isLiteral(tokens, at + 2) &&
      tokens.kind(at + 3) === T.closeParen
    );
  }

  #isPlainName(at: number, word: string): boolean {
    const tokens = this.#tokens;
    if (PLAIN_TYPES.has(word)) return this.#isType(at);
    if (word === 'as') return PLAIN_TYPES.has(tokens.source(at + 1));
    if (PLAIN_KEYWORDS.has(word)) return true;
    if (isKeyword(word)) return false;
    // A map may have a closure under the name of an operator.
    if (this.#isKey(at) || this.#isTarget(at)) return !OPERATORS.has(word);
    if (BUILT_IN.has(word)) return false;
    if (PATHS.has(word)) return OPENS_VALUE(tokens.kind(at - 1)) && CLOSES_VALUE(tokens.kind(at + 1));
    if (IS_DOT(tokens.kind(at + 1))) return this.#isPlainRoot(at, word);
    if (tokens.kind(at + 1) === T.openBrace) return this.#isPlainBlock(word);
    if (word === 'env' && this.#isCalled(at)) return this.#isPlainVariable(at + 1);
    if (this.#isCalled(at)) return PLAIN_CALLS.has(word) || this.#names.callable.has(word);
    return this.#isValue(at, word);
  }

  /** `name { … }` */
  #isPlainBlock(word: string): boolean {
    if (this.#isConfig) return !OF_ANY_OBJECT.has(word) && !PLAIN_METHODS.has(word);
    return PLAIN_CALLS.has(word) || this.#names.callable.has(word) || word === 'params' || word === 'output';
  }

  /** `env 'NAME'` and `env('NAME')`: the name says which variable is read. */
  #isPlainVariable(at: number): boolean {
    const isOpen = this.#tokens.kind(at) === T.openParen;
    return (
      isLiteral(this.#tokens, isOpen ? at + 1 : at) && AFTER_NAME(this.#tokens.kind(isOpen ? at + 2 : at + 1))
    );
  }

  /** A type is plain where it declares a name, or converts a value. */
  #isType(at: number): boolean {
    const tokens = this.#tokens;
    return tokens.kind(at + 1) === T.word || tokens.is(at - 1, 'as');
  }

  /** `key: value` */
  #isKey(at: number): boolean {
    const tokens = this.#tokens;
    const before = tokenBefore(tokens, at);
    if (tokens.kind(at + 1) !== T.colon) return false;
    // `a ? b : c`
    if (before >= 0 && tokens.kind(before) === T.question) return false;
    if (before < 0 || BEFORE_KEY(tokens.kind(before)) || isLabel(tokens, at)) return true;
    return tokens.kind(at - 1) === T.word && PLAIN_CALLS.has(tokens.source(at - 1));
  }

  /** `a.b.c = value`, and in a config `a.b { … }`. */
  #isTarget(at: number): boolean {
    const tokens = this.#tokens;
    if (!isStart(tokens, at) && tokens.kind(at - 1) !== T.openBrace) return false;
    let end = at + 1;
    while (tokens.kind(end) === T.dot && tokens.kind(end + 1) === T.word) end += 2;
    const next = tokens.kind(end);
    return next === T.assign || (this.#isConfig && next === T.openBrace);
  }

  /** A word before a dot. */
  #isPlainRoot(at: number, word: string): boolean {
    const member = at + 2;
    if (word === 'Channel' || word === 'channel') return this.#isCalled(member);
    if (word === 'task') return OF_TASK.has(this.#tokens.source(member));
    if (this.#names.callable.has(word)) return this.#tokens.is(member, 'out');
    if (word === 'params' || this.#isValue(at, word)) return true;
    if (word === 'workflow') return PLAIN_METADATA.has(this.#tokens.source(member));
    return (word === 'log' || word === 'System') && this.#isSpecial(member);
  }

  #isValue(at: number, word: string): boolean {
    const tokens = this.#tokens;
    if (GIVEN.has(word) && word !== 'task') return true;
    // A name like that of a class is the class, wherever it is not declared.
    if (this.#names.values.has(word) && !/^[A-Z]/.test(word)) return true;
    // `x | view`, `x | P`
    const [before, after] = [tokenBefore(tokens, at), tokens.afterNewLines(at + 1)];
    const isPiped = [before, after].some(
      (sign) => sign >= 0 && (tokens.is(sign, '|') || tokens.is(sign, '&')),
    );
    if (isPiped && this.#names.callable.has(word)) return true;
    if (before >= 0 && tokens.is(before, '|') && PLAIN_METHODS.has(word)) return true;
    // `emit: name`
    return (
      tokens.kind(at - 1) === T.colon && /^(?:emit|topic|withName|withLabel)$/.test(tokens.source(at - 2))
    );
  }

  /** Reads `include { A; B as C } from './path'`, or `includeConfig './path'`. @returns its end. */
  #include(at: number): number | undefined {
    const tokens = this.#tokens;
    if (tokens.is(at, 'includeConfig')) return this.#isConfig ? this.#path(at + 1) : undefined;
    if (this.#isConfig || tokens.kind(at + 1) !== T.openBrace) return undefined;
    const close = tokens.partner(at + 1);
    if (!tokens.is(close + 1, 'from')) return undefined;
    for (let index = at + 2; index < close; index++) if (!IN_LIST(tokens.kind(index))) return undefined;
    return this.#path(close + 2);
  }

  /** Reads a path that is the last thing of its statement. */
  #path(at: number): number | undefined {
    const tokens = this.#tokens;
    const isText = tokens.kind(at) === T.openText;
    if (!isText && tokens.kind(at) !== T.string) return undefined;
    const end = isText ? tokens.partner(at) + 1 : at + 1;
    if (!ENDS(tokens.kind(end))) return undefined;
    const content = tokens.text.slice(tokens.start(at), tokens.end(end - 1));
    const path = /^(?:'([^'\\$]*)'|"([^"\\]*)")$/.exec(content);
    if (path === null) return undefined;
    this.#includes.push(path[1] ?? path[2] ?? '');
    return end;
  }

  /** The index of the opening brace of a unit. */
  #afterName(at: number): number | undefined {
    return unitAt(this.#tokens, at)?.brace;
  }

  /** Checks a process up to the body of its tasks. @returns the end of the process. */
  #process(at: number): number | undefined {
    const tokens = this.#tokens;
    const brace = this.#afterName(at) ?? tokens.count;
    const close = Math.min(tokens.partner(brace), tokens.count);
    const body = labelsOf(tokens, brace).find((label) => BODIES.has(tokens.source(label)));
    for (let index = brace + 1; index < close;) {
      if (index === body) return this.#hasParts(index, close) ? undefined : close;
      const isNested = unitAt(tokens, index)?.unit.kind === 'process';
      const next = isNested ? undefined : this.#next(index);
      if (next === undefined) return undefined;
      index = next;
    }
    return close;
  }

  /** Tells whether parts of a process follow its body. */
  #hasParts(from: number, close: number): boolean {
    const tokens = this.#tokens;
    for (let index = from; index < close; index++)
      if (tokens.kind(index + 1) === T.colon && PARTS.has(tokens.source(index))) return true;
    return false;
  }
}

const IN_LIST = isKindOf(T.word, T.newLine, T.semicolon);
const ENDS = isKindOf(T.newLine, T.semicolon, T.closeBrace, T.end);
const AFTER_NAME = isKindOf(T.closeParen, T.comma, T.newLine, T.semicolon, T.closeBrace, T.end);
const isLabel = (tokens: Tokens, at: number): boolean =>
  tokens.kind(at - 1) === T.newLine && isAfterStatement(tokens, at);
/** Tells whether a name is one of a function that every script has, if with other arguments. */
const isTaken = (name: string): boolean =>
  TAKEN.has(name) || OF_ANY_OBJECT.has(name) || /^(?:get|set|is)[A-Z]/.test(name);
