/**
 * The context of a character in a shell's text: code, double or single quotes, a here-document that the shell expands,
 * a comment, or unknown.
 */
export type ShellContext = 'code' | 'double' | 'single' | 'here' | 'comment' | 'other';

/** A variable that the shell expands. Indices are those of the characters. */
export interface ShellVariable {
  readonly name: string;
  /** Range of the name alone. */
  readonly from: number;
  readonly to: number;
  readonly braced: boolean;
  /** The sign after the name in braces, such as `:-`; `#` or `!` if that is before the name; empty if there is none. */
  readonly operator: string;
}

export interface ShellReading {
  /** For each character its context. Quotes belong to the context outside of them. */
  readonly contexts: readonly ShellContext[];
  readonly variables: readonly ShellVariable[];
}

/** Character in place of unknown text: an interpolation of Groovy. */
export const HOLE = '\ufffc';

type Frame =
  | { readonly kind: 'code'; readonly inParens: boolean; depth: number }
  | { readonly kind: 'arithmetic'; depth: number }
  | { readonly kind: 'double' | 'single' | 'here' | 'comment' | 'ansi' | 'backtick' | 'braces' | 'lost' };

interface HereDocument {
  readonly delimiter: string;
  readonly isQuoted: boolean;
}

/**
 * Reads the quotes of a bash script. If it is not sure (backticks, arithmetic, the insides of `${…}`, `case` in a
 * substitution, a here-document without end), the context is `other`.
 *
 * @param start - the context of the text itself.
 */
export function readShell(text: string, start: ShellContext = 'code'): ShellReading {
  return new ShellReader(text, start).read();
}

class ShellReader {
  readonly #text: string;
  readonly #contexts: ShellContext[] = [];
  readonly #variables: ShellVariable[] = [];
  readonly #frames: Frame[];
  #hereDocuments: HereDocument[] = [];
  #at = 0;

  constructor(text: string, start: ShellContext) {
    this.#text = text;
    const outer: Frame = { kind: 'code', inParens: false, depth: 0 };
    this.#frames =
      start === 'code' ? [outer] : start === 'other' ? [{ kind: 'lost' }] : [outer, { kind: start }];
  }

  read(): ShellReading {
    this.#until(this.#text.length);
    return { contexts: this.#contexts, variables: this.#variables };
  }

  #until(end: number): void {
    while (this.#at < end) this.#next();
  }

  #context(): ShellContext {
    let context: ShellContext = 'code';
    for (const { kind } of this.#frames) {
      if (
        kind === 'ansi' ||
        kind === 'backtick' ||
        kind === 'braces' ||
        kind === 'arithmetic' ||
        kind === 'lost'
      )
        return 'other';
      context = kind;
    }
    return context;
  }

  /** Moves on by some characters, which all have the same context. */
  #pass(count = 1): void {
    const context = this.#context();
    for (let i = 0; i < count && this.#at < this.#text.length; i++) {
      this.#contexts.push(context);
      this.#at += 1;
    }
  }

  #push(frame: Frame, length = 1): void {
    this.#pass(length);
    this.#frames.push(frame);
  }

  /** Leaves a context. The closing sign belongs to the context outside, like the opening one. */
  #pop(length = 1): void {
    const context = this.#context();
    this.#frames.pop();
    for (let i = 0; i < length; i++) this.#contexts.push(context);
    this.#at += length;
  }

  #next(): void {
    const frame = this.#frames.at(-1);
    const sign = this.#text[this.#at] ?? '';
    switch (frame?.kind) {
      case 'code':
        this.#code(frame, sign);
        return;
      case 'double':
        if (sign === '"') this.#pop();
        else this.#expanded(sign);
        return;
      case 'here':
        this.#expanded(sign);
        return;
      case 'single':
        if (sign === "'") this.#pop();
        else this.#pass();
        return;
      case 'comment':
        if (sign === '\n') this.#frames.pop();
        else this.#pass();
        return;
      case 'ansi':
      case 'backtick':
        if (sign === '\\') this.#pass(2);
        else if (sign === (frame.kind === 'ansi' ? "'" : '`')) this.#pop();
        else if (sign === '$' && frame.kind === 'backtick') this.#dollar();
        else this.#pass();
        return;
      case 'braces':
        this.#inBraces(sign);
        return;
      case 'arithmetic':
        if (sign === '(') frame.depth += 1;
        if (sign === ')') frame.depth -= 1;
        if (frame.depth === 0) this.#pop();
        else if (sign === '$') this.#dollar();
        else this.#pass();
        return;
      case 'lost':
      case undefined:
        this.#pass();
    }
  }

  #code(frame: Extract<Frame, { kind: 'code' }>, sign: string): void {
    const before = this.#at === 0 ? '\n' : (this.#text[this.#at - 1] ?? '');
    const startsWord = /[\s;|&()]/.test(before);
    if (sign === '\\') this.#pass(2);
    else if (sign === "'") this.#push({ kind: 'single' });
    else if (sign === '"') this.#push({ kind: 'double' });
    else if (sign === '`') this.#push({ kind: 'backtick' });
    else if (sign === '#' && startsWord) this.#push({ kind: 'comment' });
    else if (sign === '$') this.#dollar();
    else if (sign === '<' && /^<<[^<]/.test(this.#text.slice(this.#at, this.#at + 3)) && before !== '<')
      this.#hereDocument();
    else if (sign === '\n') this.#newLine();
    else if (frame.inParens && sign === '(') {
      frame.depth += 1;
      this.#pass();
    } else if (frame.inParens && sign === ')') {
      if (frame.depth === 0) this.#pop();
      else {
        frame.depth -= 1;
        this.#pass();
      }
    } else if (frame.inParens && startsWord && /^case\s/.test(this.#text.slice(this.#at, this.#at + 5))) {
      // Its patterns end with parentheses that nothing opens.
      this.#frames.push({ kind: 'lost' });
    } else {
      this.#pass();
    }
  }

  /** Reads a sign in double quotes or a here-document. */
  #expanded(sign: string): void {
    if (sign === '\\') this.#pass(2);
    else if (sign === '`') this.#push({ kind: 'backtick' });
    else if (sign === '$') this.#dollar();
    else this.#pass();
  }

  #inBraces(sign: string): void {
    const isQuoted = this.#frames.some(({ kind }) => kind === 'double' || kind === 'here');
    if (sign === '}') this.#pop();
    else if (sign === '"') this.#push({ kind: 'double' });
    else if (sign === "'" && !isQuoted) this.#push({ kind: 'single' });
    else this.#expanded(sign);
  }

  #dollar(): void {
    const rest = this.#text.slice(this.#at, this.#at + 130);
    const inQuotes = this.#context() !== 'code';
    if (rest.startsWith('$((')) {
      this.#push({ kind: 'arithmetic', depth: 2 }, 3);
    } else if (rest.startsWith('$(')) {
      this.#push({ kind: 'code', inParens: true, depth: 0 }, 2);
    } else if (rest.startsWith("$'") && !inQuotes) {
      this.#push({ kind: 'ansi' }, 2);
    } else if (rest.startsWith('${')) {
      const [, prefix = '', name, operator = ''] =
        /^\$\{([#!]?)([A-Za-z_][A-Za-z0-9_]*)(:?[^\w\s}]?)/.exec(rest) ?? [];
      if (name !== undefined) this.#variable(name, 2 + prefix.length, prefix === '' ? operator : prefix);
      this.#push({ kind: 'braces' }, 2);
    } else {
      const name = /^\$([A-Za-z_][A-Za-z0-9_]*)/.exec(rest)?.[1];
      if (name !== undefined) this.#variable(name, 1, undefined);
      this.#pass(1 + (name?.length ?? 0));
    }
  }

  #variable(name: string, before: number, operator: string | undefined): void {
    const from = this.#at + before;
    const to = from + name.length;
    this.#variables.push({ name, from, to, braced: operator !== undefined, operator: operator ?? '' });
  }

  #hereDocument(): void {
    const found = /^<<-?[ \t]*((?:'[^'\n]*'|"[^"\n]*"|\\.|[^\s;|&()<>'"\\])+)/s.exec(
      this.#text.slice(this.#at),
    );
    const word = found?.[1];
    if (found === null || word === undefined || word.includes(HOLE)) {
      this.#frames.push({ kind: 'lost' });
      return;
    }
    const delimiter = word.replace(/'([^']*)'|"([^"]*)"|\\(.)/gs, '$1$2$3');
    this.#hereDocuments.push({ delimiter, isQuoted: delimiter !== word });
    this.#pass(found[0].length);
  }

  #newLine(): void {
    this.#pass();
    for (const { delimiter, isQuoted } of this.#hereDocuments.splice(0)) {
      const end = this.#endOfHereDocument(delimiter);
      this.#frames.push({ kind: end === undefined || isQuoted ? 'lost' : 'here' });
      const frames = this.#frames.length;
      this.#until(end ?? this.#text.length);
      if (end === undefined) return;
      // A context that is left open in it ends with it.
      this.#frames.length = frames - 1;
      const line = this.#text.indexOf('\n', end);
      this.#pass((line < 0 ? this.#text.length : line + 1) - end);
    }
  }

  /** The offset of the line with the delimiter. Nextflow removes the indentation that all lines have. */
  #endOfHereDocument(delimiter: string): number | undefined {
    let at = this.#at;
    while (at < this.#text.length) {
      const end = this.#text.indexOf('\n', at);
      const line = this.#text.slice(at, end < 0 ? undefined : end);
      if (line.trim() === delimiter) return at;
      if (end < 0) return undefined;
      at = end + 1;
    }
    return undefined;
  }
}
