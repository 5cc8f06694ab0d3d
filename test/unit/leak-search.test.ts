import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { isTelling, needlesOf } from '../../src/core/leaks/forms.ts';
import type { FileToSearch } from '../../src/core/leaks/file-to-search.ts';
import { type Look, lookInto } from '../../src/core/leaks/look.ts';
import { Needles } from '../../src/core/leaks/needles.ts';
import { Searcher } from '../../src/core/leaks/searcher.ts';
import { SecretValue } from '../../src/core/secrets/secret-value.ts';
import { lines, WRITES } from '../fixtures/leak-writes.ts';

const NO_LIMITS = { fromEachEnd: Infinity, time: Infinity };

/** Values that are looked for, with what is special in some of the forms. */
const values = fc
  .string({
    unit: fc.oneof(
      {
        weight: 6,
        arbitrary: fc.constantFrom(
          ...Array.from('abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_'),
        ),
      },
      { weight: 2, arbitrary: fc.constantFrom(...Array.from('/+&=<>"\'\\$`% {}[]:;,?#!*()~^|@\t\nüß€')) },
    ),
    minLength: 8,
    maxLength: 200,
  })
  .filter((value) => isTelling(value.trim()));

/** Searches as a file is searched, with a buffer that ends at a chosen byte. */
function namesIn(needles: Needles, text: Buffer, firstEnd: number): Set<string> {
  const { searcher } = needles;
  const names = new Set<string>();
  const note = (needle: number): void => {
    needles.ownersOf(needle).forEach(({ name }) => names.add(name));
  };
  const cut = Math.min(firstEnd, text.length);
  searcher.search(text.subarray(0, cut), cut, note);
  const rest = text.subarray(Math.max(0, cut - searcher.span));
  searcher.search(rest, rest.length, note);
  return names;
}

describe('the search for values', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'nf-secrets-test-'));
  });
  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  const look = async (
    secrets: Readonly<Record<string, string>>,
    paths: readonly string[],
    limits = {},
  ): Promise<Look> => {
    const needles = new Needles(
      Object.entries(secrets).map(([name, value]) => [name, new SecretValue(value)]),
    );
    return lookInto(listed(paths), needles, { ...NO_LIMITS, ...limits });
  };
  const write = (name: string, content: string | Uint8Array): string => {
    const path = join(directory, name);
    writeFileSync(path, content);
    return path;
  };

  it('finds each value in each form, at each position, over each edge of a buffer', () => {
    fc.assert(
      fc.property(
        values,
        fc.array(values, { maxLength: 5 }),
        fc.nat(200),
        fc.nat(600),
        (value, others, before, edge) => {
          const all = [value, ...others].map((one, index) => [`N${index}`, new SecretValue(one)] as const);
          const needles = new Needles(all);
          for (const [form, written] of Object.entries(WRITES)) {
            const text = Buffer.from(`${'.'.repeat(before)}${written(value)}${'.'.repeat(100)}`);
            const found = namesIn(needles, text, before + edge);
            assert.ok(found.has('N0'), `${JSON.stringify(value)} as ${form}`);
          }
        },
      ),
      { numRuns: 400 },
    );
  });

  it('agrees with a search for one needle after the other', () => {
    const letters = fc.constantFrom(0x61, 0x62, 0x63, 0x0a);
    const bytes = (minLength: number, maxLength: number) =>
      fc.array(letters, { minLength, maxLength }).map((all) => Buffer.from(all));
    fc.assert(
      fc.property(fc.array(bytes(8, 40), { minLength: 1, maxLength: 12 }), bytes(0, 400), (all, noise) => {
        const text = Buffer.concat([noise, all[0]!, noise]);
        const found = new Set<string>();
        new Searcher(all.map((one) => ({ bytes: one, isWrapped: false }))).search(
          text,
          text.length,
          (pattern, start, end) => {
            assert.equal(end - start, all[pattern]!.length);
            found.add(`${pattern} ${start}`);
          },
        );
        const expected = all.flatMap((one, pattern) => {
          const starts: string[] = [];
          for (let at = text.indexOf(one); at >= 0; at = text.indexOf(one, at + 1))
            starts.push(`${pattern} ${at}`);
          return starts;
        });
        assert.deepEqual([...found].sort(), expected.sort());
      }),
    );
  });

  it('finds wrapped text wherever its lines end', () => {
    for (let length = 8; length <= 130; length++) {
      const core = randomBytes(100).toString('base64url').slice(0, length).padEnd(length, 'x');
      for (const width of [64, 76]) {
        for (let before = 0; before < width; before++) {
          const text = Buffer.from(lines(`${'.'.repeat(before)}${core}..`, width, '\r\n'));
          let hits = 0;
          new Searcher([
            { bytes: Buffer.from(core), isWrapped: true },
            { bytes: Buffer.from('another one'), isWrapped: false },
          ]).search(text, text.length, () => (hits += 1));
          assert.ok(hits > 0, `${length} characters after ${before}, in lines of ${width}`);
        }
      }
    }
  });

  it('finds none of 1,000 random values in real files', async () => {
    const secrets = Object.fromEntries(
      Array.from({ length: 1_000 }, (_, index) => [
        `N${index}`,
        randomBytes(48)
          .toString('base64')
          .slice(0, 8 + (index % 40)),
      ]),
    );
    const found = await look(
      secrets,
      ['package-lock.json', 'CHANGELOG.md', 'README.md', 'l10n/bundle.l10n.json', 'media/icon.png'].filter(
        (path) => {
          try {
            return readFileSync(path).length > 0;
          } catch {
            return false;
          }
        },
      ),
    );
    assert.ok(found.files >= 4 && found.bytes > 500_000);
    assert.deepEqual(found.leaks, []);
  });

  it('takes time in proportion to any text', () => {
    // Beginnings of the value, which each need a comparison to their end.
    const value = `${'abcde'.repeat(10_000)}X`;
    const needles = new Needles([['A', new SecretValue(value)]]);
    const text = Buffer.from('abcde'.repeat(2_000_000));
    const started = process.cpuUsage().user;
    const isWhole = needles.searcher.search(text, text.length, () => assert.fail('it is not there'));
    assert.equal(isWhole, false, 'it gives up, and tells so');
    assert.ok(process.cpuUsage().user - started < 60_000_000);
  });

  it('tells names, files, lines and forms', async () => {
    const value = 'Zq7-leak/fake&x=y';
    const key = '-----BEGIN FAKE KEY-----\nfirstLineOfKey123\nsecondLineOfKey9\n-----END FAKE KEY-----\n';
    const secrets = { LEAKY: value, PEM: key, CLEAN: 'neverWrittenDown1' };
    const log = write('a.log', `one\ntwo ${value}\n${value}\n`);
    const report = write('r.html', `<script>\n{"env": ${JSON.stringify(value).replaceAll('/', '\\/')}}`);
    const database = write('db.log', Buffer.concat([Buffer.from([0, 1, 2]), Buffer.from(`\n${value}`)]));
    const line = write('k.txt', 'x\nsecondLineOfKey9\n-----BEGIN FAKE KEY-----\n');
    const whole = write('whole.pem', key);
    const { leaks } = await look(secrets, [log, report, database, line, whole]);
    assert.deepEqual(
      leaks.map(({ name, path, line: at, form, count }) => [
        name,
        path.slice(directory.length + 1),
        at,
        form,
        count,
      ]),
      [
        ['LEAKY', 'a.log', 2, { kind: 'raw' }, 2],
        ['LEAKY', 'db.log', null, { kind: 'raw' }, 1],
        ['LEAKY', 'r.html', 2, { kind: 'JSON' }, 1],
        ['PEM', 'k.txt', 2, { kind: 'line', line: 3 }, 1],
        ['PEM', 'whole.pem', 1, { kind: 'raw' }, 1],
      ],
    );
  });

  it('does not take the public part of a key, or its frame, for the key', () => {
    const chain = `-----BEGIN CERTIFICATE-----\npublicLine123456\n-----END CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\nprivateLine98765\n-----END PRIVATE KEY-----\n`;
    const lineNeedles = needlesOf(chain).filter(({ form }) => form.kind === 'line');
    assert.deepEqual(
      lineNeedles.map(({ bytes }) => String(bytes)),
      ['privateLine98765'],
    );
  });

  it('finds values in files that are larger than its buffer, and tells the line', async () => {
    const value = 'fakeTokenQ9zX2vTb4n7Wk';
    const line = `${'x'.repeat(99)}\n`;
    const edge = (1 << 20) - 10;
    const head = line.repeat(Math.floor(edge / 100)).padEnd(edge, 'y');
    const file = write('large.txt', `${head}${value}${line.repeat(30_000)}${value}`);
    const { leaks } = await look({ T: value }, [file]);
    assert.deepEqual(
      leaks.map(({ line: at, count }) => [at, count]),
      [[Math.floor(edge / 100) + 1, 2]],
    );
  });

  it('reads both ends of a large file, and says so', async () => {
    const value = 'fakeTokenQ9zX2vTb4n7Wk';
    const filler = 'z'.repeat(5_000);
    const ends = write('ends', `\n${value}${filler}${filler}${value}`);
    const middle = write('middle', `${filler}${value}${filler}`);
    const { leaks, inPart } = await look({ T: value }, [ends, middle], { fromEachEnd: 1_000 });
    assert.deepEqual(
      leaks.map(({ path, line, count }) => [path, line, count]),
      [[ends, 2, 2]],
    );
    assert.deepEqual(inPart, [ends, middle]);
  });

  it('follows no link, waits for no pipe, and says what it has not looked into', async () => {
    const value = 'fakeTokenQ9zX2vTb4n7Wk';
    const target = write('target', value);
    const link = join(directory, 'link');
    symlinkSync(target, link);
    const pipe = join(directory, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const folder = join(directory, 'folder');
    mkdirSync(folder);
    const { leaks, unread, files } = await look({ T: value }, [
      link,
      pipe,
      folder,
      join(directory, 'absent'),
    ]);
    assert.deepEqual(leaks, []);
    assert.equal(files, 0);
    assert.deepEqual(unread, [folder, link, pipe]);
  });

  it('shows no value that is in a path', async () => {
    const value = 'fakeTokenQ9zX2vTb4n7Wk';
    const file = write(`result-${value}.txt`, 'nothing');
    const { leaks } = await look({ T: value }, [file]);
    assert.deepEqual(
      leaks.map(({ path, isInName }) => [path, isInName]),
      [[join(directory, 'result-***.txt'), true]],
    );
    assert.ok(!JSON.stringify(leaks).includes(value));
  });

  it('names the values that are too short to look for', () => {
    const secrets = { SHORT: '1234567', SAME: 'aaaabbbbccccdddd', FINE: 'abcd1234', LETTERS: 'üüüüßß' };
    const needles = new Needles(
      Object.entries(secrets).map(([name, value]) => [name, new SecretValue(value)]),
    );
    assert.deepEqual(needles.tooShort, ['LETTERS', 'SAME', 'SHORT']);
    assert.deepEqual(needles.names, ['FINE']);
  });

  it('ends at once when it is told to, or when its time is over', async () => {
    const value = 'fakeTokenQ9zX2vTb4n7Wk';
    const file = write('file', value);
    const { files, stopped } = await look({ T: value }, [file], { signal: AbortSignal.abort() });
    assert.deepEqual([files, stopped], [0, 'signal']);
    const late = await look({ T: value }, [file], { time: -1 });
    assert.deepEqual([late.files, late.stopped], [0, 'time']);
  });

  it('keeps nothing to look for after it is cleared', () => {
    const value = 'fakeTokenQ9zX2vTb4n7Wk';
    const needles = new Needles([['T', new SecretValue(value)]]);
    const text = Buffer.from(`..........${value}.........`);
    let hits = 0;
    needles.searcher.search(text, text.length, () => (hits += 1));
    assert.equal(hits, 1);
    needles.clear();
    needles.searcher.search(text, text.length, () => (hits += 1));
    assert.equal(hits, 1);
  });
});

async function* listed(paths: readonly string[]): AsyncGenerator<FileToSearch> {
  for (const path of paths) yield await Promise.resolve({ path });
}
