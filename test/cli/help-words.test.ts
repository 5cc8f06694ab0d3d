import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import bundle from '../../l10n/bundle.l10n.json' with { type: 'json' };
import settings from '../../package.nls.json' with { type: 'json' };
import { splitWords } from '../../src/core/system/shell-words.ts';
import { PROJECT, Sandbox } from '../fixtures/sandbox.ts';
import { sideBySide } from '../fixtures/side-by-side.ts';

const run = promisify(execFile);

/** Most words of a sentence. A longer one is two. */
const MOST_WORDS = 26;
/** Words of this project that mean nothing to others, and wordy ways to say a thing. */
const PRIVATE = /\b(what goes on|goes on|whose|behind|stands in|in the place of|of ours|said)\b/;

/** Options of other programs that the docs name by themselves, and parameters of pipelines in examples. */
const OF_OTHERS = [
  '--jobs',
  '--preserve-env',
  '--cleanenv',
  '--containall',
  '--set-env',
  '--no-env',
  '--env',
  '--token',
  '--deploy',
  '--x',
];

/** The help of each command and subcommand, by its words: `member rotate`. */
type Helps = ReadonlyMap<string, string>;

/** Lines of a part of a help: those below a title, up to an empty line. */
const part = (help: string, title: string): string[] =>
  (new RegExp(`\\n${title}:\\n([^]*?)(?:\\n\\n|\\n?$)`).exec(help)?.[1] ?? '').split('\n').filter(Boolean);

const optionsOf = (help: string): Set<string> =>
  new Set(part(help, 'Options').flatMap((line) => /^ {2}(?:-\w, )?(--[a-z-]+)/.exec(line)?.[1] ?? []));

const examplesOf = (help: string): string[] => part(help, 'Examples').map((line) => line.trim());

/** The text of a help without its examples and tables, as sentences. */
const sentencesOf = (text: string): string[] =>
  text
    .replace(/\{\d+\}/g, 'X')
    .split(/(?<=[.!?:;])\s+|\n\n/)
    .map((sentence) => sentence.replace(/\s+/g, ' ').trim());

/** The words after `nf-secrets` in a command line, up to the end of that command. */
function commandsIn(line: string): string[][] {
  return [...line.matchAll(/(?:^|[\s(|])nf-secrets ([^|<>&)#]*)/g)].flatMap(([, words = '']) => [
    splitWords(words.trim()) ?? words.trim().split(/\s+/),
  ]);
}

describe('the words of the help', () => {
  const helps = new Map<string, string>();
  let sandbox: Sandbox;

  before(async () => {
    sandbox = new Sandbox();
    const helpOf = async (words: readonly string[]): Promise<string> =>
      String(await sandbox.ok([...words, '--help']));
    const below = (help: string): string[] =>
      part(help, 'Commands').flatMap((line) => /^ {2}([a-z]+)/.exec(line)?.[1] ?? []);
    const whole = await helpOf([]);
    helps.set('', whole);
    await sideBySide(
      below(whole).filter((name) => name !== 'help'),
      async (command) => {
        const help = await helpOf([command]);
        helps.set(command, help);
        for (const sub of below(help))
          if (sub !== 'help') helps.set(`${command} ${sub}`, await helpOf([command, sub]));
      },
    );
  });
  after(() => {
    sandbox.remove();
  });

  /** The help that a command line is about, and the options in it that are ours. */
  function about(words: readonly string[], all: Helps): { name: string; options: string[] } {
    const [first = '', second = ''] = words;
    const name = all.has(`${first} ${second}`) ? `${first} ${second}` : all.has(first) ? first : '';
    const depth = name === '' ? 0 : name.split(' ').length;
    const options: string[] = [];
    for (const word of words.slice(depth)) {
      // What follows a pipeline or a command is not ours.
      const isFollowed = /^(?:platform )?(?:launch|check)$|^exec$/.test(name);
      if (word === '--' || (isFollowed && /\.nf$|^\.\/|^PIPELINE|…$/.test(word))) break;
      const option = /^(--[a-z-]+)/.exec(word)?.[1];
      if (option !== undefined) options.push(option);
    }
    return { name, options };
  }

  it('tell of each command what it does, what each word and option means, and give examples', () => {
    for (const [name, help] of helps) {
      assert.match(help, /^Usage: [^\n]*(?:\n {7}[^\n]*)?\n\n[A-Z]/, `${name}: no description`);
      assert.notEqual(examplesOf(help).length, 0, `${name}: no example`);
      for (const title of ['Arguments', 'Options', 'Commands']) {
        const silent = part(help, title).filter(
          (line) => /^ {2}\S/.test(line) && !/\S {2,}\S/.test(line.trim()),
        );
        assert.deepEqual(silent, [], `${name}: nothing is told about it`);
      }
    }
  });

  it('have examples that a shell and the command understand', async () => {
    const { root } = sandbox;
    mkdirSync(join(root, 'pipeline'));
    mkdirSync(join(root, '.ssh'));
    for (const file of ['main.nf', 'pipeline/main.nf', '.env', '.ssh/id_demo'])
      writeFileSync(join(root, file), 'x=1\n');
    const lines = [...helps.values()].flatMap(examplesOf);
    await sideBySide(lines, async (line) => {
      await run('bash', ['-n', '-c', line]);
      for (const words of commandsIn(line)) {
        const { name, options } = about(words, helps);
        for (const option of options)
          assert.ok(optionsOf(helps.get(name) ?? '').has(option), `${line}: ${name} has no ${option}`);
        if (words[0] === 'completion' || words[0] === 'aws') continue;
        const { stderr } = await sandbox.nfSecrets(
          words.map((word) => word.replace(/^~/, root)),
          { cwd: root, input: 'fake-value\n' },
        );
        assert.doesNotMatch(
          stderr,
          /unknown|too many arguments|missing required|Allowed:|no such option|not a directory|takes only/i,
          line,
        );
      }
    });
  });

  it('are the ones of the docs: each command line there has options that exist', () => {
    const files = ['README.md', 'CONTRIBUTING.md', ...docs('docs')];
    const unknown = files.flatMap((file) =>
      codeIn(readFileSync(join(PROJECT, file), 'utf8')).flatMap((code) =>
        commandsIn(code).flatMap((words) => {
          const { name, options } = about(words, helps);
          const known = optionsOf(helps.get(name) ?? '');
          return options
            .filter((option) => !known.has(option))
            .map((option) => `${file}: nf-secrets ${name} ${option}`);
        }),
      ),
    );
    assert.deepEqual(unknown, []);
    const all = new Set([...OF_OTHERS, ...[...helps.values()].flatMap((help) => [...optionsOf(help)])]);
    const alone = files.flatMap((file) =>
      codeIn(readFileSync(join(PROJECT, file), 'utf8'))
        .flatMap((code) => /^(--[a-z-]+)/.exec(code)?.[1] ?? [])
        .filter((option) => !all.has(option))
        .map((option) => `${file}: ${option}`),
    );
    assert.deepEqual(alone, []);
  });

  it('are short sentences in the words of the field, as all messages are', () => {
    const texts = [
      ...Array.from(
        helps.values(),
        (help) => help.split(/\n(?:Examples|States|nf-secrets looks)/)[0] ?? '',
      ).flatMap((help) => [
        /\n\n([^]*?)\n\n/.exec(help)?.[1] ?? '',
        ...part(help, 'Options')
          .join('\n')
          .split(/\n(?= {2}-)/),
      ]),
      ...Object.keys(bundle),
      ...Object.values(settings),
    ];
    const sentences = texts.flatMap(sentencesOf);
    assert.deepEqual(
      sentences.filter((sentence) => sentence.split(' ').length > MOST_WORDS),
      [],
    );
    assert.deepEqual(
      sentences.filter((sentence) => PRIVATE.test(sentence)),
      [],
    );
  });
});

function docs(folder: string): string[] {
  return readdirSync(join(PROJECT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name));
}

/** Blocks and spans of code in Markdown, one for each line. */
const codeIn = (text: string): string[] => [
  ...[...text.matchAll(/^```\w*\n([^]*?)^```/gm)].flatMap(([, block = '']) =>
    block.replaceAll('\\\n', ' ').split('\n'),
  ),
  ...[...text.matchAll(/`([^`\n]+)`/g)].map(([, span = '']) => span),
];
