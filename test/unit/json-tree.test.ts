import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  formatJson,
  JsonError,
  JsonNumber,
  type JsonTree,
  parseJson,
} from '../../src/core/system/json-tree.ts';

function plain(tree: JsonTree): unknown {
  if (tree instanceof JsonNumber) return Number(tree.text);
  if (Array.isArray(tree)) return tree.map(plain);
  if (tree instanceof Map) return Object.fromEntries(Array.from(tree, ([key, value]) => [key, plain(value)]));
  return tree;
}

describe('JSON trees', () => {
  it('read what JSON.parse reads', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 5 }), (text) => {
        // Infinity aside (1e999 is legal JSON), both must agree.
        assert.deepEqual(plain(parseJson(text)), withoutPrototypeKeys(JSON.parse(text)));
      }),
      { numRuns: 500 },
    );
  });

  it('come back as they were written', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 5 }), (text) => {
        const once = formatJson(parseJson(text));
        assert.equal(formatJson(parseJson(once)), once);
      }),
    );
  });

  it('keep the order of keys and the text of numbers', () => {
    const text = '{\n\t"b": 1.50,\n\t"2": 1e21,\n\t"1": -0,\n\t"__proto__": {},\n\t"constructor": []\n}\n';
    assert.equal(formatJson(parseJson(text)), text);
  });

  const refused: [string, string][] = [
    ['nothing', ''],
    ['a comment', '{} // x'],
    ['a trailing comma', '{"a":1,}'],
    ['two documents', '{} {}'],
    ['a name twice', '{"a":1,"a":1}'],
    ['a name twice by an escape', '{"a":1,"\\u0061":2}'],
    ['a bare word', '{"a":NaN}'],
    ['an open string', '{"a'],
    ['a byte order mark', '\ufeff{}'],
    ['a tower of brackets', '['.repeat(200_000)],
  ];
  for (const [what, text] of refused) {
    it(`refuse ${what}`, () => {
      assert.throws(() => parseJson(text), JsonError);
    });
  }
});

/** `JSON.parse` makes own properties of `__proto__`, and so does Object.fromEntries: nothing to do but copy. */
function withoutPrototypeKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutPrototypeKeys);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withoutPrototypeKeys(inner)]));
}
