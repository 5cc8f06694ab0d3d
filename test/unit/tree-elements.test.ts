import assert from 'node:assert/strict';
import fc from 'fast-check';
import { TreeElements } from '../../src/extension/tree-elements.ts';

interface Node {
  readonly name: string;
  readonly text: string;
  readonly below: readonly Node[];
}

const elements = (): TreeElements<Node> =>
  new TreeElements<Node>({
    id: ({ name }) => name,
    children: ({ below }) => below,
    shown: ({ text }) => text,
  });
const node = (name: string, text = '', below: readonly Node[] = []): Node => ({ name, text, below });

const BEFORE = [node('a', '', [node('a1'), node('a2')]), node('b', '', [node('b1')])];

describe('the elements of a tree view', () => {
  const cases: [string, readonly Node[], readonly string[] | undefined][] = [
    ['nothing, for the same picture', structuredClone(BEFORE), []],
    [
      'the row that has changed, and not its neighbours',
      [node('a', '', [node('a1'), node('a2', 'new')]), node('b', '', [node('b1')])],
      ['a2'],
    ],
    [
      'the root that has a row more',
      [node('a', '', [node('a1'), node('a2')]), node('b', '', [node('b1'), node('b2')])],
      ['b'],
    ],
    ['the root that lost its last row', [node('a', '', [node('a1'), node('a2')]), node('b')], ['b']],
    [
      'the root whose rows changed places',
      [node('a', '', [node('a2'), node('a1')]), node('b', '', [node('b1')])],
      ['a'],
    ],
    [
      'a root that says something else, once',
      [node('a', 'new', [node('a1', 'new'), node('a2')]), node('b', '', [node('b1')])],
      ['a'],
    ],
    ['everything, for another root', [...BEFORE, node('c')], undefined],
    ['everything, for a root less', BEFORE.slice(1), undefined],
  ];
  for (const [what, after, expected] of cases) {
    it(`have to be drawn anew: ${what}`, () => {
      const tree = elements();
      tree.update(BEFORE);
      assert.deepEqual(
        tree.update(after)?.map(({ name }) => name),
        expected,
      );
    });
  }

  it('are the same objects as long as they stand for the same, with what is known last', () => {
    const texts = fc.constantFrom('', 'x', 'y');
    const rows = (prefix: string): fc.Arbitrary<Node[]> =>
      fc
        .uniqueArray(fc.record({ name: fc.constantFrom('1', '2', '3'), text: texts }), {
          selector: ({ name }) => name,
        })
        .map((all) => all.map(({ name, text }) => node(`${prefix}${name}`, text)));
    const picture = fc
      .subarray(['a', 'b', 'c'])
      .chain((names) =>
        fc.tuple(
          ...names.map((name) => fc.tuple(texts, rows(name)).map(([text, below]) => node(name, text, below))),
        ),
      );
    fc.assert(
      fc.property(fc.array(picture, { minLength: 1 }), (pictures) => {
        const tree = elements();
        const shown = new Map<Node, string>();
        const flat = (): Node[] => tree.roots.flatMap((root) => [root, ...tree.children(root)]);
        let before = new Map<string, Node>();
        for (const roots of pictures) {
          const changed = tree.update(roots);
          // What VS Code would do: ask again for what it is told of, and below.
          const stale = changed ?? flat();
          for (const one of stale)
            for (const each of [one, ...tree.children(one)]) shown.set(each, each.text);
          assert.deepEqual(
            flat().map(({ name, text }) => [name, text]),
            roots.flatMap((root) => [root, ...root.below]).map(({ name, text }) => [name, text]),
          );
          for (const one of flat()) {
            assert.equal(shown.get(one), one.text, 'nothing is shown that is no longer so');
            const was = before.get(one.name);
            if (was !== undefined) assert.equal(one, was);
          }
          before = new Map(flat().map((one) => [one.name, one]));
        }
      }),
    );
  });
});
