import assert from 'node:assert/strict';
import { scanSource } from '../../src/core/references/scan-source.ts';

/** What a scan finds, short: `kind NAME`, with `?` if it is optional and `@PROCESS` where it stands in one. */
function found(text: string, language: 'script' | 'config' = 'script'): string[] {
  const { references, dynamic } = scanSource(text, language);
  for (const { name, offset, endOffset } of references) assert.equal(text.slice(offset, endOffset), name);
  return [
    ...references.map(
      ({ kind, name, optional, process }) =>
        `${kind} ${name}${optional ? '?' : ''}${process === null ? '' : ` @${process}`}`,
    ),
    ...dynamic.map((reference) => `dynamic ${reference.text}`),
  ];
}

describe('scanning a source', () => {
  const PROPERTIES: readonly (readonly [code: string, ...found: string[]])[] = [
    ['x = secrets.KEY', 'property KEY'],
    ['x = secrets?.KEY', 'property KEY'],
    ["x = secrets['KEY']", 'property KEY'],
    ['x = secrets."KEY"', 'property KEY'],
    ['println "$secrets.KEY"', 'property KEY'],
    ['println "${secrets.KEY ?: \'d\'}"', 'property KEY?'],
    ['x = secrets.KEY ? 1 : 2', 'property KEY?'],
    ['if (secrets.KEY) { f(secrets.KEY) } else { f() }', 'property KEY?', 'property KEY?'],
    ['if (!secrets.KEY) { f() } else { f(secrets.KEY) }', 'property KEY?', 'property KEY?'],
    ["println 'secrets.KEY'"],
    ["println '''secrets.KEY'''"],
    ['println "\\${secrets.KEY} \\$secrets.KEY"'],
    ['// secrets.KEY\n/* secrets.KEY */'],
    ['x = params.secrets.KEY + foo.secrets.KEY'],
    ['def f(secrets) { secrets.KEY }'],
    ['x = secrets[key]', 'dynamic secrets[key]'],
  ];
  for (const [code, ...expected] of PROPERTIES) {
    it(code, () => {
      assert.deepEqual(found(code), expected);
    });
  }
});
