/** JSON of the Platform: any field may be missing, unknown or of another type. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Texts, which stay as they are, and whole numbers of which JavaScript would change the last digits. */
const LONG_NUMBERS = /"(?:[^"\\]|\\.)*"|-?\b\d{16,}\b(?![.eE])/g;

/**
 * Parses an answer. Whole numbers of 16 and more digits become texts.
 *
 * @throws SyntaxError if it is no JSON.
 */
export function parseAnswer(text: string): Json {
  return JSON.parse(
    text.replace(LONG_NUMBERS, (found) => (found.startsWith('"') ? found : `"${found}"`)),
  ) as Json;
}

/** An answer without a part that it has to have. */
export class IncompleteAnswer extends Error {
  constructor(readonly part: string) {
    super(`no ${part}`);
  }
}

/** Reads the fields of an object; of anything else, that there are none. */
export class Fields {
  readonly #object: Readonly<Record<string, Json>>;

  constructor(json: Json | undefined) {
    this.#object = json !== null && typeof json === 'object' && !Array.isArray(json) ? (json as never) : {};
  }

  #get(key: string): Json | undefined {
    return Object.hasOwn(this.#object, key) ? this.#object[key] : undefined;
  }

  text(key: string): string | null {
    const value = this.#get(key);
    return typeof value === 'string' ? value : null;
  }

  number(key: string): number | null {
    const value = this.#get(key);
    return typeof value === 'number' ? value : null;
  }

  flag(key: string): boolean | null {
    const value = this.#get(key);
    return typeof value === 'boolean' ? value : null;
  }

  /** An id: a text, whatever it is in the answer. */
  id(key: string): string | null {
    const value = this.#get(key);
    if (typeof value === 'number' && Number.isInteger(value)) return String(value);
    return typeof value === 'string' && value !== '' ? value : null;
  }

  /** @throws IncompleteAnswer if there is none. */
  ownId(key: string): string {
    const id = this.id(key);
    if (id === null) throw new IncompleteAnswer(key);
    return id;
  }

  texts(key: string): string[] {
    const value = this.#get(key);
    return Array.isArray(value) ? value.filter((one: Json) => typeof one === 'string') : [];
  }

  fields(key: string): Fields {
    return new Fields(this.#get(key));
  }

  /** The objects of a list; none if there is no list. */
  objects(key: string): Fields[] {
    const value = this.#get(key);
    return Array.isArray(value) ? value.map((one: Json) => new Fields(one)) : [];
  }

  /** The same for a list that is always there, empty or not. @throws IncompleteAnswer if there is none. */
  list(key: string): Fields[] {
    if (!Array.isArray(this.#get(key))) throw new IncompleteAnswer(key);
    return this.objects(key);
  }
}
