import assert from 'node:assert/strict';
import fc from 'fast-check';
import { FORMS } from '../fixtures/source-forms.ts';
import { source as generated } from '../fixtures/generated-source.ts';
import { type Source, usesByGroovy, usesByScanner } from '../fixtures/groovy-oracle.ts';

// The scanner against Groovy's own parser, as Nextflow 24.10.0 has it: the same uses, at the same places, optional
// or not in the same way, in the same process.

async function compare(sources: readonly Source[]): Promise<{ readable: number; uses: number }> {
  const answers = await usesByGroovy(sources);
  let readable = 0;
  let uses = 0;
  for (const [index, source] of sources.entries()) {
    const expected = answers[index];
    if (expected === undefined || 'error' in expected) continue;
    readable += 1;
    uses += expected.length;
    assert.deepEqual(usesByScanner(source), expected, `${source.language}:\n${source.text}`);
  }
  return { readable, uses };
}

describe('what Groovy’s own parser sees, the scanner sees @nextflow', () => {
  it('in every form of a use, and in what only looks like one', async () => {
    const { readable } = await compare(FORMS);
    assert.equal(readable, FORMS.length, 'each form is Groovy');
  });

  it('in 400 generated scripts and configs', async () => {
    const { readable, uses } = await compare(fc.sample(generated, { numRuns: 400, seed: 2 }));
    assert.ok(readable > 360, `${readable} of the programs are Groovy`);
    assert.ok(uses > 2000, `${uses} uses`);
  });

  it('in 100 of a new seed each time', async () => {
    const seed = Date.now();
    try {
      await compare(fc.sample(generated, { numRuns: 100, seed }));
    } catch (error) {
      throw new Error(`With seed ${seed}: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      });
    }
  });
});
