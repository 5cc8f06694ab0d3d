import assert from 'node:assert/strict';
import fc from 'fast-check';
import { scanSource } from '../../src/core/references/scan-source.ts';
import type { SourceLanguage } from '../../src/core/references/scan.ts';
import { lensReferences, lensProcesses } from '../../src/extension/editor/lens-references.ts';
import { nameRangeAt } from '../../src/extension/editor/name-range.ts';
import { source } from '../fixtures/generated-source.ts';
import { FORMS } from '../fixtures/source-forms.ts';

describe('where lenses stand', () => {
  const cases: [what: string, language: SourceLanguage, text: string, places: string[]][] = [
    ['each directive', 'script', "process A {\n secret 'A_KEY'\n secret 'A_KEY'\n}", ['2 A_KEY', '3 A_KEY']],
    [
      'a directive and its own test, once',
      'script',
      "process A {\n secret secrets.A_KEY ? 'A_KEY' : ''\n script:\n 'x' + secrets.A_KEY\n}",
      ['2 A_KEY'],
    ],
    [
      'several names of a line',
      'script',
      "process A {\n secret 'A_KEY', 'B_KEY'\n}",
      ['2 A_KEY +', '2 B_KEY +'],
    ],
    [
      'the first use in each block',
      'script',
      'workflow {\n x = secrets.A_KEY\n y = secrets.A_KEY\n}\ndef f() {\n secrets.A_KEY + secrets.A_KEY\n}',
      ['2 A_KEY', '6 A_KEY'],
    ],
    [
      'uses outside of blocks, each line',
      'config',
      'params.a = secrets.A_KEY\nparams.b = secrets.A_KEY\n',
      ['1 A_KEY', '2 A_KEY'],
    ],
    [
      'selectors of one block apart',
      'config',
      "process {\n withName: A { secret = ['A_KEY'] }\n withName: B { ext.x = secrets.A_KEY }\n withName: C { ext.x = secrets.A_KEY; ext.y = secrets.A_KEY }\n}",
      ['2 A_KEY', '3 A_KEY', '4 A_KEY'],
    ],
  ];
  for (const [what, language, text, places] of cases) {
    it(`are above ${what}`, () => {
      const found = lensReferences(scanSource(text, language));
      assert.deepEqual(
        found.map(({ reference, shared }) => `${reference.line} ${reference.name}${shared ? ' +' : ''}`),
        places,
      );
    });
  }

  it('are above a process only if it has several names', () => {
    const text =
      "process A {\n secret 'A_KEY'\n secret 'B_KEY'\n}\nprocess B {\n secret 'A_KEY'\n secret 'A_KEY'\n}";
    const found = lensProcesses(scanSource(text, 'script'));
    assert.deepEqual(
      found.map(({ process, references }) => [process.line, references.length]),
      [[1, 2]],
    );
  });
});

describe('the place of a name that is typed', () => {
  const PLAIN = /^\w+$/;

  it('is found at every name that the scanner knows, for all forms', () => {
    let looked = 0;
    for (const { text, language = 'script' } of FORMS) {
      for (const { offset, endOffset, kind } of scanSource(text, language).references) {
        if (!PLAIN.test(text.slice(offset, endOffset))) continue;
        looked += 1;
        const place = nameRangeAt(text, endOffset, language);
        assert.deepEqual([place?.start, place?.end, place?.kind], [offset, endOffset, kind], text);
      }
    }
    assert.ok(looked > 50, String(looked));
  });

  it('is nowhere where the scanner would see no name', () => {
    fc.assert(
      fc.property(source, fc.nat(), ({ text }, number) => {
        const offset = number % (text.length + 1);
        const place = nameRangeAt(text, offset, 'script');
        assert.ok(place === undefined || (place.start <= offset && offset <= place.end));
      }),
      { numRuns: 300 },
    );
  });

  const none: [what: string, text: string][] = [
    ['a comment', 'workflow { // secrets.|\n}'],
    ['a text without interpolation', "workflow { x = 'secrets.|' }"],
    ['something else that is called so', 'workflow { x = params.secrets.| }'],
    ['a local variable of that name', 'workflow { def secrets = [:]\n x = secrets.| }'],
    ['the false branch of nothing', "secret = 1\nprintln '|'"],
    ['a container option', "process A { pod secret: '|' }"],
  ];
  for (const [what, text] of none) {
    it(`is not in ${what}`, () => {
      const offset = text.indexOf('|');
      assert.equal(nameRangeAt(text.replace('|', ''), offset, 'script'), undefined);
    });
  }

  it('is found before a quote or bracket is closed', () => {
    for (const text of [
      "process A {\n secret '|\n}",
      'workflow {\n x = secrets["|\n}',
      'workflow {\n x = "${secrets.|\n}',
    ]) {
      const offset = text.indexOf('|');
      assert.equal(nameRangeAt(text.replace('|', ''), offset, 'script')?.start, offset, text);
    }
  });
});
