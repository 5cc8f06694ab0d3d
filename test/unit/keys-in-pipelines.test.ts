import assert from 'node:assert/strict';
import { basename, dirname } from 'node:path';
import { KEY_LOOK } from '../../src/core/diagnostics/key-signs.ts';
import { findLiteralSecrets } from '../../src/core/diagnostics/literal-secrets.ts';
import { companionUse } from '../../src/core/pipeline/companion-files.ts';
import { PLANTED } from '../fixtures/keys-in-pipelines.ts';
import { Dice } from '../fixtures/planted-keys.ts';

const CAPITALS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const SMALL = CAPITALS.toLowerCase();
const ALPHABETS: Readonly<Record<string, string>> = {
  hex: '0123456789abcdef',
  dig: '123456789',
  up: `${CAPITALS}234567`,
  low: SMALL,
  an: `0123456789${SMALL}${CAPITALS}`,
  b64: `0123456789${SMALL}${CAPITALS}+/`,
  url: `0123456789${SMALL}${CAPITALS}-_`,
};
const WORDS = ['Kestrel', 'Mango', 'Lichen', 'Harbor', 'Walnut', 'Tundra'];

interface Text {
  readonly text: string;
  /** Where the secret ones are. */
  readonly keys: readonly (readonly [start: number, end: number])[];
}

/** Fills the places of a text of the table. */
function fill(template: string, seed: number): Text {
  const dice = new Dice(seed);
  const keys: [number, number][] = [];
  let text = '';
  let done = 0;
  for (const match of template.matchAll(/\{(id_)?(uuid|pw|[a-z]+(?:64(?=_))?)_?(\d*)\}/g)) {
    const [whole, isId, kind = '', length] = match;
    text += template.slice(done, match.index);
    const alphabet = ALPHABETS[kind];
    let made: string;
    if (kind === 'uuid') made = dice.uuid();
    else if (kind === 'pw')
      made = `${WORDS[Number(dice.of('012345', 1))] ?? ''}${dice.of('23456789', 2)}${dice.of('!#_', 1)}${dice.of(SMALL, 4)}`;
    else if (alphabet !== undefined) made = dice.of(alphabet, Number(length));
    else continue;
    if (isId === undefined) keys.push([text.length, text.length + made.length]);
    text += made;
    done = match.index + whole.length;
  }
  return { text: text + template.slice(done), keys };
}

/** A key file is told by its first line. */
const beforeKey = (text: string, start: number): number =>
  /(?:PRIVATE KEY(?: BLOCK)?-----(?:\\n|\s)*|Private-Lines: 1\n)$/.test(text.slice(0, start)) ? 120 : 0;

const SEEDS = [1, 2, 3, 4, 5, 6];

describe('A key of the list', () => {
  for (const [kind, file, template] of PLANTED)
    it(`is found: ${kind}, in ${file}`, async () => {
      const use = companionUse(dirname(file), basename(file));
      assert.ok(/\.(?:nf|config)$/.test(file) || use !== undefined, 'the file is read');
      for (const seed of SEEDS) {
        const { text, keys } = fill(template, seed);
        assert.ok(keys.length > 0, text);
        const found = await findLiteralSecrets(text);
        assert.ok(
          found.some(({ offset, endOffset }) =>
            keys.some(([start, end]) => offset < end && endOffset > start - beforeKey(text, start)),
          ),
          text,
        );
        const bytes = Buffer.from(text);
        assert.ok(KEY_LOOK.isIn(bytes, bytes.length, bytes.toString('latin1')), `no sign: ${text}`);
      }
    });
});
