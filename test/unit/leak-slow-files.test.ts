import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import fs, { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mock } from 'node:test';
import { FileSearch } from '../../src/core/leaks/search-file.ts';
import { Needles } from '../../src/core/leaks/needles.ts';
import { SecretValue } from '../../src/core/secrets/secret-value.ts';
import { UnfitFile } from '../../src/core/system/open-file.ts';

const VALUE = 'fakeTokenQ9zX2vTb4n7Wk';
const LIMITS = { fromEachEnd: Infinity, isOver: () => false };

describe('a file server that answers too late', () => {
  let directory: string;
  const read = fs.read;
  const close = fs.close;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'nf-secrets-test-'));
  });
  afterEach(() => {
    mock.timers.reset();
    Object.assign(fs, { read, close });
    syncBuiltinESMExports();
    rmSync(directory, { recursive: true });
  });

  it('writes its late answer into no buffer of another file, and its file is closed after that', async () => {
    const path = (name: string): string => join(directory, name);
    writeFileSync(path('slow'), VALUE.padEnd(1_000));
    writeFileSync(path('next'), 'n'.repeat(1_000));
    const needles = new Needles([['T', new SecretValue(VALUE)]]);
    const search = new FileSearch(needles);
    const seen = new EventEmitter();
    type Answer = (error: Error | null, count: number) => void;
    let late: (() => void) | undefined;
    let slow = -1;
    const closed: number[] = [];
    Object.assign(fs, {
      read: (fd: number, into: Buffer, offset: number, length: number, position: number, answer: Answer) => {
        const count = fs.readSync(fd, into, offset, length, position);
        if (slow < 0) {
          slow = fd;
          into.fill(0);
          late = () => {
            answer(null, fs.readSync(fd, into, offset, length, position));
          };
          seen.emit('read');
          return;
        }
        // After the bytes of the next file, before they are searched.
        late?.();
        late = undefined;
        answer(null, count);
      },
      close: (...args: Parameters<typeof close>) => {
        closed.push(args[0]);
        close(...args);
      },
    });
    syncBuiltinESMExports();
    mock.timers.enable({ apis: ['setTimeout'] });
    const asked = once(seen, 'read');
    const first = search.search({ path: path('slow') }, LIMITS, () => true);
    await asked;
    mock.timers.tick(31_000);
    await assert.rejects(first, (error) => error instanceof UnfitFile && error.reason === 'slow');
    assert.ok(!closed.includes(slow), 'its number would be that of another file');

    const second = await search.search({ path: path('next') }, LIMITS, () => true);
    assert.deepEqual(second?.occurrences, []);
    assert.equal(late, undefined, 'the answer came');
    for (let tries = 0; tries < 100 && !closed.includes(slow); tries++)
      await new Promise((resolve) => setImmediate(resolve));
    assert.ok(closed.includes(slow));
    // What it holds now is its own.
    const third = await search.search({ path: path('slow') }, LIMITS, () => true);
    assert.equal(third?.occurrences.length, 1);
  });
});
