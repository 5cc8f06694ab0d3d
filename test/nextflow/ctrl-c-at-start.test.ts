import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { ledgerDirectory } from '../fixtures/places.ts';
import { CLI, Sandbox } from '../fixtures/sandbox.ts';
import { sideBySide } from '../fixtures/side-by-side.ts';
import { Terminal } from '../fixtures/terminal.ts';
import { untilRecorded } from '../fixtures/until.ts';

// The launcher holds signals back from the moment that there is something to release. Whatever it is doing then,
// a Ctrl-C ends the run: before the program has started it counts for the launcher, later the program gets it
// from the terminal, and none may get lost in between.

/** Milliseconds after the run is recorded. In this time its store is made and the program started. */
const MOMENTS = Array.from({ length: 32 }, (_, i) => Math.floor(i / 2));

describe('Ctrl-C at the start of a run', () => {
  it('ends it at any moment, with nothing left', async () => {
    const endings = await sideBySide(MOMENTS, async (moment) => {
      const sandbox = new Sandbox();
      try {
        const stays = ['sh', '-c', 'sleep 60; exit 55'];
        const terminal = Terminal.open(sandbox, [process.execPath, CLI, 'exec', '--', ...stays]);
        await untilRecorded(sandbox);
        await sleep(moment);
        terminal.type('\x03');
        return { exitCode: await terminal.ended(), left: readdirSync(ledgerDirectory(sandbox)) };
      } finally {
        sandbox.remove();
      }
    });

    const expected = MOMENTS.map(() => ({ exitCode: 130, left: [] }));
    assert.deepEqual(endings, expected, '55: it ran to its end');
  });
});
