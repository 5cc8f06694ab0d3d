import { type Phrase, phrase, verbatim } from './phrase.ts';
import { printable } from './printable.ts';
import { type ParseErrorCode, printParseErrorCode, visit } from 'jsonc-parser';

/**
 * A JSON document with the order of its keys and the text of its numbers. `JSON.parse` keeps neither (`{"b":1,
 * "2":1}` comes back with "2" first), and a sops MAC depends on both.
 */
export type JsonTree = JsonObject | JsonTree[] | JsonNumber | string | boolean | null;
export type JsonObject = Map<string, JsonTree>;

/** A number as it is written in the file. */
export class JsonNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** Makes a {@link JsonObject} from a plain one. */
export function object(members: Record<string, JsonTree>): JsonObject {
  return new Map(Object.entries(members));
}

/** Most levels of a document; a vault has five. A function that walks a document may call itself for each. */
const MAX_DEPTH = 100;

/** An error in a text that should be JSON. */
export class JsonError extends Error {
  constructor(readonly phrase: Phrase) {
    super(String(phrase));
  }
}

/**
 * Parses strict JSON (RFC 8259), except that a name that occurs twice in an object is an error: readers differ in which
 * one they take, and an attacker could use that.
 *
 * @throws JsonError with line and column.
 */
export function parseJson(text: string): JsonTree {
  const open: { add: (value: JsonTree) => void; property?: (name: string, at: Phrase) => void }[] = [];
  let root: JsonTree | undefined;
  const add = (value: JsonTree): void => {
    if (open.length >= MAX_DEPTH)
      throw new JsonError(
        phrase`it is nested too deeply: more than ${MAX_DEPTH} levels of braces and brackets`,
      );
    const parent = open.at(-1);
    if (parent === undefined) root = value;
    else parent.add(value);
  };
  const fail = (what: Phrase, line: number, column: number): never => {
    throw new JsonError(phrase`${what} (line ${line + 1}, column ${column + 1})`);
  };
  try {
    visit(
      text,
      {
        onObjectBegin: () => {
          const object: JsonObject = new Map();
          let key = '';
          add(object);
          open.push({
            add: (value) => object.set(key, value),
            property: (name, at) => {
              if (object.has(name))
                throw new JsonError(phrase`the name "${printable(name)}" occurs twice in one object ${at}`);
              key = name;
            },
          });
        },
        onObjectProperty: (name, ...[, , line, column]) => {
          open.at(-1)?.property?.(name, phrase`(line ${line + 1}, column ${column + 1})`);
        },
        onObjectEnd: () => open.pop(),
        onArrayBegin: () => {
          const array: JsonTree[] = [];
          add(array);
          open.push({ add: (value) => array.push(value) });
        },
        onArrayEnd: () => open.pop(),
        onLiteralValue: (value: string | number | boolean | null, offset, length) => {
          add(typeof value === 'number' ? new JsonNumber(text.slice(offset, offset + length)) : value);
        },
        onError: (code, ...[, , line, column]) => fail(inWords(code), line, column),
      },
      { disallowComments: true, allowTrailingComma: false },
    );
  } catch (error) {
    if (error instanceof RangeError) throw new JsonError(phrase`it is nested too deeply`);
    throw error;
  }
  if (root === undefined) throw new JsonError(phrase`it is empty`);
  return root;
}

const WORDS: Readonly<Partial<Record<ReturnType<typeof printParseErrorCode>, Phrase>>> = {
  InvalidSymbol: phrase`there is something that JSON does not have`,
  PropertyNameExpected: phrase`a name in quotes is missing, or there is a comma too many`,
  ValueExpected: phrase`a value is missing, or there is a comma too many`,
  ColonExpected: phrase`a colon is missing`,
  CommaExpected: phrase`a comma is missing`,
  CloseBraceExpected: phrase`it ends before its last closing brace`,
  CloseBracketExpected: phrase`it ends before its last closing bracket`,
  EndOfFileExpected: phrase`there is something after its end`,
  InvalidCommentToken: phrase`there is a comment, which JSON does not have`,
  UnexpectedEndOfComment: phrase`a comment is not closed`,
  UnexpectedEndOfString: phrase`a text is not closed`,
  InvalidCharacter: phrase`there is a control character`,
};

function inWords(code: ParseErrorCode): Phrase {
  const name = printParseErrorCode(code);
  return WORDS[name] ?? verbatim(name);
}

/** Writes JSON with tabs, as sops does, so that one changed secret is one changed line in git. */
export function formatJson(tree: JsonTree): string {
  return `${format(tree, '\n')}\n`;
}

function format(tree: JsonTree, newline: string): string {
  if (tree instanceof JsonNumber) return tree.text;
  if (tree === null || typeof tree !== 'object') return JSON.stringify(tree);
  const inner = `${newline}\t`;
  if (Array.isArray(tree)) {
    return tree.length === 0
      ? '[]'
      : `[${tree.map((item) => inner + format(item, inner)).join(',')}${newline}]`;
  }
  if (tree.size === 0) return '{}';
  const members = Array.from(
    tree,
    ([key, value]) => `${inner}${JSON.stringify(key)}: ${format(value, inner)}`,
  );
  return `{${members.join(',')}${newline}}`;
}
