import assert from 'node:assert/strict';
import { HiddenInput } from '../../src/cli/ask.ts';

describe('the hidden prompt', () => {
  const cases: [string, string[], string, 'done' | 'interrupted' | undefined][] = [
    ['takes typed characters up to Enter', ['fake', '\r'], 'fake', 'done'],
    ['ends with Ctrl-D too', ['fake\x04'], 'fake', 'done'],
    ['is interrupted by Ctrl-C', ['fa\x03'], 'fa', 'interrupted'],
    ['deletes with Backspace, whole characters at a time', ['ab🧬\x7f\x7f', 'c\r'], 'ac', 'done'],
    ['starts again after Ctrl-U', ['oops\x15fake\r'], 'fake', 'done'],
    ['takes a paste of several lines whole', ['\x1b[200~one\rtwo\r\x1b[201~', '\r'], 'one\ntwo\n', 'done'],
    ['knows the marks of a paste cut anywhere', ['\x1b[2', '00~a\rb\x1b', '[201~\r'], 'a\nb', 'done'],
    [
      'takes control characters out of a paste as they are',
      ['\x1b[200~a\x03\x15b\x1b[201~\r'],
      'a\x03\x15b',
      'done',
    ],
    ['waits for more', ['fake'], 'fake', undefined],
  ];
  for (const [what, typed, text, end] of cases) {
    it(what, () => {
      const input = new HiddenInput();
      const ends = typed.map((bytes) => input.feed(bytes));
      assert.equal(ends.at(-1), end);
      assert.equal(input.text, text);
    });
  }
});
