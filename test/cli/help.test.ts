import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CLI, PROJECT, Sandbox } from '../fixtures/sandbox.ts';
import { sideBySide } from '../fixtures/side-by-side.ts';
import { Terminal } from '../fixtures/terminal.ts';
import { until } from '../fixtures/until.ts';

describe('help', () => {
  let sandbox: Sandbox;

  beforeEach(() => {
    sandbox = new Sandbox();
  });
  afterEach(() => {
    sandbox.remove();
  });

  const helpOf = async (...command: string[]): Promise<string> =>
    String(await sandbox.ok([...command, '--help']));
  /** The names in the list of commands. */
  const commandsIn = (help: string): string[] =>
    Array.from(
      /\nCommands:\n([^]*?)(\n\n|$)/.exec(help)?.[1]?.matchAll(/^ {2}([a-z]+)/gm) ?? [],
      ([, name]) => name!,
    ).filter((name) => name !== 'help');

  it('of each command goes to stdout, says what it does, and has examples that begin with its name', async () => {
    const commands = commandsIn(await helpOf());
    for (const expected of ['set', 'list', 'get', 'delete', 'launch', 'exec', 'identity']) {
      assert.ok(commands.includes(expected), expected);
    }
    await sideBySide(commands, async (command) => {
      const help = await helpOf(command);
      assert.match(help, new RegExp(`^Usage: nf-secrets ${command}`));
      assert.match(help, /\nExamples:\n {2}\S/, command);
      assert.match(help, new RegExp(`\\nExamples:[^]*\\bnf-secrets ${command}\\b`), command);
      assert.doesNotMatch(help, /\x1b/);
      for (const sub of commandsIn(help)) {
        assert.match(await helpOf(command, sub), new RegExp(`^Usage: nf-secrets ${command} ${sub}`));
      }
    });
  });

  it('of the whole explains the exit codes, and has examples', async () => {
    const help = await helpOf();
    for (const code of [64, 65, 66, 69, 73, 74, 75, 77]) assert.match(help, new RegExp(`\\b${code}\\b`));
    assert.match(help, /Examples:/);
    assert.equal(String(await sandbox.ok(['help'])), help);
    assert.equal(String(await sandbox.ok(['help', 'set'])), await helpOf('set'));
  });

  it('is written in lines that fit a terminal of 80 columns', async () => {
    for (const command of commandsIn(await helpOf())) {
      const prose = (await helpOf(command)).split('\nExamples:')[0] ?? '';
      const long = prose.split('\n').filter((line) => line.length > 80 && !line.startsWith('Usage:'));
      // What commander wraps; texts of ours that are wrapped by hand may be a little longer.
      assert.deepEqual(
        long.filter((line) => line.length > 120),
        [],
      );
    }
  });

  it('--version prints the version', async () => {
    const { version } = JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8')) as {
      version: string;
    };
    assert.equal(String(await sandbox.ok(['--version'])), `${version}\n`);
  });
});

describe('colours', () => {
  let sandbox: Sandbox;

  beforeEach(() => {
    sandbox = new Sandbox();
  });
  afterEach(() => {
    sandbox.remove();
  });

  const screenOf = async (env: Record<string, string>): Promise<string> => {
    const terminal = Terminal.open(sandbox, [process.execPath, CLI, 'get', 'FAKE_A', '--scope', 'usr'], env);
    await terminal.ended();
    await until('it has said what is wrong', () => terminal.screen.includes('Did you mean user'));
    return terminal.screen;
  };

  it('are there on a terminal', async () => {
    assert.match(await screenOf({}), /\x1b\[\d+m/);
  });

  it('are not there with NO_COLOR', async () => {
    assert.doesNotMatch(await screenOf({ NO_COLOR: '1' }), /\x1b/);
  });

  it('are there with an empty NO_COLOR, as no-color.org says', async () => {
    assert.match(await screenOf({ NO_COLOR: '' }), /\x1b\[\d+m/);
  });

  it('are never there where stderr is no terminal', async () => {
    // CI is what some libraries take for a terminal.
    for (const env of [{}, { CI: 'true' }, { FORCE_COLOR: '1', CLICOLOR_FORCE: '1' }]) {
      assert.doesNotMatch((await sandbox.nfSecrets(['lst'], { env })).stderr, /\x1b/, JSON.stringify(env));
    }
  });
});
