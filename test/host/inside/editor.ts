import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { until } from '../../fixtures/until.ts';
import manifest from '../../../package.json' with { type: 'json' };

const SCRIPT = `process FETCH {
    secret 'NCBI_API_KEY'
    secret 'UNUSED_KEY'
    secret 'NOT_THERE'
    secret secrets.MAYBE ? 'MAYBE' : ''

    script:
    """
    echo \\$NCBI_API_KEY
    """
}

workflow {
    first = secrets.UNUSED_KEY
    again = secrets.UNUSED_KEY ?: 'none'
    other = secrets['NOT_THERE']
    // secrets.IN_A_COMMENT
}
`;
const CONFIG = `process {
    withName: 'FETCH' { secret = ['NCBI_API_KEY', 'NOT_THERE'] }
}
process.secret = 'UNUSED_KEY'
params.key = secrets.MAYBE
`;
const LANGUAGES = ['nextflow', 'groovy', 'plaintext'] as const;

/** What the editor says, as VS Code's own commands get it, on files of their own in the workspace. */
export function describeEditor(): void {
  describe('in the editor', () => {
    let folder = '';
    let script: vscode.TextDocument;
    let config: vscode.TextDocument;

    before(async () => {
      const root = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? '';
      folder = join(root, 'in the editor (#1)');
      mkdirSync(folder);
      writeFileSync(join(folder, 'states.nf'), SCRIPT);
      writeFileSync(join(folder, 'states.config'), CONFIG);
      script = await open('states.nf');
      config = await open('states.config');
      await until('the first lenses', async () => (await lenses(script)).length > 0);
    });
    after(async () => {
      await vscode.commands.executeCommand('workbench.action.closeAllEditors');
      rmSync(folder, { recursive: true });
    });
    afterEach(async () => {
      await write(script, SCRIPT);
      await write(config, CONFIG);
    });

    async function open(name: string): Promise<vscode.TextDocument> {
      return vscode.workspace.openTextDocument(vscode.Uri.file(join(folder, name)));
    }

    for (const language of LANGUAGES) {
      describe(`with the language ${language}`, () => {
        before(async () => {
          script = await vscode.languages.setTextDocumentLanguage(script, language);
          config = await vscode.languages.setTextDocumentLanguage(config, language);
          assert.equal(script.languageId, language);
        });

        it('a lens stands above each directive and the first use in a block, a sum above the process', async () => {
          assert.deepEqual(await lenses(script), [
            '0:8-13 4 secrets · 1 not set · 1 optional, not set · 1 in several scopes | nextflowSecrets.secrets.focus []',
            '1:12-24 User overrides Workspace · edit | nextflowSecrets.updateSecret [{"name":"NCBI_API_KEY","scope":"user"}]',
            '2:12-22 Workspace · edit | nextflowSecrets.updateSecret [{"name":"UNUSED_KEY","scope":"workspace"}]',
            '3:12-21 Not set · create… | nextflowSecrets.createSecret [{"name":"NOT_THERE"}]',
            '4:28-33 Optional, not set · create… | nextflowSecrets.createSecret [{"name":"MAYBE"}]',
            '13:20-30 Workspace · edit | nextflowSecrets.updateSecret [{"name":"UNUSED_KEY","scope":"workspace"}]',
            '15:21-30 Not set · create… | nextflowSecrets.createSecret [{"name":"NOT_THERE"}]',
          ]);
        });

        it('several names in a line each say which they are', async () => {
          assert.deepEqual(
            (await lenses(config)).map((lens) => lens.replace(/ \|.*/, '')),
            [
              '1:35-47 NCBI_API_KEY: User overrides Workspace · edit',
              '1:51-60 NOT_THERE: Not set · create…',
              '3:18-28 Workspace · edit',
              '4:21-26 Not set · create…',
            ],
          );
        });

        it('a hint says what no lens of the line says', async () => {
          assert.deepEqual(await hints(script), ['14:30 ‹workspace›']);
          await setting('codeLens.enabled', false);
          try {
            assert.deepEqual(await hints(script), [
              '1:25 ‹user, overrides workspace›',
              '2:23 ‹workspace›',
              '3:22 ‹not set›',
              '4:24 ‹optional, not set›',
              '4:34 ‹optional, not set›',
              '13:30 ‹workspace›',
              '14:30 ‹workspace›',
              '15:32 ‹not set›',
            ]);
            await setting('inlayHints.enabled', false);
            assert.deepEqual(await hints(script), []);
          } finally {
            await setting('codeLens.enabled', undefined);
            await setting('inlayHints.enabled', undefined);
          }
        });

        it('a hover tells scopes, delivery and uses', async () => {
          const text = await hover(script, 'NCBI_API_KEY', 1);
          assert.match(text, /^\*\*NCBI\\?_API\\?_KEY\*\* — User overrides Workspace\n/);
          assert.match(text, /\*\*User\*\*.*Changed.*\n[^]*Workspace, overridden/);
          assert.match(text, /environment variable/);
          assert.match(text, /\[[^\]]*states[^\]]*nf:2\]\(file:\/\/\/[^)]*states\.nf#2%2C13\) FETCH/);
          assert.match(await hover(script, 'UNUSED_KEY', 13), /Nextflow itself reads it here/);
          assert.equal(await hover(script, 'first', 13), '');
        });

        it('names are completed where a secret is named, and nowhere else', async () => {
          const cases: [string, readonly string[] | undefined][] = [
            ["process A {\n    secret '|'\n}\n", ALL_NAMES],
            ['process A {\n    secret "UN|"\n}\n', ALL_NAMES],
            ["process A {\n    secret '|\n}\n", ALL_NAMES],
            ['workflow {\n    x = secrets.|\n}\n', ALL_NAMES],
            ['workflow {\n    x = secrets?.NC|\n}\n', ALL_NAMES],
            ["workflow {\n    x = secrets['|']\n}\n", ALL_NAMES],
            ['workflow {\n    x = secrets["|"]\n}\n', ALL_NAMES],
            ['workflow {\n    x = secrets."|"\n}\n', ALL_NAMES],
            ['workflow {\n    x = "${secrets.|}"\n}\n', ALL_NAMES],
            ['workflow {\n    // secrets.|\n}\n', undefined],
            ["workflow {\n    x = 'secrets.|'\n}\n", undefined],
            ['workflow {\n    x = params.secrets.|\n}\n', undefined],
            ["workflow {\n    x = '|'\n}\n", undefined],
          ];
          for (const [text, expected] of cases) {
            assert.deepEqual(await complete(script, text), expected, text);
          }
          await write(script, SCRIPT);
          for (const text of [
            "process.secret = ['|']\n",
            "process {\n    secret = [\n        'A_KEY',\n        '|\n",
          ]) {
            // Names of code that was typed a moment ago come with the index.
            const all = JSON.stringify(ALL_NAMES);
            await until(text, async () => JSON.stringify(await complete(config, text)) === all);
          }
        });

        it('a definition is a page about the secret', async () => {
          const [location] = await vscode.commands.executeCommand<vscode.Location[]>(
            'vscode.executeDefinitionProvider',
            script.uri,
            at(script, 'NCBI_API_KEY', 1).start,
          );
          assert.ok(location !== undefined);
          const page = await vscode.workspace.openTextDocument(location.uri);
          // It may be open already, and follow.
          await until('it has the use', () => page.getText().includes('states.nf:2  FETCH\n'));
          assert.match(
            page.getText(),
            /^NCBI_API_KEY\nUser overrides Workspace\n\nUser\n[^]*Workspace, overridden\n/,
          );
        });

        it('references are found in all files, and highlighted in one', async () => {
          const references = await referencesOf(script, at(script, 'NOT_THERE', 3).start);
          assert.deepEqual(references, ['states.config 1:51-60', 'states.nf 3:12-21', 'states.nf 15:21-30']);
          const highlights = await vscode.commands.executeCommand<vscode.DocumentHighlight[]>(
            'vscode.executeDocumentHighlights',
            script.uri,
            at(script, 'UNUSED_KEY', 2).start,
          );
          assert.deepEqual(highlights.map(({ range }) => span(range)).sort(), [
            '13:20-30',
            '14:20-30',
            '2:12-22',
          ]);
        });
      });
    }

    it('diagnostics have code, page and severity, in files that nobody opened too', async () => {
      await untilProblems(script, ['3:12-21 Error not-set', '15:21-30 Hint not-set']);
      await untilProblems(config, [
        '1:51-60 Error not-set',
        '3:18-28 Error config-string',
        '4:21-26 Warning in-params',
        '4:21-26 Error not-set',
      ]);
      const [first] = vscode.languages.getDiagnostics(script.uri);
      assert.ok(typeof first?.code === 'object');
      const page = await vscode.workspace.fs.readFile(first.code.target);
      assert.match(Buffer.from(page).toString(), /^# not-set\n/);
      // What comes and goes at once VS Code need not tell of: it goes when its coming was told.
      const watcher = vscode.workspace.createFileSystemWatcher('**/closed.nf');
      const created = new Promise((resolve) => watcher.onDidCreate(resolve));
      writeFileSync(join(folder, 'closed.nf'), "process A {\n    secret 'OF_A_CLOSED_FILE'\n}\n");
      const closed = vscode.Uri.file(join(folder, 'closed.nf'));
      await untilProblems({ uri: closed }, ['1:12-28 Error not-set']);
      await created;
      watcher.dispose();
      rmSync(closed.fsPath);
      await untilProblems({ uri: closed }, []);
    });

    it('a key in one of Nextflow’s settings is found in a config that nobody opened', async () => {
      const keys = vscode.Uri.file(join(folder, 'keys.config'));
      writeFileSync(keys.fsPath, "tower.accessToken = 'fake-token-of-no-service'\n");
      await untilProblems({ uri: keys }, ['0:21-45 Error literal-secret']);
      rmSync(keys.fsPath);
      await untilProblems({ uri: keys }, []);
    });

    it('diagnostics follow what is typed, each for the last text', async () => {
      for (const name of ['ONE', 'TWO', 'THREE', 'FOUR_KEY']) {
        await write(script, `process A {\n    secret '${name}_MORE'\n}\n`);
      }
      await untilProblems(script, ['1:12-25 Error not-set']);
      await write(script, 'process A {\n}\n');
      await untilProblems(script, []);
      const token = `ghp_${'a1B2'.repeat(9)}`;
      await write(script, `workflow {\n    key = '${token}'\n}\n`);
      await untilProblems(script, ['1:11-51 Error literal-secret']);
    });

    it('everything follows the vaults', async () => {
      await cli(['set', 'NOT_THERE', '--scope', 'workspace'], 'fake-now-there');
      await untilProblems(script, []);
      assert.ok((await lenses(script)).some((lens) => lens.startsWith('3:12-21 Workspace · edit')));
      assert.match(await hover(script, 'NOT_THERE', 3), /— Workspace/);
      await cli(['get', 'NOT_THERE']);
      await until('the last use is told', async () =>
        (await hover(script, 'NOT_THERE', 3)).includes(`Last used ${new Date().toISOString().slice(0, 10)}`),
      );
      await cli(['delete', 'NOT_THERE', '--scope', 'workspace', '--yes']);
      await untilProblems(script, ['3:12-21 Error not-set', '15:21-30 Hint not-set']);
      assert.ok((await lenses(script)).some((lens) => lens.startsWith('3:12-21 Not set · create…')));
    });

    it('a name that no code uses is said in its vault', async () => {
      await cli(['set', 'NOBODY_ASKS', '--scope', 'workspace'], 'fake-unused');
      const root = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? '';
      const uri = vscode.Uri.file(join(root, '.nf-secrets', 'workspace.sops.json'));
      const unused = (): readonly vscode.Diagnostic[] => vscode.languages.getDiagnostics(uri);
      await until('it is unused', () => unused().some(({ message }) => message.includes('NOBODY_ASKS')));
      assert.deepEqual(unused()[0]?.tags, [vscode.DiagnosticTag.Unnecessary]);
      await cli(['set', 'NOR_THIS', '--scope', 'workspace'], 'fake-unused');
      // Two names, one problem: the other one is dimmed alone.
      await until('there are two', () =>
        unused().some(({ message }) => message.endsWith('uses 2 secrets: NOBODY_ASKS, NOR_THIS.')),
      );
      const problems = unused().filter(({ severity }) => severity < vscode.DiagnosticSeverity.Hint);
      assert.deepEqual(
        problems.map(({ severity, relatedInformation }) => [
          severity,
          relatedInformation?.map(({ message }) => message),
        ]),
        [[vscode.DiagnosticSeverity.Information, ['NOBODY_ASKS', 'NOR_THIS']]],
      );
      assert.ok(unused().every(({ tags }) => tags?.[0] === vscode.DiagnosticTag.Unnecessary));
      await cli(['delete', 'NOR_THIS', '--scope', 'workspace', '--yes']);
      await cli(['delete', 'NOBODY_ASKS', '--scope', 'workspace', '--yes']);
      await until('it is gone', () => !unused().some(({ message }) => message.includes('NOBODY_ASKS')));
    });

    it('nothing is called missing where a vault cannot be read: that is said once, with the reason', async () => {
      const vault = join(process.env['NF_SECRETS_HOME'] ?? '', 'user.sops.json');
      const before = await vscode.workspace.fs.readFile(vscode.Uri.file(vault));
      writeFileSync(vault, 'not a vault');
      try {
        const all = (): string[] =>
          vscode.languages
            .getDiagnostics()
            .flatMap(([uri, found]) =>
              found
                .filter(({ source }) => source === 'Nextflow Secrets')
                .map(
                  ({ severity, message }) => `${uri.path} ${vscode.DiagnosticSeverity[severity]} ${message}`,
                ),
            );
        await until('it is said', () => all().some((line) => line.includes('cannot be known')));
        assert.equal(all().filter((line) => line.includes('Information Whether')).length, 1);
        assert.deepEqual(
          all().filter((line) => line.includes('but not set')),
          [],
        );
        const shown = await lenses(script);
        assert.ok(
          shown.some((lens) => lens.startsWith('3:12-21 Not known · show')),
          shown.join('\n'),
        );
      } finally {
        writeFileSync(vault, before);
      }
      await untilProblems(script, ['3:12-21 Error not-set', '15:21-30 Hint not-set']);
    });

    it('what git ignores is no code, unless it is open', async () => {
      writeFileSync(join(folder, '.gitignore'), 'ignored/\n');
      mkdirSync(join(folder, 'ignored'));
      const path = join(folder, 'ignored', 'old.nf');
      writeFileSync(path, "process A {\n    secret 'OF_IGNORED_CODE'\n}\n");
      writeFileSync(join(folder, 'seen.nf'), "process B {\n    secret 'OF_SEEN_CODE'\n}\n");
      const uri = vscode.Uri.file(path);
      const seen = vscode.Uri.file(join(folder, 'seen.nf'));
      await untilProblems({ uri: seen }, ['1:12-24 Error not-set']);
      assert.deepEqual(problems({ uri }), []);
      const document = await vscode.workspace.openTextDocument(uri);
      await untilProblems(document, ['1:12-27 Error not-set']);
    });

    it('an edit while an answer is on its way never gives a stale one', async () => {
      for (let round = 0; round < 20; round++) {
        await write(script, SCRIPT);
        const position = at(script, 'NOT_THERE', 3).start;
        const asked = referencesOf(script, position);
        const hovered = hover(script, 'NOT_THERE', 3);
        await write(script, `\n\n${SCRIPT}`);
        const found = (await asked).filter((line) => line.startsWith('states.nf'));
        // None, those of the text that was asked about, or those of the new one; never a mixture.
        assert.ok(
          found.length === 0 ||
            found.join() === 'states.nf 5:12-21,states.nf 17:21-30' ||
            found.join() === 'states.nf 3:12-21,states.nf 15:21-30',
          found.join(),
        );
        await hovered;
        assert.deepEqual((await referencesOf(script, at(script, 'NOT_THERE', 5).start)).slice(1), [
          'states.nf 5:12-21',
          'states.nf 17:21-30',
        ]);
      }
    });

    it('what files say is shown, not obeyed', async () => {
      const evil = '**bold** [run](command:workbench.action.quit) <img src=x> $(flame)';
      await cli(['set', 'NOT_THERE', '--scope', 'workspace', '--description', evil], 'fake-evil');
      await untilProblems(script, []);
      const text = await hover(script, 'NOT_THERE', 3);
      assert.ok(text.includes('command:nextflowSecrets.updateSecret'), text);
      assert.ok(!text.includes('](command:workbench'), text);
      assert.ok(!text.includes('**bold'), text);
      await cli(['delete', 'NOT_THERE', '--scope', 'workspace', '--yes']);
      await untilProblems(script, ['3:12-21 Error not-set', '15:21-30 Hint not-set']);
    });
  });
}

/** Those of the vaults; the example's that are missing; those of the files above. */
const ALL_NAMES = ['NCBI_API_KEY', 'UNUSED_KEY', 'DB_PASSWORD', 'MAYBE', 'NOT_THERE', 'SSH_KEY'].sort();

const span = ({ start, end }: vscode.Range): string => `${start.line}:${start.character}-${end.character}`;

/** Where a text stands in a line. */
export function at(document: vscode.TextDocument, text: string, line: number): vscode.Range {
  const column = document.lineAt(line).text.indexOf(text);
  assert.ok(column >= 0, `${text} in line ${line}`);
  return new vscode.Range(line, column, line, column + text.length);
}

export async function write(document: vscode.TextDocument, text: string): Promise<void> {
  if (document.getText() === text) return;
  const edit = new vscode.WorkspaceEdit();
  const all = new vscode.Range(0, 0, document.lineCount, 0);
  edit.replace(document.uri, all, text);
  assert.ok(await vscode.workspace.applyEdit(edit));
}

/** Ours in order: range, title, command with its arguments. */
async function lenses({ uri }: vscode.TextDocument): Promise<string[]> {
  const found = await vscode.commands.executeCommand<vscode.CodeLens[]>(
    'vscode.executeCodeLensProvider',
    uri,
  );
  return found
    .filter(({ command }) => !command?.title.startsWith('$(play)'))
    .sort((a, b) => a.range.start.compareTo(b.range.start))
    .map(({ range, command }) => {
      const { title = '', command: id = '', arguments: args = [] } = command ?? {};
      return `${span(range)} ${title} | ${id} ${JSON.stringify(args)}`;
    });
}

async function hints(document: vscode.TextDocument): Promise<string[]> {
  const all = new vscode.Range(0, 0, document.lineCount, 0);
  const found = await vscode.commands.executeCommand<vscode.InlayHint[]>(
    'vscode.executeInlayHintProvider',
    document.uri,
    all,
  );
  return found
    .sort((a, b) => a.position.compareTo(b.position))
    .map(
      ({ position, label }) =>
        `${position.line}:${position.character} ${typeof label === 'string' ? label : label.map(({ value }) => value).join('')}`,
    );
}

export async function hover(document: vscode.TextDocument, text: string, line: number): Promise<string> {
  const found = await vscode.commands.executeCommand<vscode.Hover[]>(
    'vscode.executeHoverProvider',
    document.uri,
    at(document, text, line).start,
  );
  const texts = found.flatMap(({ contents }) => contents as vscode.MarkdownString[]);
  return texts
    .map(({ value }) => value)
    .filter((value) => value.startsWith('**'))
    .join('\n');
}

/** The names offered at the `|` of a text; undefined if none of ours is. */
async function complete(document: vscode.TextDocument, text: string): Promise<string[] | undefined> {
  const offset = text.indexOf('|');
  await write(document, text.replace('|', ''));
  const { items } = await vscode.commands.executeCommand<vscode.CompletionList>(
    'vscode.executeCompletionItemProvider',
    document.uri,
    document.positionAt(offset),
  );
  const names = items.flatMap(({ label, kind }) =>
    typeof label === 'object' && kind === vscode.CompletionItemKind.Constant ? [label.label] : [],
  );
  const own = names.filter((name) => ALL_NAMES.includes(name)).sort();
  return own.length === 0 ? undefined : own;
}

async function referencesOf({ uri }: vscode.TextDocument, position: vscode.Position): Promise<string[]> {
  const found = await vscode.commands.executeCommand<vscode.Location[]>(
    'vscode.executeReferenceProvider',
    uri,
    position,
  );
  return found
    .sort((a, b) =>
      a.uri.path === b.uri.path ? a.range.start.compareTo(b.range.start) : a.uri.path < b.uri.path ? -1 : 1,
    )
    .map((one) => `${one.uri.path.replace(/.*\//, '')} ${span(one.range)}`);
}

function problems({ uri }: { readonly uri: vscode.Uri }): string[] {
  return vscode.languages
    .getDiagnostics(uri)
    .filter(({ source }) => source === 'Nextflow Secrets')
    .sort((a, b) => a.range.start.compareTo(b.range.start) || a.range.end.compareTo(b.range.end))
    .map(({ range, severity, code }) => {
      const value = typeof code === 'object' ? code.value : code;
      return `${span(range)} ${vscode.DiagnosticSeverity[severity]} ${value ?? ''}`;
    });
}

export async function untilProblems(
  document: { readonly uri: vscode.Uri },
  expected: readonly string[],
): Promise<void> {
  const same = (): boolean => JSON.stringify(problems(document)) === JSON.stringify(expected);
  await until('the problems are as expected', same).catch(() => undefined);
  assert.deepEqual(problems(document), expected, document.uri.path);
}

async function setting(name: string, value: boolean | undefined): Promise<void> {
  await vscode.workspace
    .getConfiguration('nextflowSecrets')
    .update(name, value, vscode.ConfigurationTarget.Global);
}

/** Changes a vault from outside, as a person does in a terminal. */
export async function cli(args: readonly string[], input = ''): Promise<void> {
  const extension = vscode.extensions.getExtension(`${manifest.publisher}.${manifest.name}`);
  const path = vscode.Uri.joinPath(extension?.extensionUri ?? vscode.Uri.file('/'), 'dist', 'cli.js').fsPath;
  const child = spawn(process.execPath, [path, ...args], {
    cwd: vscode.workspace.workspaceFolders?.[0]?.uri.fsPath,
    env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  child.stdin.end(input);
  const [status] = (await once(child, 'close')) as [number];
  assert.equal(status, 0, `${args.join(' ')}: ${said}`);
}
