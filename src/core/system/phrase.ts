/** Argument of a sentence: text that is the same in every language, a number, another sentence. */
export type PhraseArgument = string | number | Phrase;

/** Fills the arguments into a template, in some language. */
export type Wording = (template: string, args: readonly (string | number)[]) => string;

/**
 * A sentence for a person, as data: English with `{0}`, `{1}` … for its arguments. A shell words it in the person's
 * language; as a string it is English.
 */
export class Phrase {
  readonly template: string;
  readonly args: readonly PhraseArgument[];

  constructor(template: string, args: readonly PhraseArgument[]) {
    this.template = template;
    this.args = args;
  }

  in(wording: Wording): string {
    return wording(
      this.template,
      this.args.map((arg) => (arg instanceof Phrase ? arg.in(wording) : arg)),
    );
  }

  toString(): string {
    return this.in(inEnglish);
  }

  toJSON(): string {
    return this.toString();
  }
}

const inEnglish: Wording = (template, args) =>
  template.replace(/\{(\d+)\}/g, (all, index: string) => String(args[Number(index)] ?? all));

/**
 * The tag of every sentence in the core: `` phrase`Cannot read ${path}.` ``. A line break in the source counts as a
 * space. `npm run l10n` collects these for translators.
 */
export function phrase(parts: TemplateStringsArray, ...args: readonly PhraseArgument[]): Phrase {
  const template = parts.map((part, index) => (index === 0 ? part : `{${index - 1}}${part}`)).join('');
  return new Phrase(template.replace(/\s*\n\s*/g, ' '), args);
}

/** Joins several sentences or things in a row. */
export function joined(items: readonly PhraseArgument[], separator = ', '): Phrase {
  return new Phrase(items.map((_, index) => `{${index}}`).join(separator), items);
}

class Clause extends Phrase {
  override in(wording: Wording): string {
    return super.in(wording).replace(/\.$/, '');
  }
}

/** A sentence without its full stop, for use within another one. */
export const clause = (sentence: Phrase): Phrase => new Clause(sentence.template, sentence.args);

/** A line that belongs to the one before it. */
export const detail = (line: PhraseArgument): Phrase => new Phrase('  {0}', [line]);

/** Words that no shell translates: those of another program, or of a person. */
export const verbatim = (words: string): Phrase => new Phrase('{0}', [words]);
