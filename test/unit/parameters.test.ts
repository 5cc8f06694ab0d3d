import assert from 'node:assert/strict';
import fc from 'fast-check';
import { splitWords } from '../../src/core/system/shell-words.ts';
import {
  allParameters,
  codeParameters,
  completeLine,
  lineOf,
  schemaParameters,
} from '../../src/extension/state/parameters.ts';

const SCHEMA = JSON.stringify({
  $defs: {
    input: {
      required: ['input', 'outdir'],
      properties: {
        input: { type: 'string', description: 'Sheet of samples' },
        outdir: { type: 'string', description: 'Directory of results' },
        hidden_one: { type: 'string', hidden: true },
        publish_dir_mode: { enum: ['copy', 'link', 'move files', 3] },
      },
    },
  },
  definitions: { old: { properties: { 'igenomes-base': { type: 'string' }, 'not a name': {} } } },
});

describe('parameters of a pipeline', () => {
  it('are those of its schema, of both forms, with what it says of them', () => {
    const found = schemaParameters(SCHEMA);
    assert.deepEqual(
      found.map(({ name, isRequired }) => [name, isRequired]),
      [
        ['igenomes-base', false],
        ['input', true],
        ['outdir', true],
        ['publish_dir_mode', false],
      ],
    );
    assert.equal(found[1]?.description, 'Sheet of samples');
    assert.deepEqual(found[3]?.values, ['copy', 'link', 'move files']);
  });

  it('are none in a text that is no schema, however it is made', () => {
    const deep = `${'{"$defs":{"a":'.repeat(2000)}1${'}}'.repeat(2000)}`;
    for (const text of ['', '{', 'null', '[]', '{"properties": 1, "$defs": [1, null]}', deep])
      assert.deepEqual(schemaParameters(text), []);
  });

  it('are those that code names or sets, without its values', () => {
    const text = [
      'params.outdir = "results"',
      'params {',
      '    input = null',
      '    genome: String',
      '    depth == 1',
      '}',
      'workflow { log.info "$params.name ${params.size}"; x = other.params.no; params.keySet(); params.containsKey("a") }',
    ].join('\n');
    assert.deepEqual(codeParameters(text), ['outdir', 'name', 'size', 'input', 'genome']);
    const all = allParameters(schemaParameters(SCHEMA), ['outdir', 'b_10', 'b_9']);
    assert.deepEqual(
      all.map(({ name }) => name),
      ['igenomes-base', 'input', 'outdir', 'publish_dir_mode', 'b_9', 'b_10'],
    );
  });

  it('complete the last word of a line, and no other', () => {
    const parameters = schemaParameters(SCHEMA);
    const offers = (line: string): string[] => completeLine(line, parameters).offers.map((one) => one.line);
    assert.equal(offers('').length, 4);
    assert.deepEqual(offers('--o'), ['--outdir ']);
    assert.deepEqual(offers('-resume --in'), ['-resume --input ']);
    // A value is being typed, or one is missing.
    assert.deepEqual(offers('--outdir res'), []);
    assert.ok(!offers('--outdir results ').some((line) => line.includes('--outdir results --outdir')));
    assert.deepEqual(offers('--publish_dir_mode '), [
      '--publish_dir_mode copy ',
      '--publish_dir_mode link ',
      "--publish_dir_mode 'move files' ",
    ]);
    assert.deepEqual(offers('--publish_dir_mode l'), ['--publish_dir_mode link ']);
    assert.equal(completeLine('--o', parameters).isBegun, true);
    assert.equal(completeLine('--outdir', parameters).isBegun, false);
    assert.equal(completeLine('--', parameters).isBegun, false);
    assert.equal(completeLine("--outdir 'my res", parameters).words, undefined);
  });

  it('come back from the line that is shown as the words that they were', () => {
    assert.equal(lineOf(['--outdir', 'my results', '-resume']), "--outdir 'my results' -resume");
    const word = fc.string({ minLength: 1 }).filter((text) => !/[\p{C}\u2028\u2029]/u.test(text));
    fc.assert(
      fc.property(fc.array(word), (words) => {
        assert.deepEqual(splitWords(lineOf(words)), words);
      }),
    );
  });
});
