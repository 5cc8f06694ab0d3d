import assert from 'node:assert/strict';
import fc from 'fast-check';
import { source, strictSource } from '../fixtures/generated-source.ts';
import {
  GROOVY,
  type Parser,
  type Source,
  STRICT,
  usesByParser,
  usesByScanner,
} from '../fixtures/parser-oracles.ts';
import { FORMS } from '../fixtures/source-forms.ts';

// The scanner against the two parsers that Nextflow has: the same uses, at the same places, optional or not in the
// same way, in the same process.

/** @returns what the parser cannot read, and how many uses there are in the rest. */
async function compare(
  parser: Parser,
  sources: readonly Source[],
): Promise<{ refused: readonly Source[]; uses: number }> {
  const answers = await usesByParser(parser, sources);
  const refused: Source[] = [];
  let uses = 0;
  for (const [index, one] of sources.entries()) {
    const expected = answers[index];
    if (expected === undefined || 'error' in expected) {
      refused.push(one);
      continue;
    }
    uses += expected.length;
    assert.deepEqual(usesByScanner(one), expected, `${one.language}:\n${one.text}`);
  }
  return { refused, uses };
}

/** Forms that Groovy reads and the strict syntax does not have: what they contain, and what is wrong with it. */
const NOT_STRICT: readonly (readonly [text: string, reason: string])[] = [
  ['this.secrets', 'no `this`'],
  ['secrets /* a */ .', 'no comment before the dot of a property'],
  ['/a ${secrets.KEY} b/', 'nothing is interpolated between slashes'],
  ['$/a ${', 'no dollar-slashy texts'],
  ['for (', 'no loops'],
  ['while (', 'no loops'],
  ['switch (', 'no switch'],
  ['secrets."${key}"', 'no interpolated name of a property'],
  ['@Foo(', 'no annotations'],
  ['class A {', 'no classes'],
  ['val secrets from', 'no chain of calls without parentheses'],
  ['val x from', 'no chain of calls without parentheses'],
  ['set x, file(y) secrets', 'no chain of calls without parentheses'],
  ['file x into', 'no chain of calls without parentheses'],
  ['tag "${secret ', 'no call without parentheses in a text'],
  ["['KEY'].each { secret it }", 'directives stand in no closure'],
  ["if (secrets.KEY) { secret 'KEY' }", 'directives stand in no condition'],
  ["if (params.x) secret 'KEY'", 'directives stand in no condition'],
  ["secret ['KEY']", 'no index as a directive'],
  ['  """\n  ${secrets.TOKEN}\n  """', 'no script without its label behind other sections'],
  ["process 'quoted name'", 'no text as the name of a process'],
  ["if (secrets.KEY) { includeConfig 'a.config' }", 'configs have no conditions'],
  ['def f(x) { return secrets.KEY + x }\nparams.a', 'configs have no functions'],
];

for (const parser of [GROOVY, STRICT]) {
  const isStrict = parser === STRICT;
  const generated = isStrict ? strictSource : source;

  describe(`what ${parser.title} sees, the scanner sees @nextflow`, () => {
    it('in every form of a use, and in what only looks like one', async () => {
      const { refused } = await compare(parser, FORMS);
      const unexplained = refused.filter(({ text }) => !NOT_STRICT.some(([part]) => text.includes(part)));
      assert.deepEqual(isStrict ? unexplained : refused, []);
      if (!isStrict) return;
      for (const [part, reason] of NOT_STRICT) {
        assert.ok(
          refused.some(({ text }) => text.includes(part)),
          `${reason}, but ${part} is read`,
        );
      }
    });

    it('in 200 generated scripts and configs', async () => {
      const { refused, uses } = await compare(parser, fc.sample(generated, { numRuns: 200, seed: 2 }));
      assert.ok(refused.length < 20, `${refused.length} of the programs cannot be read`);
      assert.ok(uses > 1000, `${uses} uses`);
    });

    it('in 50 of a new seed each time', async () => {
      const seed = Date.now();
      try {
        await compare(parser, fc.sample(generated, { numRuns: 50, seed }));
      } catch (error) {
        throw new Error(`With seed ${seed}: ${error instanceof Error ? error.message : String(error)}`, {
          cause: error,
        });
      }
    });
  });
}

describe('what the two parsers see differently @nextflow', () => {
  // With the strict parser it is the variable `$` divided by a text between slashes and by two variables: nothing
  // that anybody means. The scanner reads it as the text that it is in every other Nextflow.
  it('a dollar-slashy text', async () => {
    const text = 'def f() {\n  def v = $/x$secrets.KEY/y/$\n}\n';
    const sources: Source[] = [{ language: 'script', text }];
    const [byGroovy] = await usesByParser(GROOVY, sources);
    assert.deepEqual(byGroovy, ['2:23 property KEY']);
    assert.deepEqual(usesByScanner(sources[0]!), byGroovy);
    const [strict] = await usesByParser(STRICT, sources);
    assert.deepEqual(strict, []);
  });
});
