import assert from 'node:assert/strict';
import { markdownOf, withoutLinks } from '../../src/extension/plain-text.ts';

/** What Markdown would still read as more than text: what is escaped with a backslash is taken out first. */
const active = (markdown: string): string =>
  markdown
    .replace(/\\[!-/:-@[-`{-~]/g, '')
    .replace(/[^<>[\]()`*_~&$|@!#\n\\]|[()](?=$)/g, '')
    .trim();

/** What a person reads. */
const shown = (markdown: string): string => markdown.replace(/\\([!-/:-@[-`{-~])/g, '$1');

/** What VS Code makes links of in notifications and questions, and icons of in lists. */
const LINK = /\[[^\]]+\]\((?:https?:\/\/|command:|file:)/i;
const ICON = /\$\([a-z0-9-]+(?:~[a-z]+)?\)/i;

const HOSTILE = [
  '<command:workbench.action.quit>',
  '[x](command:workbench.action.quit)',
  '[x][y] ![x](https://a.example/b.png)',
  '<https://a.example/>',
  '<a@b.example>',
  '<img src=x onerror=y> <!-- x --> </a>',
  '&#60;command:x&#62; &lt;b&gt;',
  '**bold** __bold__ ~~gone~~ `code`',
  '\\<command:x> \\[x](command:y)',
  '# title',
  '| a | b |',
  '$(flame) $(sync~spin)',
];

describe('texts of files in VS Code', () => {
  it('are no links, HTML, icons or formats in Markdown, and read the same', () => {
    for (const text of HOSTILE) {
      assert.equal(active(markdownOf(text)), '', markdownOf(text));
      assert.equal(shown(markdownOf(text)), text);
    }
  });

  it('are no addresses that become links by themselves', () => {
    for (const text of [
      'see https://a.example/b',
      'http://a',
      'ftp://a',
      'www.a.example',
      'WWW.a.example',
      'a@b.cd',
    ]) {
      assert.doesNotMatch(markdownOf(text), /[^\\]:\/\/|www\.|[^\\]@/i);
      assert.equal(shown(markdownOf(text)), text);
    }
  });

  it('start no list, title or line of their own', () => {
    for (const text of ['- a', '+ a', '* a', '1. a', '===', '---', '> a', '    code'])
      assert.match(markdownOf(text), /^(?:\\|\d+\\|code)/);
    assert.equal(markdownOf(' a\n\n# b\t c\u001b[31m\u202e'), 'a \\# b c\\[31m');
  });

  it('leave what people write as it is', () => {
    for (const text of ['main.nf:8', '2026-11-28', 'region eu-west-1, profile lab', 'grüß, 5 % / 3'])
      assert.equal(markdownOf(text), text);
  });

  it('run no command from a notification or a question, and draw no icon in a list', () => {
    for (const text of [...HOSTILE, '[[x](command:a)](command:b)', '[a]([b](command:c))']) {
      assert.doesNotMatch(withoutLinks(text), LINK);
      assert.doesNotMatch(withoutLinks(text), ICON);
    }
    assert.equal(withoutLinks('params[0] (x) cost 5$'), 'params[0] (x) cost 5$');
  });
});
