import { NO_CALL, type CallState } from './call-state.ts';
import { ValueFlow } from './value-flow.ts';
import type { SourceDiagnostic } from '../scan.ts';
import type { TokenKind, Tokens } from '../tokens.ts';
import { type Findings, noFindings, type TextRange } from './findings.ts';
import { Guards, type Test } from './guards.ts';
import type { Binding, Scope } from './scope.ts';
import { SecretVariables } from './secret-variables.ts';
import { TokenCursor } from './token-cursor.ts';

/** Depth of nesting up to which conditions are understood. Deeper code is read without them. */
const MAX_DEPTH = 150;

/** The result of reading an expression. */
export interface Read {
  /** The test that the expression is, if it is used as a condition. */
  readonly test: Test | undefined;
}

export const NOTHING: Read = { test: undefined };

/** Functions that read a part of the code, from the next token on, and move to the token after it. */
export interface Grammar {
  /** Reads an expression with its conditions. */
  readonly expression: (reading: Reading) => Read;
  /** Reads a list: arguments, elements, `key: value` entries. */
  readonly list: (reading: Reading) => void;
  /** Reads the arguments of a call without parentheses. */
  readonly arguments: (reading: Reading) => void;
  /** Reads a statement that is an expression in both languages: an assignment, a call without parentheses, … */
  readonly expressionStatement: (reading: Reading) => void;
  /** Reads statements up to the end of the code that is read. */
  readonly statements: (reading: Reading) => void;
  /** Reads the rest of code that is nested too deep to be understood. */
  readonly flat: (reading: Reading) => void;

  // The rest is not the same in scripts and configs.

  /** Reads a statement that only one language has, known by its first word. @returns false if it is none. */
  readonly ownKeyword: (reading: Reading, word: string, next: TokenKind) => boolean;
  /** Reads any other statement. */
  readonly otherStatement: (reading: Reading) => void;
  /** Reads `script:`. @returns false if the next word is no label. */
  readonly label: (reading: Reading) => boolean;
  /** Tells whether code between two tokens is passed over, because it is about no secret. */
  readonly passesOver: (reading: Reading, from: number, to: number) => boolean;
}

/** The reading of one text: a position in it, what is known there, and what was found before. */
export class Reading {
  readonly grammar: Grammar;
  readonly tokens: Tokens;
  readonly cursor: TokenCursor;
  readonly found: Findings = noFindings();
  guards = new Guards();
  /** Variables that functions see, and code outside of processes and workflows. */
  readonly globals: Binding = { hasSecrets: false };
  scope: Scope;
  /** Local variables that are secrets. */
  variables = new SecretVariables();
  /** Follows the values of secrets. */
  readonly flow: ValueFlow;
  readonly call: CallState = { ...NO_CALL };
  /** The result of the last expression of a statement. */
  lastRead: Read = NOTHING;
  /** True if the label `shell` was the last one. */
  isShell = false;
  /** True if the text names Nextflow's own class of secrets; undefined as long as nobody asked. */
  hasLoader: boolean | undefined;
  /** True if the processes of the script are typed; undefined as long as nobody asked. */
  isTyped: boolean | undefined;
  /** True if all code is read, even if it is about no secret by itself. */
  readonly isWhole: boolean;
  hasPassedOver = false;
  #depth = 0;

  /** @param path - the blocks of another config that include this one. */
  constructor(tokens: Tokens, grammar: Grammar, { path = [], isWhole = true }: ReadingOptions = {}) {
    this.grammar = grammar;
    this.tokens = tokens;
    this.cursor = new TokenCursor(tokens);
    this.flow = new ValueFlow(tokens.text);
    this.isWhole = isWhole;
    this.scope = {
      process: null,
      section: undefined,
      isBody: false,
      definition: undefined,
      isConditional: false,
      isShadowed: false,
      binding: this.globals,
      isType: false,
      sink: undefined,
      names: undefined,
      callEnd: undefined,
      path,
      isClosure: false,
    };
  }

  /** Reads the whole text. Works only once. */
  readAll(): Findings {
    readBlock(this);
    this.variables.settle();
    for (const { reference, sink, range, through } of this.flow.faults()) {
      const { code, setting, into } = sink;
      const { name } = reference;
      const { offset, endOffset } = range;
      this.found.diagnostics.push({ code, name, offset, endOffset, setting, into, through });
    }
    return this.found;
  }

  /** True if code was passed over that values of secrets may get into: findings may lack something. */
  get isPartial(): boolean {
    return this.hasPassedOver && this.flow.isCarried;
  }

  /** Reads the code between a bracket and its partner, and moves to the token after it. */
  within(open: number, read: (reading: Reading) => void): void {
    const limit = this.cursor.enter(open);
    this.deeper(read, undefined);
    this.cursor.leave(limit);
  }

  /** Reads code that may contain code of its own kind. @returns the result, or `otherwise` if it is nested too deep. */
  deeper<R>(read: (reading: Reading) => R, otherwise: R): R {
    if (this.#depth >= MAX_DEPTH) {
      this.grammar.flat(this);
      return otherwise;
    }
    this.#depth += 1;
    const result = read(this);
    this.#depth -= 1;
    return result;
  }

  /** Reads code with changes to the scope, and undoes them after it. */
  scoped(changes: Partial<Scope>, read: (reading: Reading) => void): void {
    const outer = this.scope;
    this.scope = Object.assign({ ...outer }, changes);
    read(this);
    this.scope = outer;
  }

  guardedBy(test: Test | undefined, holds: boolean, read: (reading: Reading) => void): void {
    const undo = this.guards.push(test, holds);
    read(this);
    undo();
  }

  /** The profile that the code belongs to, in a config. */
  get profile(): string | null {
    const { path } = this.scope;
    return path[0] === 'profiles' ? (path[1] ?? null) : null;
  }

  /** Notes a mistake. */
  diagnose(code: SourceDiagnostic['code'], { name, offset, endOffset }: FoundMistake): void {
    this.found.diagnostics.push({ code, name, offset, endOffset });
  }
}

interface FoundMistake extends TextRange {
  readonly name: string | null;
}

interface ReadingOptions {
  readonly path?: readonly string[];
  readonly isWhole?: boolean;
}

/** Reads a block. Its variables end with it. */
export function readBlock(reading: Reading): void {
  reading.variables.block(() => {
    reading.grammar.statements(reading);
  });
}

export const readList = (reading: Reading): void => {
  reading.grammar.list(reading);
};

/** Reads an expression whose test does not matter. */
export const readExpression = (reading: Reading): void => {
  reading.grammar.expression(reading);
};
