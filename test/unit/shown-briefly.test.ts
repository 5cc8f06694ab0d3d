import assert from 'node:assert/strict';
import { diagnose } from '../../src/core/diagnostics/diagnostics.ts';
import { scanSource } from '../../src/core/references/scan-source.ts';
import { byName } from '../../src/core/system/natural-order.ts';
import { shortPath } from '../../src/extension/code/short-path.ts';
import { groupProblems } from '../../src/extension/editor/problem-groups.ts';

describe('what is shown briefly', () => {
  it('names are in the order that people count in, and none is lost', () => {
    const names = ['KEY_10', 'KEY_9', 'KEY', 'KEY_09', 'key_1', 'Z', 'A2', 'A10'];
    assert.deepEqual([...names].sort(byName), [
      'A2',
      'A10',
      'KEY',
      'key_1',
      'KEY_09',
      'KEY_9',
      'KEY_10',
      'Z',
    ]);
    assert.notEqual(byName('KEY', 'key'), 0);
  });

  it('a path loses its middle, never the file', () => {
    assert.equal(shortPath('modules/search.nf:12'), 'modules/search.nf:12');
    const long = 'modules/nf-core/some/very/deep/directory/search/main.nf:12';
    for (const longest of [12, 20, 30, 40]) {
      const short = shortPath(long, longest);
      assert.ok(short.endsWith('/main.nf:12'), short);
      assert.ok(short.length <= Math.max(longest, '…/main.nf:12'.length), short);
    }
    const name = 'a-name-that-is-longer-than-all-of-the-room-there-is.nf:1';
    assert.equal(shortPath(name), name);
    assert.equal(shortPath(`x/${name}`), `…/${name}`);
  });

  it('a name that is not set is one problem of a file; what is mended where it is found is not joined', () => {
    const text = [
      'process P {',
      "    secret 'GONE'",
      "    secret 'OTHER'",
      '    script:',
      '    """',
      '    echo ${secrets.SET} ${secrets.SET}',
      '    """',
      '}',
      "workflow { x = secrets.GONE + secrets['GONE'] }",
    ].join('\n');
    const groups = groupProblems(diagnose(scanSource(text, 'script'), new Set(['SET'])));
    assert.deepEqual(
      groups.map(({ first, others }) => [first.code, first.line, others.map(({ line }) => line)]),
      [
        ['not-set', 2, [9, 9]],
        ['not-set', 3, []],
        ['in-script', 6, []],
        ['in-script', 6, []],
      ],
    );
  });

  it('so is a name that expires', () => {
    const text = "process P {\n    secret 'SOON'\n}\nworkflow { x = secrets.SOON + secrets.GONE }";
    const ending = new Map([['SOON', { scope: 'user', day: '2026-01-02', left: 0 } as const]]);
    const groups = groupProblems(diagnose(scanSource(text, 'script'), new Set(['SOON']), ending));
    assert.deepEqual(
      groups.map(({ first, others }) => [first.code, first.line, others.map(({ line }) => line)]),
      [
        ['expires', 2, [4]],
        ['not-set', 4, []],
      ],
    );
  });
});
