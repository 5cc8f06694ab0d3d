import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ensureNextflow } from '../../scripts/tools.mjs';
import { splitWords } from '../../src/core/system/shell-words.ts';
import { CLI, PROJECT, Sandbox } from '../fixtures/sandbox.ts';

// The commands of README.md and docs/. A mark before each block, which the reader does not see, tells what is done with it:
//   run            in an empty home, in a directory with the pipeline of README.md
//   run: with a secret   the same, with the secret of that pipeline
//   run: in order  in one home with the others of this page that have this mark
//   fails: CODE    as run, and the last command ends with this exit code
//   check: REASON  is not run here; a shell and the command itself read its words
const PAGES = ['README.md', ...readdirSync(join(PROJECT, 'docs')).map((name) => `docs/${name}`)].filter(
  (name) => name.endsWith('.md'),
);

interface Block {
  readonly mark: string;
  readonly script: string;
  readonly line: number;
}

/** The commands of a block: lines behind a prompt, or all lines where there is no output. */
function commandsOf(language: string, body: string): string {
  if (language !== 'console') return body;
  const lines = body.split('\n');
  return lines
    .filter((line, index) => /^\w*\$ /.test(line) || (index > 0 && lines[index - 1]?.endsWith('\\') === true))
    .map((line) => line.replace(/^\w*\$ /, ''))
    .join('\n');
}

function blocksOf(page: string): Block[] {
  const text = readFileSync(join(PROJECT, page), 'utf8');
  const blocks = text.matchAll(/(?:<!-- ([^\n]+) -->\n\s*)?^ *```(console|sh|bash)\n([^]*?)^ *```/gm);
  return Array.from(blocks, ({ 1: mark = '', 2: language = '', 3: body = '', index }) => ({
    mark,
    script: commandsOf(language, body),
    line: text.slice(0, index).split('\n').length,
  }));
}

/** The files that README.md has the reader make. */
const FILES = Array.from(
  readFileSync(join(PROJECT, 'README.md'), 'utf8').matchAll(/<!-- file: (\S+) -->\n\s*```\w+\n([^]*?)```/g),
  ([, name = '', content = '']) => ({ name, content }),
);

describe('the commands of the docs @nextflow', () => {
  let nextflow: string;
  let sandboxes: Sandbox[] = [];
  before(async () => {
    nextflow = dirname(await ensureNextflow('25.04.4'));
  });
  after(() => {
    for (const sandbox of sandboxes) sandbox.remove();
    sandboxes = [];
  });

  function reader(): Sandbox {
    const sandbox = new Sandbox();
    sandboxes.push(sandbox);
    const bin = join(sandbox.root, 'nf-secrets');
    writeFileSync(bin, `#!/bin/sh\nexec '${process.execPath}' '${CLI}' "$@"\n`, { mode: 0o755 });
    sandbox.env['PATH'] = `${sandbox.root}:${nextflow}:${sandbox.env['PATH'] ?? ''}`;
    Object.assign(sandbox.env, { DB_PASSWORD: 'fake-password', NXF_ANSI_LOG: 'false' });
    delete sandbox.env['NF_SECRETS_HOME'];
    for (const { name, content } of FILES) writeFileSync(join(sandbox.workspace, name), content);
    execFileSync('git', ['init', '-q'], { cwd: sandbox.workspace });
    return sandbox;
  }

  /** Runs a block as a person types it, each line by itself, up to the first that fails. */
  async function run({ script }: Block, sandbox: Sandbox): Promise<{ code: number | null; output: string }> {
    const { exitCode, stdout, stderr } = await sandbox.run('bash', ['-ec', script], {
      input: 'fake-value\n',
    });
    return { code: exitCode, output: `${stdout.toString()}${stderr}` };
  }

  for (const page of PAGES) {
    let inOrder: Sandbox | undefined;
    for (const block of blocksOf(page)) {
      const { mark, script, line } = block;
      const [kind = '', detail = ''] = mark.split(': ', 2);
      it(`are right in ${page}:${line} (${mark})`, async () => {
        assert.notEqual(script.trim(), '', 'a block without a command');
        if (kind === 'check') {
          assert.notEqual(detail, '', 'say why it is not run here');
          await check(script);
          return;
        }
        assert.match(mark, /^(run(: with a secret|: in order)?|fails: \d+)$/, 'mark the block');
        const sandbox = detail === 'in order' ? (inOrder ??= reader()) : reader();
        if (detail === 'with a secret')
          await sandbox.run('nf-secrets', ['set', 'NCBI_API_KEY'], { input: 'fake' });
        const { code, output } = await run(block, sandbox);
        assert.equal(code, kind === 'fails' ? Number(detail) : 0, output);
      });
    }
  }

  /** A shell and the programs that are named understand the words. */
  async function check(script: string): Promise<void> {
    execFileSync('bash', ['-n', '-c', script]);
    const { scripts } = JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    for (const [, name = ''] of script.matchAll(/npm run (?:--silent )?([\w:]+)/g))
      assert.ok(scripts[name] !== undefined, `npm run ${name}`);
    for (const [, words = ''] of script.matchAll(/(?:^|[\s(|])nf-secrets ([^|<>&)#\n]*)/g)) {
      const sandbox = reader();
      const { stderr } = await sandbox.nfSecrets(splitWords(words.trim()) ?? [], { input: '' });
      assert.doesNotMatch(
        stderr,
        /unknown (command|option)|too many arguments|missing required|Allowed:|no such option|takes only/i,
        words,
      );
    }
  }

  it('are all that a reader of README.md needs, and its pictures and pages are there', () => {
    const text = readFileSync(join(PROJECT, 'README.md'), 'utf8');
    assert.ok(text.split('\n').length <= 150, 'README.md is short');
    for (const page of PAGES) {
      const content = readFileSync(join(PROJECT, page), 'utf8').replaceAll(/^```[^]*?^```/gm, '');
      for (const [, link = ''] of content.matchAll(/(?:\]\(|src="|srcset=")([^)"#:]+)[#)"]/g))
        assert.ok(existsSync(join(PROJECT, dirname(page), link)), `${page}: ${link}`);
    }
    const index = readFileSync(join(PROJECT, 'docs/README.md'), 'utf8');
    for (const page of PAGES.filter((name) => name.startsWith('docs/') && name !== 'docs/README.md'))
      assert.ok(index.includes(`(${page.slice('docs/'.length)})`), `docs/README.md: ${page}`);
  });
});
