import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { userVaultFile } from '../fixtures/places.ts';
import { CLI, PROJECT, Sandbox } from '../fixtures/sandbox.ts';
import { Terminal } from '../fixtures/terminal.ts';
import { until } from '../fixtures/until.ts';
import { valuesOf } from '../fixtures/vault-values.ts';

const PASTED = (text: string): string => `\x1b[200~${text.replaceAll('\n', '\r')}\x1b[201~`;

describe('the hidden prompt for a value', () => {
  let sandbox: Sandbox;

  beforeEach(() => {
    sandbox = new Sandbox();
  });
  afterEach(() => {
    sandbox.remove();
  });

  const prompt = async (...args: string[]): Promise<Terminal> => {
    const terminal = Terminal.open(sandbox, [process.execPath, CLI, 'set', 'FAKE_A', ...args]);
    await until('it asks', () => terminal.screen.includes('hidden'));
    return terminal;
  };
  /** Its end; what it says last is on the screen then, and so is all that came before. */
  const assertSaid = async (terminal: Terminal, exitCode: number, last: string): Promise<void> => {
    assert.equal(await terminal.ended(), exitCode, terminal.screen);
    await until(`it says ${last}`, () => terminal.screen.includes(last));
  };
  /** Types slowly enough that each part is read for itself. */
  const typeInParts = async (terminal: Terminal, ...parts: string[]): Promise<void> => {
    for (const part of parts) {
      terminal.type(part);
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
  };

  // None of the typed texts may show; each has FAKE in it.
  const TYPED: readonly [title: string, parts: string[], value: string][] = [
    ['a line', ['FAKEvalue\r'], 'FAKEvalue'],
    ['a line, key by key', ['FAKE', 'v', 'a', 'l', 'u', 'e', '\r'], 'FAKEvalue'],
    ['a line that ends in Ctrl-D', ['FAKEvalue', '\x04'], 'FAKEvalue'],
    ['what a shell would read', ['FAKE "$HOME" `id` \\n %s \'\r'], 'FAKE "$HOME" `id` \\n %s \''],
    ['letters beyond ASCII', ['FAKE ☃ é 🔑\r'], 'FAKE ☃ é 🔑'],
    ['Backspace, also over one that is two units long', ['FAKEx🔑\x7f\x7f', '\r'], 'FAKE'],
    ['Ctrl-U, which starts anew', ['FAKEwrong\x15', 'FAKEright\r'], 'FAKEright'],
    ['pasted lines', [PASTED('FAKE 1\nFAKE 2\n'), '\r'], 'FAKE 1\nFAKE 2\n'],
    [
      'pasted lines that come in parts',
      ['\x1b[20', '0~FAKE 1\rFA', 'KE 2\x1b[2', '01~', '\r'],
      'FAKE 1\nFAKE 2',
    ],
    ['a paste with control characters', [PASTED('FAKE\x03\x04\x7f\x15\tx'), '\r'], 'FAKE\x03\x04\x7f\x15\tx'],
    ['typed, pasted, typed', ['FAKE-', PASTED('x\ny'), '-z\r'], 'FAKE-x\ny-z'],
    ['a long paste', [PASTED('FAKE '.repeat(5_000)), '\r'], 'FAKE '.repeat(5_000)],
  ];
  for (const [title, parts, value] of TYPED) {
    it(`takes ${title}, and shows none of it`, async () => {
      const terminal = await prompt();
      await typeInParts(terminal, ...parts);
      await assertSaid(terminal, 0, 'Created FAKE_A');
      const stored = (await valuesOf('user', sandbox)).get('FAKE_A') ?? '';
      assert.equal(stored.length, value.length);
      assert.ok(stored === value, JSON.stringify(stored).slice(0, 200));
      const shown = terminal.screen.replaceAll('FAKE_A', '');
      assert.doesNotMatch(shown, /FAKE|🔑|wrong/);
      // What was switched on for the paste is switched off again.
      assert.ok(shown.lastIndexOf('\x1b[?2004l') > shown.lastIndexOf('\x1b[?2004h'));
    });
  }

  it('asks only when nothing is echoed any more, however slow the machine is', async () => {
    const preload = join(PROJECT, 'test', 'fixtures', 'slow-raw-mode.mjs');
    const terminal = Terminal.open(sandbox, [process.execPath, '--import', preload, CLI, 'set', 'FAKE_A']);
    await until('it asks', () => terminal.screen.includes('hidden'));
    terminal.type('FAKEvalue\r');
    await assertSaid(terminal, 0, 'Created FAKE_A');
    assert.doesNotMatch(terminal.screen, /FAKEvalue/);
    assert.equal((await valuesOf('user', sandbox)).get('FAKE_A'), 'FAKEvalue');
  });

  it('ends with 130 at Ctrl-C, and nothing is changed', async () => {
    const terminal = await prompt();
    await typeInParts(terminal, 'FAKEvalue', '\x03');
    await assertSaid(terminal, 130, 'nothing was changed');
    assert.doesNotMatch(terminal.screen, /FAKEvalue/);
    assert.ok(!existsSync(userVaultFile(sandbox)));
  });

  it('refuses nothing at all', async () => {
    const terminal = await prompt();
    terminal.type('\r');
    await assertSaid(terminal, 65, 'empty');
  });

  it('gives the terminal back as it was, so that what comes next is seen', async () => {
    const command = `"${process.execPath}" "${CLI}" set FAKE_A; stty -a; read -r line; echo "read: $line"`;
    const terminal = Terminal.open(sandbox, ['bash', '-c', command]);
    await until('it asks', () => terminal.screen.includes('hidden'));
    terminal.type('FAKEvalue\r');
    await until('the settings are shown', () => /\bicanon\b[^]*\becho\b/.test(terminal.screen));
    terminal.type('seen\r');
    await assertSaid(terminal, 0, 'read: seen');
    assert.equal(terminal.screen.match(/seen/g)?.length, 2, 'typed and read');
  });

  it('is not used where stdin is no terminal, whatever the rest is', async () => {
    const command = `printf FAKEpiped | "${process.execPath}" "${CLI}" set FAKE_A`;
    const terminal = Terminal.open(sandbox, ['sh', '-c', command]);
    await assertSaid(terminal, 0, 'Created FAKE_A');
    assert.doesNotMatch(terminal.screen, /hidden/);
    assert.equal((await valuesOf('user', sandbox)).get('FAKE_A'), 'FAKEpiped');
  });

  it('is not used where the value comes from elsewhere', async () => {
    const terminal = Terminal.open(sandbox, [process.execPath, CLI, 'set', 'FAKE_A', '--generate']);
    await assertSaid(terminal, 0, 'Created FAKE_A');
    assert.doesNotMatch(terminal.screen, /hidden/);
  });

  it('comes only after all that could be wrong without the value', async () => {
    for (const args of [
      ['set', 'no-name'],
      ['set', 'FAKE_A', '--from-file', 'nowhere'],
      ['set', 'FAKE_A', '--workspace', 'nowhere'],
    ]) {
      const own = new Sandbox();
      try {
        const terminal = Terminal.open(own, [process.execPath, CLI, ...args]);
        await assertSaid(terminal, 64, 'nf-secrets:');
        assert.doesNotMatch(terminal.screen, /hidden/);
      } finally {
        own.remove();
      }
    }
  });
});
