import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type * as Oniguruma from 'vscode-oniguruma';
import type * as Textmate from 'vscode-textmate';
import manifest from '../../package.json' with { type: 'json' };
import { ensureVsCode } from '../../scripts/vscode.mjs';
import { PROJECT } from '../fixtures/sandbox.ts';

// What VS Code's own engine makes of the injections, with Groovy's grammar of VS Code, and with a stand-in that has
// the scope names of the official Nextflow extension.

// They are CommonJS bundles, whose exports a loader of modules does not see.
const require = createRequire(import.meta.url);
const textmate = require('vscode-textmate') as typeof Textmate;
const oniguruma = require('vscode-oniguruma') as typeof Oniguruma;

const KEYWORD = 'keyword.other.directive.nextflow';
const VARIABLE = 'support.variable.secrets.nextflow';
const NAME = 'variable.other.constant.secret.nextflow';
const SHORT: Readonly<Record<string, string>> = { [KEYWORD]: 'K', [VARIABLE]: 'V', [NAME]: 'N' };

/** A line, and below it what each character is: K the directive, V `secrets`, N a name. */
const CASES: readonly (readonly [title: string, ...lines: (readonly [text: string, marks: string])[]])[] = [
  ['a directive', ["    secret 'KEY' // it", '    KKKKKK  NNN']],
  ['with parentheses and more', ['  secret("KEY", \'TOKEN\')', '  KKKKKK  NNN    NNNNN']],
  ['an optional one', ["  secret secrets.KEY ? 'KEY' : ''", '  KKKKKK VVVVVVV NNN    NNN']],
  ['behind others', ["cpus 2; secret 'KEY'; tag 'x'", '        KKKKKK  NNN']],
  ['a list of a config', ["process.secret = ['KEY', 'TOKEN']", '        KKKKKK     NNN    NNNNN']],
  [
    'a list over lines',
    ['  secret = [', '  KKKKKK'],
    ["    'KEY', // 'NO'", '     NNN'],
    ["    'TOKEN',", '     NNNNN'],
    ['  ]', ''],
  ],
  ['a property', ['x = secrets.KEY', '    VVVVVVV NNN']],
  ['a safe one', ['x = secrets?.KEY', '    VVVVVVV  NNN']],
  ['an index', ["x = secrets['KEY']", '    VVVVVVV  NNN']],
  ['of this', ['x = this.secrets.KEY', '         VVVVVVV NNN']],
  ['in a definition', ['def x = secrets.KEY', '        VVVVVVV NNN']],
  ['in a call and a map', ['f(secrets.KEY, [a: secrets.TOKEN])', '  VVVVVVV NNN      VVVVVVV NNNNN']],
  ['in an interpolation', ['x = "a ${secrets.KEY ?: 1} secrets.NO"', '         VVVVVVV NNN']],
  ['without braces', ['x = "a $secrets.KEY b \\$secrets.NO"', '        VVVVVVV NNN']],
  [
    'in a script',
    ['  """', ''],
    ["  f ${secrets['KEY']} secrets.NO \\${secrets.NO}", '      VVVVVVV  NNN'],
    ["  secret 'NO'", ''],
    ['  """', ''],
    ['  x = secrets.KEY', '      VVVVVVV NNN'],
  ],
  ['not in other texts', ["x = 'secrets.NO ${secrets.NO} $secrets.NO'", '']],
  [
    'not in long ones',
    ["x = '''", ''],
    ["secret 'NO' ${secrets.NO}", ''],
    ["''' + secrets.KEY", '      VVVVVVV NNN'],
  ],
  [
    'not in comments',
    ["// secret 'NO' secrets.NO", ''],
    ['/* "${secrets.NO}"', ''],
    ["  secret 'NO' */", ''],
  ],
  [
    'not what only looks like it',
    ["pod secret: 'a/b'", ''],
    ['x = params.secrets.NO + mysecrets.NO + secretKey', ''],
  ],
  ['not a call', ['secrets.with { it }', ''], ["secrets.getProperty('NO')", '']],
];

describe('colours @vscode', () => {
  const grammars = new Map<string, string>();
  let registry: Textmate.Registry;

  before(async () => {
    const wasm = readFileSync(join(require.resolve('vscode-oniguruma'), '..', 'onig.wasm'));
    await oniguruma.loadWASM(wasm.buffer.slice(wasm.byteOffset, wasm.byteOffset + wasm.byteLength));
    const { server } = await ensureVsCode();
    const extensions = join(server, '..', '..', 'extensions');
    grammars.set('source.groovy', join(extensions, 'groovy', 'syntaxes', 'groovy.tmLanguage.json'));
    for (const { scopeName, path } of manifest.contributes.grammars)
      grammars.set(scopeName, join(PROJECT, path));
    const standIn = join(
      PROJECT,
      'test',
      'fixtures',
      'language-server-neighbour',
      'nextflow.tmLanguage.json',
    );
    for (const scope of ['source.nextflow', 'source.nextflow-config']) grammars.set(scope, standIn);
    registry = new textmate.Registry({
      onigLib: Promise.resolve(oniguruma),
      loadGrammar: (scope) => {
        const path = grammars.get(scope);
        if (path === undefined) return Promise.resolve(null);
        const grammar = JSON.parse(readFileSync(path, 'utf8')) as Textmate.IRawGrammar;
        return Promise.resolve({ ...grammar, scopeName: scope });
      },
      getInjections: (scope) =>
        manifest.contributes.grammars
          .filter(({ injectTo }) => injectTo.includes(scope))
          .map(({ scopeName }) => scopeName),
    });
  });

  function marksOf(grammar: Textmate.IGrammar, lines: readonly string[]): string[] {
    let stack = textmate.INITIAL;
    return lines.map((line) => {
      const { tokens, ruleStack } = grammar.tokenizeLine(line, stack);
      stack = ruleStack;
      const marks = tokens.map(({ startIndex, endIndex, scopes }) => {
        const mark = scopes.map((scope) => SHORT[scope]).findLast((found) => found !== undefined) ?? ' ';
        return mark.repeat(Math.min(endIndex, line.length) - startIndex);
      });
      return marks.join('').trimEnd();
    });
  }

  for (const scope of ['source.groovy', 'source.nextflow', 'source.nextflow-config']) {
    describe(`in ${scope}`, () => {
      for (const [title, ...lines] of CASES) {
        it(title, async () => {
          const grammar = await registry.loadGrammar(scope);
          assert.ok(grammar !== null);
          const texts = lines.map(([text]) => text);
          assert.deepEqual(
            marksOf(grammar, texts),
            lines.map(([, marks]) => marks.trimEnd()),
          );
          const inProcess = ['process A {', ...texts, '}', 'x = secrets.KEY'];
          assert.deepEqual(marksOf(grammar, inProcess).slice(-1), ['    VVVVVVV NNN']);
        });
      }
    });
  }
});
