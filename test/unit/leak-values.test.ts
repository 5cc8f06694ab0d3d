import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import type { FileToSearch } from '../../src/core/leaks/file-to-search.ts';
import { isTelling } from '../../src/core/leaks/forms.ts';
import { type Leak, type Look, lookInto } from '../../src/core/leaks/look.ts';
import { Needles } from '../../src/core/leaks/needles.ts';
import { leakLines } from '../../src/core/leaks/say-leaks.ts';
import { SecretValue } from '../../src/core/secrets/secret-value.ts';
import { WRITES } from '../fixtures/leak-writes.ts';

/** Size of the buffer that files are read into. */
const BUFFER = 1 << 20;

/** Any text that a secret can be: all of Unicode, ends of lines, control characters, no NUL. */
const texts = fc
  .string({
    unit: fc.oneof(...(['grapheme', 'binary-ascii', 'binary'] as const).map(unitOf)),
    minLength: 8,
    maxLength: 120,
  })
  .map((text) => text.replaceAll('\0', '~'))
  .filter((text) => isTelling(text.trim()));

function unitOf(unit: 'grapheme' | 'binary-ascii' | 'binary'): fc.Arbitrary<string> {
  return fc.string({ unit, minLength: 1, maxLength: 1 });
}

describe('values of all kinds in files', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'nf-secrets-test-'));
  });
  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  const look = async (
    secrets: Iterable<readonly [string, string]>,
    ...texts: (string | Buffer)[]
  ): Promise<Look> => {
    const files = texts.map((text, index): FileToSearch => {
      const path = join(directory, `f${index}`);
      writeFileSync(path, text);
      return { path, isLocal: index % 2 === 0 };
    });
    const needles = new Needles(Array.from(secrets, ([name, value]) => [name, new SecretValue(value)]));
    return lookInto(listed(files), needles, { fromEachEnd: Infinity, time: Infinity });
  };
  const places = (leaks: readonly Leak[]): string[] =>
    leaks.map(({ name, path, line, count }) => `${name} ${path.slice(-2)}:${line ?? '-'} ${count}`);

  it('are found in each form, over the edge of the buffer, at the beginning, and at the end', async () => {
    await fc.assert(
      fc.asyncProperty(texts, fc.integer({ min: -400, max: 40 }), async (value, from) => {
        const forms = Object.entries(WRITES);
        const written = forms.map(([, write]) => write(value));
        const edges = written.map((text) =>
          Buffer.concat([Buffer.alloc(BUFFER + from, '.'), Buffer.from(text)]),
        );
        const { leaks } = await look([['N', value]], ...edges, ...written);
        const found = new Set(leaks.map(({ path }) => path));
        for (const [index, [form]] of forms.entries())
          for (const file of [`f${index}`, `f${index + forms.length}`])
            assert.ok(found.has(join(directory, file)), `${JSON.stringify(value)} as ${form} in ${file}`);
      }),
      { numRuns: 10 },
    );
  });

  it('are found where one is the beginning, the end or the middle of another', async () => {
    const secrets = [
      ['SHORT', 'fakeToken-9zX'],
      ['LONG', 'fakeToken-9zX2vTb4n7Wk'],
      ['END', '2vTb4n7Wk'],
      ['SAME', 'fakeToken-9zX'],
    ] as const;
    const { leaks } = await look(
      secrets,
      'a fakeToken-9zX b\n',
      'x\nfakeToken-9zX2vTb4n7Wk',
      '2vTb4n7Wk2vTb4n7Wk',
    );
    assert.deepEqual(places(leaks), [
      'END f1:2 1',
      'END f2:1 2',
      'LONG f1:2 1',
      'SAME f0:1 1',
      'SAME f1:2 1',
      'SHORT f0:1 1',
      'SHORT f1:2 1',
    ]);
  });

  it('are found if they are words, wherever these are; a person gets 20 lines of a name', async () => {
    const { leaks } = await look(
      [['WORD', 'password1']],
      ...Array.from({ length: 30 }, (_, i) => `password${i}\n`),
    );
    assert.equal(leaks.length, 11);
    const many = await look([['WORD', 'password1']], ...Array.from({ length: 30 }, () => 'my password1\n'));
    assert.equal(many.leaks.length, 30);
    const lines = leakLines(many.leaks, { cwd: directory }).map(String);
    assert.equal(lines.length, 21);
    assert.match(lines.at(-1) ?? '', /WORD is in 10 more, which are not shown/);
  });

  it('are not looked for if they are short or of few characters, and are named', async () => {
    for (const value of ['x', '1234567', 'aaaaaaaaaaaa', 'abababababab', 'ßßßß']) {
      const needles = new Needles([['N', new SecretValue(value)]]);
      assert.deepEqual([needles.count, needles.tooShort], [0, ['N']], value);
      assert.deepEqual((await look([['N', value]], `${value}\n${value}`)).leaks, []);
    }
  });

  it('are found with their lines, also one line of many, with other ends of lines', async () => {
    const value = 'first line of fake\nsecond line of fake\nthird line of fake\n';
    const { leaks } = await look(
      [['N', value]],
      value.replaceAll('\n', '\r\n'),
      'x\n  second line of fake\n',
      JSON.stringify(value),
    );
    assert.deepEqual(
      leaks.map(({ path, form }) => [path.slice(-2), form.kind, form.line ?? null]),
      [
        ['f0', 'line', 1],
        ['f0', 'line', 2],
        ['f0', 'line', 3],
        ['f1', 'line', 2],
        ['f2', 'JSON', null],
        ['f2', 'line', 1],
        ['f2', 'line', 2],
        ['f2', 'line', 3],
      ].filter(([file, kind]) => file !== 'f2' || kind === 'JSON'),
    );
  });

  it('are not found in the bytes of others, however many there are', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(texts, { minLength: 2, maxLength: 20 }), async (all) => {
        const [first = '', ...others] = all;
        const written = Object.values(WRITES).map((write) => write(first));
        const isApart = others.filter((other) => written.every((text) => !text.includes(other.trim())));
        const { leaks } = await look(
          isApart.map((other, index) => [`N${index}`, other] as const),
          written.join(' '),
        );
        const lines = new Set(first.split(/\r\n|\n|\r/).map((line) => line.trim()));
        for (const { name } of leaks) {
          const other = isApart[Number(name.slice(1))] ?? '';
          // Of a value of several lines one may be the same, and two values may be one in a form.
          const mayBe = other.split(/\r\n|\n|\r/).some((line) => lines.has(line.trim()));
          assert.ok(mayBe || other.trim() === first.trim(), JSON.stringify([first, other]));
        }
      }),
      { numRuns: 100 },
    );
  });

  it('take no more memory than their sizes allow, and those that are left out are named', () => {
    const value = (index: number, size: number): SecretValue =>
      new SecretValue(`${index}-fakeValue`.repeat(6_000).slice(0, size));
    const all = Array.from({ length: 100 }, (_, index) => [`N${index}`, value(index, 65_536)] as const);
    const before = process.memoryUsage();
    const needles = new Needles([...all, ['LONG', value(0, 65_537)], ['FINE', value(7, 40)]]);
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    const taken = heapUsed + arrayBuffers - before.heapUsed - before.arrayBuffers;
    assert.ok(taken < 200 << 20, `${taken >> 20} MB`);
    assert.ok(needles.names.includes('FINE'));
    assert.ok(needles.tooLong.includes('LONG'));
    assert.equal(needles.names.length + needles.tooLong.length, 102);
    needles.clear();
  });
});

async function* listed(files: readonly FileToSearch[]): AsyncGenerator<FileToSearch> {
  for (const file of files) yield await Promise.resolve(file);
}
