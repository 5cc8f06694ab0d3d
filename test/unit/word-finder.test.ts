import assert from 'node:assert/strict';
import fc from 'fast-check';
import { COMMAND_SIGN } from '../../src/core/diagnostics/keys/command-keys.ts';
import { KEY_LOOK, KEY_SIGN } from '../../src/core/diagnostics/key-signs.ts';
import { keyWords, signsIn } from '../../src/core/diagnostics/keys/key-words.ts';
import { SHAPE_SIGN } from '../../src/core/diagnostics/keys/shapes.ts';
import { WordFinder } from '../../src/core/system/word-finder.ts';

/** Texts that a pattern matches. */
const matching = (source: string): fc.Arbitrary<string> => fc.stringMatching(new RegExp(`^(?:${source})$`));
const anything = fc.string({ unit: 'binary', maxLength: 40 });

describe('A finder of words', () => {
  it('finds each word wherever it is and in any case', () => {
    const words = fc.array(fc.stringMatching(/^[ -~]{4,12}$/), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(
        words,
        fc.nat(),
        fc.uint8Array(),
        fc.uint8Array(),
        fc.boolean(),
        (all, pick, a, b, isUpper) => {
          const word = all[pick % all.length] ?? '';
          const bytes = Buffer.concat([a, Buffer.from(isUpper ? word.toUpperCase() : word), b]);
          const finder = new WordFinder(all);
          assert.ok(finder.isIn(bytes, a.length + word.length));
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('finds none in text without them', () => {
    const finder = new WordFinder(keyWords());
    const text = Buffer.from(
      "process ALIGN {\n  cpus 4\n  script:\n  '''\n  bwa mem $reads > a.sam\n  '''\n}\n",
    );
    assert.ok(!finder.isIn(text, text.length));
    assert.ok(!finder.isIn(Buffer.alloc(0), 0));
    // Only the first bytes count: others are of a file that was read before.
    assert.ok(!finder.isIn(Buffer.from('bwa token'), 8));
  });

  it('refuses words that are too short for it', () => {
    assert.throws(() => new WordFinder(['key']), RangeError);
  });

  it('finds a word in each text that a search of keys begins with', () => {
    const property = (source: string, isFound: (text: string) => boolean): void => {
      fc.assert(
        fc.property(anything, matching(source), anything, (before, sign, after) => {
          assert.ok(isFound(before + sign + after), sign);
        }),
        { numRuns: 4000 },
      );
    };
    property(SHAPE_SIGN, (text) => signsIn(text).ofShape);
    property(COMMAND_SIGN, (text) => signsIn(text).ofCommand);
    const words = new WordFinder(KEY_LOOK.words());
    property(KEY_SIGN, (text) => {
      const bytes = Buffer.from(text);
      // A text with a `@` is looked at whole.
      return words.isIn(bytes, bytes.length) || bytes.includes('@');
    });
  });
});
