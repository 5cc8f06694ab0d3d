import { isKindOf, TokenKind as T } from '../tokens.ts';
import { callSink, chainSink, HANDS_ON, LOOKS_AT, shiftSink, STORES } from './calls.ts';
import type { Sink } from './scope.ts';
import { UseReader } from './use-reader.ts';

const IS_ASSIGNMENT = isKindOf(T.assign, T.assignWith);
const ENDS_PARAMETER = isKindOf(T.comma, T.assign, T.end, T.closeParen, T.arrow, T.newLine, T.colon);

/** A variable, or a field of it, that gets the value after `=`. */
export interface Target {
  readonly name: string;
  readonly field: string | undefined;
  readonly since: number;
}

/** The values of operands with signs between them. */
export interface OperandValues {
  /** Mark after which the values are theirs; `shifted` is the mark of the values after `<<`. */
  readonly mark: number;
  shifted: number | undefined;
  /** True if the result only tells something about the values. */
  isComparison: boolean;
  negations: number;
}

/** Signs that give true or false, or an order. */
const VALUE_TESTS = new Set('== != === !== < > <= >= <=> ==~'.split(' '));

/** Tells the flow of values what operands, calls and closures do with the values. */
export abstract class FlowReader extends UseReader {
  /** Mark after which values belong to the operand that is read. */
  #chain = 0;
  /** Marks around the values that a call is made on. */
  #receiver = { since: 0, until: 0 };
  /** Marks at which the arguments of a call start, if its list is read next. */
  #parts: number[] | undefined;
  /** Mark after which values are piped into the operand that is read next. */
  protected piped: number | undefined;
  /** The variable that gets the closure that is read next. */
  protected closureName: string | undefined;

  /** Reads an operand with all calls on it. */
  protected chained<R>(read: () => R): R {
    const outer = this.#chain;
    this.#chain = this.piped ?? this.flow.mark();
    this.piped = undefined;
    const result = read();
    this.#chain = outer;
    return result;
  }

  /** Notes a variable, or a field of it: `a`, `a.b`, `a['b']`. */
  protected noteVariable(word: number): void {
    const kind = this.kind(word + 1);
    if (kind === T.openParen || kind === T.colon) return;
    const { field } = this.#fieldBehind(word);
    this.flow.variable(this.tokens.source(word), this.place(word), field, this.scope.sink);
  }

  #fieldBehind(word: number): { readonly field: string | undefined; readonly end: number } {
    const kind = this.kind(word + 1);
    const inside = word + 2;
    if ((kind === T.dot || kind === T.safeDot) && this.kind(inside) === T.word) {
      const behind = this.kind(inside + 1);
      const isCall = behind === T.openParen || behind === T.openBrace;
      if (!isCall) return { field: this.tokens.source(inside), end: inside + 1 };
    }
    if (kind === T.openBracket && this.kind(inside) === T.string) {
      return { field: this.tokens.constant(inside), end: this.tokens.partner(word + 1) + 1 };
    }
    return { field: undefined, end: word + 1 };
  }

  /** Notes the name of a member. Some members only look at the value before them. */
  protected noteMember(): void {
    if (LOOKS_AT.has(this.tokens.source(this.at))) this.flow.lookedAt(this.#chain);
  }

  /** The variable before a `=` that is read next. */
  protected targetOf(start: number): Target | undefined {
    const since = this.flow.mark();
    if (this.kind(start) !== T.word || !IS_ASSIGNMENT(this.kind())) return undefined;
    return { name: this.tokens.source(start), field: this.#fieldBehind(start).field, since };
  }

  /** Tells whether `x.text` is before a `=`: the content of a file. */
  protected isContentOfFile(): boolean {
    const isText = this.tokens.is(this.at - 1, 'text') || this.tokens.is(this.at - 1, 'bytes');
    return isText && this.tokens.kind(this.at - 2) === T.dot;
  }

  protected assignAll(targets: readonly Target[]): void {
    for (const { name, field, since } of targets) this.flow.assign(name, field, since);
  }

  // Signs

  /** Notes `a | view`, `a << b`, `a == b`. */
  protected noteSign(values: OperandValues): void {
    const sign = this.tokens.source(this.at);
    // The lexer gives `<<` and `>>` as two tokens.
    const isDouble =
      this.tokens.is(this.at + 1, sign) && this.tokens.end(this.at) === this.tokens.start(this.at + 1);
    if (isDouble && sign === '<') values.shifted ??= this.flow.mark();
    else if (!isDouble && VALUE_TESTS.has(sign)) values.isComparison = true;
    else if (sign === '|') this.#notePipe(values.mark);
  }

  #notePipe(since: number): void {
    const next = this.behindNewLines(this.at + 1);
    const name = this.kind(next) === T.word ? this.tokens.source(next) : '';
    this.piped = since;
    if (name === '' || this.kind(next + 1) === T.openBrace) return;
    const sink = chainSink(name);
    if (sink !== undefined) this.flow.shown(since, sink);
    else this.flow.call(name, [since]);
  }

  /** Decides where the operands' values go together. @param from - the first of their tokens. */
  protected settleValues({ mark, shifted, isComparison, negations }: OperandValues, from: number): void {
    if (isComparison || negations > 0) {
      this.flow.lookedAt(mark);
    } else if (shifted !== undefined) {
      const first = this.tokens.source(from);
      const sink = shiftSink(first);
      if (sink !== undefined) this.flow.shown(shifted, sink);
      else if (this.tokens.kind(from) === T.word) this.flow.assign(first, undefined, shifted);
    }
  }

  // Calls

  /** Reads the arguments of a call. Its name is the token before the next one. It gives no names of secrets. */
  protected inCall(from: number, read: () => void): void {
    // Without `scoped`, because there are many calls.
    const { scope, flow } = this;
    const { names, sink } = scope;
    const word = this.at - 1;
    const isNamed = word >= from && this.tokens.kind(word) === T.word;
    const name = isNamed ? this.tokens.source(word) : '';
    this.#beforeCall(name);
    const receiver = this.#receiver;
    const parts: number[] = [];
    this.#receiver = { since: this.#chain, until: flow.mark() };
    this.#parts = parts;
    scope.names = undefined;
    scope.sink = this.#sinkOf(name, word, from) ?? sink;
    read();
    scope.names = names;
    scope.sink = sink;
    this.#parts = undefined;
    const { until } = this.#receiver;
    this.#receiver = receiver;
    if (isNamed) this.#behindCall(word, from, until, parts);
  }

  #sinkOf(name: string, word: number, from: number): Sink | undefined {
    const isOfLog = word - 2 >= from && this.tokens.is(word - 2, 'log');
    return callSink(name, isOfLog, this.tokens.source(from));
  }

  /** Notes `.view()`, which shows the value it is called on, and `.set { x }`. */
  #beforeCall(name: string): void {
    const isBlock = this.kind() === T.openBrace;
    const hasClosure = isBlock || (this.kind() === T.openParen && this.kind(this.at + 1) === T.openBrace);
    const shown = hasClosure ? undefined : chainSink(name);
    if (shown !== undefined) this.flow.shown(this.#chain, shown);
    const isSet = (name === 'set' || name === 'tap') && isBlock && this.kind(this.at + 1) === T.word;
    if (isSet) this.flow.assign(this.tokens.source(this.at + 1), undefined, this.#chain);
  }

  #behindCall(word: number, from: number, since: number, parts: readonly number[]): void {
    const { flow } = this;
    const name = this.tokens.source(word);
    const isMember = word > from;
    if (isMember && STORES.has(name) && this.tokens.kind(from) === T.word) {
      flow.assign(this.tokens.source(from), undefined, since);
    }
    if (!isMember) flow.call(name, parts);
    if (!HANDS_ON.has(name)) flow.forget(since);
    if (!isMember) flow.result(name, this.place(word), this.scope.sink);
  }

  /** The list for the marks of the arguments, if the list that is read belongs to a call. Works only once. */
  protected partsOfCall(): number[] | undefined {
    const parts = this.#parts;
    this.#parts = undefined;
    return parts;
  }

  /** Reads a closure. It gets the value that the call around it is made on. @param arrow - after its parameters. */
  protected closureOf(open: number, arrow: number | undefined, read: () => void): void {
    const name = this.closureName;
    const receiver = this.#receiver;
    this.closureName = undefined;
    this.#parts = undefined;
    const names = arrow === undefined ? ['it'] : this.namesBetween(open, arrow);
    this.flow.scoped(() => {
      if (name === undefined) this.flow.parameters(names, receiver.since, receiver.until);
      else
        this.flow.definition(
          name,
          names.map((one) => [one]),
        );
      this.#receiver = { since: 0, until: 0 };
      read();
      this.#receiver = receiver;
    });
  }

  /** The function that is read. */
  #function: string | undefined;

  /** Reads a function. It returns the values of its last statement. */
  protected inFunction(name: string, parameters: readonly string[], read: () => void): void {
    const outer = this.#function;
    const mark = this.flow.mark();
    this.#function = name;
    this.flow.scoped(() => {
      this.flow.definition(
        name,
        parameters.map((one) => [one]),
      );
      read();
    });
    this.noteReturned(mark);
    this.flow.forget(mark);
    this.#function = outer;
  }

  protected noteReturned(since: number): void {
    if (this.#function !== undefined) this.flow.returned(this.#function, since);
  }

  /** The names in a list of parameters: the words right before a comma, a default or the end. */
  protected namesBetween(open: number, close: number): string[] {
    const names: string[] = [];
    for (let index = open + 1; index < close; index++) {
      const partner = this.tokens.partner(index);
      const next = index + 1 < close ? this.tokens.kind(index + 1) : T.end;
      if (partner > index && this.tokens.kind(index) !== T.openParen) index = partner;
      else if (this.tokens.kind(index) === T.word && ENDS_PARAMETER(next))
        names.push(this.tokens.source(index));
    }
    return names;
  }
}
