import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import ts from 'typescript';
import { PROJECT } from '../fixtures/sandbox.ts';

/** Scripts that a person runs in a fresh clone: they install all packages themselves. */
const FIRST = ['scripts/test.mjs', 'scripts/demo.mjs', 'scripts/try.mjs'];

/** Lists the modules that a script imports before it runs, also through others, each with its importer. */
function importsOf(file: string, seen = new Set<string>()): string[] {
  if (seen.has(file)) return [];
  seen.add(file);
  return ts
    .preProcessFile(readFileSync(file, 'utf8'), true, true)
    .importedFiles.flatMap(({ fileName }) =>
      fileName.startsWith('.')
        ? importsOf(join(dirname(file), fileName), seen)
        : [`${relative(PROJECT, file)} imports ${fileName}`],
    );
}

describe('the scripts that a fresh clone is used with', () => {
  for (const script of FIRST)
    it(`${script} imports nothing that has to be installed first`, () => {
      const imports = importsOf(join(PROJECT, script));
      assert.ok(imports.length > 0, 'it imports modules of Node.js');
      assert.deepEqual(
        imports.filter((one) => !one.includes(' imports node:')),
        [],
      );
    });
});
