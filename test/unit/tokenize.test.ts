import assert from 'node:assert/strict';
import fc from 'fast-check';
import { tokenize, tokenizeTemplate } from '../../src/core/references/tokenize.ts';
import { TokenKind, type Tokens } from '../../src/core/references/tokens.ts';
import { source } from '../fixtures/generated-source.ts';

const NAMES = Object.fromEntries(Object.entries(TokenKind).map(([name, kind]) => [kind, name]));

const indices = ({ count }: Tokens): number[] => Array.from({ length: count }, (_, index) => index);

/** The tokens of a text: their kinds, and what is written. */
const written = (tokens: Tokens): string =>
  indices(tokens)
    .map((index) => `${NAMES[tokens.kind(index)] ?? ''}:${tokens.source(index)}`)
    .join(' ');

/** Boundaries that Groovy's own lexer has (`GroovyLexer.g4`). Uses are compared with its parser in test/nextflow. */
const CASES: readonly (readonly [text: string, tokens: string])[] = [
  ['a.b$c _1', 'word:a dot:. word:b$c word:_1'],
  ['é aé aéb ℵ\u0301 a\ud83d\ude00', 'word:é word:aé word:aéb word:ℵ\u0301 word:a\ud83d\ude00'],
  ['\u0301', 'operator:\u0301'],
  [
    '1 2.5 .5 1e-3 0x1f 0x1e-3 1_000L 10.GB',
    'number:1 number:2.5 number:.5 number:1e-3 number:0x1f number:0x1e operator:- number:3 number:1_000L number:10 dot:. word:GB',
  ],
  ['1..2 1..<x', 'number:1 operator:.. number:2 number:1 operator:..< word:x'],
  [
    'a?.b ?: c *.d ??.e::f',
    'word:a safeDot:?. word:b elvis:?: word:c otherDot:*. word:d otherDot:??. word:e otherDot::: word:f',
  ],
  ['x >>>= 1', 'word:x assignWith:>>>= number:1'],
  ['a->b=-1', 'word:a arrow:-> word:b assign:= operator:- number:1'],
  ["'' 'a' 'a\\'b' '''a''' '''a''''", "string:'' string:'a' string:'a\\'b' string:'''a''' string:'''a''''"],
  ["'a\nb", "string:'a newLine:\n word:b"],
  ['"" "a" """a"b""" "$" "\\$a"', 'string:"" string:"a" string:"""a"b""" string:"$" string:"\\$a"'],
  ['"a $b.c."', 'openText:" openPath:$ word:b dot:. word:c closePath: closeText:"'],
  [
    '"${a}b${c}"',
    'openText:" openExpression:${ word:a closeExpression:} openExpression:${ word:c closeExpression:} closeText:"',
  ],
  ['"${{}}"', 'openText:" openExpression:${ openBrace:{ closeBrace:} closeExpression:} closeText:"'],
  ['/a/ b / c / d', 'string:/a/ word:b operator:/ word:c operator:/ word:d'],
  ['x = /a\\/b/', 'word:x assign:= string:/a\\/b/'],
  ['x = / a', 'word:x assign:= operator:/ word:a'],
  ['return /a/', 'word:return string:/a/'],
  ['$/a $$ $/ /$ $x', 'string:$/a $$ $/ /$ word:$x'],
  ['a // b\nc /* d\n */ e', 'word:a newLine:\n word:c word:e'],
  ['#! a\n#', 'newLine:\n operator:#'],
  ['a\r\nb\rc', 'word:a newLine:\n word:b newLine:\r word:c'],
  ['a \\\n b', 'word:a word:b'],
  [
    '(a\nb) [c\nd] {e\n}',
    'openParen:( word:a word:b closeParen:) openBracket:[ word:c word:d closeBracket:] openBrace:{ word:e newLine:\n closeBrace:}',
  ],
  [') ] } (}', 'openParen:( closeParen:'],
  ['{ ( }', 'openBrace:{ openParen:( closeParen: closeBrace:}'],
];

describe('the tokens of a text', () => {
  for (const [text, tokens] of CASES) {
    it(`are what Groovy's are: ${JSON.stringify(text)}`, () => {
      assert.equal(written(tokenize(text)), tokens);
    });
  }

  it('of a template are those of one text', () => {
    assert.equal(
      written(tokenizeTemplate('a "$b" \\$c ${d}')),
      'openText: openPath:$ word:b closePath: openExpression:${ word:d closeExpression:} closeText:',
    );
  });

  it('are in order, and each bracket knows its partner, whatever the text', () => {
    const piece = fc.constantFrom(
      ...'{ } ( ) [ ] " \' """ \'\'\' / $/ /$ ${ $a.b \\ \n \r\n // /* */ ?. .. .5 1e+5 a é \ud83d \u0301'.split(
        ' ',
      ),
    );
    const text = fc.oneof(
      fc.array(piece, { maxLength: 60 }).map((pieces) => pieces.join('')),
      source.map((one) => one.text),
    );
    fc.assert(
      fc.property(text, (random) => {
        for (const tokens of [tokenize(random), tokenizeTemplate(random)]) {
          let end = 0;
          for (const index of indices(tokens)) {
            assert.ok(tokens.start(index) >= end && tokens.end(index) >= tokens.start(index), random);
            end = tokens.end(index);
            const partner = tokens.partner(index);
            if (partner < 0) continue;
            assert.equal(tokens.partner(partner), index, random);
            assert.equal(tokens.kind(Math.max(index, partner)) - tokens.kind(Math.min(index, partner)), 1);
          }
          assert.ok(end <= random.length, random);
        }
      }),
      { numRuns: 3000 },
    );
  });
});
