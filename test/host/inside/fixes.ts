import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { until } from '../../fixtures/until.ts';
import { at, cli, untilProblems, write } from './editor.ts';

const SCRIPT = `process FETCH {
    secret 'NCBI_API_KEYS'

    script:
    """
    fetch \\$NCBI_API_KEYS \${secrets.UNUSED_KEY ?: 'none'} \${params.api_key}
    """
}
`;
const CONFIG = `process.secret = 'UNUSED_KEY'
params.api_key = secrets.UNUSED_KEY
`;

/** Quick fixes and rename, as VS Code's own commands get them. */
export function describeFixes(): void {
  describe('changes of code', () => {
    let folder = '';
    let script: vscode.TextDocument;
    let config: vscode.TextDocument;

    before(async () => {
      folder = join(vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? '', 'to be fixed');
      mkdirSync(folder);
      writeFileSync(join(folder, 'fix.nf'), SCRIPT);
      writeFileSync(join(folder, 'fix.config'), CONFIG);
      script = await vscode.workspace.openTextDocument(join(folder, 'fix.nf'));
      config = await vscode.workspace.openTextDocument(join(folder, 'fix.config'));
      await untilProblems(script, ['1:12-25 Error not-set', '5:36-46 Warning in-script']);
    });
    after(async () => {
      await vscode.commands.executeCommand('workbench.action.closeAllEditors');
      rmSync(folder, { recursive: true });
    });
    afterEach(async () => {
      await write(script, SCRIPT);
      await write(config, CONFIG);
    });

    it('are offered where something is wrong, and nowhere else', async () => {
      await untilOffered(script, 'NCBI_API_KEYS', 1, [
        '* Change to NCBI_API_KEY',
        'Create NCBI_API_KEYS (Workspace)… createSecret [{"name":"NCBI_API_KEYS","scope":"workspace"}]',
        'Create NCBI_API_KEYS (User)… createSecret [{"name":"NCBI_API_KEYS","scope":"user"}]',
        'Make NCBI_API_KEYS optional',
      ]);
      await untilOffered(script, 'UNUSED_KEY', 5, ['* Read UNUSED_KEY from the environment of the task']);
      await untilOffered(config, 'UNUSED_KEY', 0, ["* Write a list: ['UNUSED_KEY']"]);
      await untilOffered(config, 'UNUSED_KEY', 1, ['Take UNUSED_KEY out of the parameters']);
      assert.deepEqual(titles(await actionsAt(script, 'params', 5)), []);
    });

    it('give the texts that they promise', async () => {
      await apply(script, 'NCBI_API_KEYS', 1, 'Change to');
      await apply(script, 'UNUSED_KEY', 5, 'Read UNUSED_KEY');
      await apply(config, 'UNUSED_KEY', 1, 'Take UNUSED_KEY');
      await apply(config, 'UNUSED_KEY', 0, 'Write a list');
      assert.equal(
        script.getText(),
        `process FETCH {
    secret 'NCBI_API_KEY'
    secret secrets.UNUSED_KEY ? 'UNUSED_KEY' : ''

    script:
    """
    fetch \\$NCBI_API_KEY "\\\${UNUSED_KEY:-none}" "\\$UNUSED_KEY"
    """
}
`,
      );
      assert.equal(config.getText(), "process.secret = ['UNUSED_KEY']\n");
      await untilProblems(script, []);
      await untilProblems(config, []);
    });

    it('are those of the text as it is, however fast it changes', async () => {
      for (let round = 0; round < 10; round++) {
        await write(script, `${'\n'.repeat(round % 3)}${SCRIPT}`);
        const line = 1 + (round % 3);
        // VS Code gives up a question when the text changes: no answer is as good.
        const asked = actionsAt(script, 'NCBI_API_KEYS', line).catch(() => []);
        await write(script, `\n\n\n${SCRIPT}`);
        for (const { edit } of await asked) {
          for (const [, edits] of edit?.entries() ?? [])
            assert.ok([line, 4].includes(edits[0]?.range.start.line ?? -1), JSON.stringify(edits));
        }
      }
    });

    it('of a value in the code name its place, never the value', async () => {
      const token = `ghp_${'a1B2'.repeat(9)}`;
      await write(script, `workflow {\n    key = '${token}'\n}\n`);
      await untilProblems(script, ['1:11-51 Error literal-secret']);
      const actions = await actionsAt(script, token, 1);
      assert.deepEqual(
        actions.map(({ title, command }) => [title, command?.command]),
        [['Move this value into a vault…', 'nextflowSecrets.createSecretFromSelection']],
      );
      assert.ok(!JSON.stringify(actions).includes(token));
    });

    it('rename a secret in all code, and then in its vault; an undo takes both back', async () => {
      await cli(['set', 'OLD_KEY', '--scope', 'workspace'], 'fake-renamed');
      const text = SCRIPT.replaceAll('NCBI_API_KEYS', 'OLD_KEY');
      await write(script, text);
      await write(config, "process.secret = ['OLD_KEY']\n");
      const position = at(script, 'OLD_KEY', 1).start;
      const { range, placeholder } = await vscode.commands.executeCommand<{
        range: vscode.Range;
        placeholder: string;
      }>('vscode.prepareRename', script.uri, position);
      assert.deepEqual([range.start.character, range.end.character, placeholder], [12, 19, 'OLD_KEY']);

      const edit = await rename(position, 'NEW_KEY');
      assert.deepEqual(
        edit
          .entries()
          .map(([uri, edits]) => [uri.path.replace(/.*\//, ''), edits.length])
          .sort(),
        [
          ['fix.config', 1],
          ['fix.nf', 2],
        ],
      );
      assert.ok(names().includes('OLD_KEY'), 'nothing happens before the code is changed');
      await applyUnasked(edit);
      assert.equal(script.getText(), text.replaceAll('OLD_KEY', 'NEW_KEY'));
      await until('the vault follows', () => names().includes('NEW_KEY') && !names().includes('OLD_KEY'));
      await write(config, "process.secret = ['OLD_KEY']\n");
      await write(script, text);
      await until('the vault goes back', () => names().includes('OLD_KEY') && !names().includes('NEW_KEY'));
      await cli(['delete', 'OLD_KEY', '--scope', 'workspace', '--yes']);
    });

    it('refuse a name that is taken or none', async () => {
      await write(script, SCRIPT.replaceAll('NCBI_API_KEYS', 'UNUSED_KEY'));
      const position = at(script, 'UNUSED_KEY', 1).start;
      const before = names();
      await assert.rejects(rename(position, 'NCBI_API_KEY'), /NCBI_API_KEY is set already \(Workspace\)/);
      await assert.rejects(rename(position, 'no-name'), /cannot be a name/);
      assert.deepEqual(names(), before);
    });

    async function rename(position: vscode.Position, name: string): Promise<vscode.WorkspaceEdit> {
      return vscode.commands.executeCommand<vscode.WorkspaceEdit>(
        'vscode.executeDocumentRenameProvider',
        script.uri,
        position,
        name,
      );
    }
  });
}

/** The names in the workspace's vault. */
function names(): string[] {
  const root = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? '';
  const vault = JSON.parse(readFileSync(join(root, '.nf-secrets', 'workspace.sops.json'), 'utf8')) as {
    secrets: Record<string, string>;
  };
  return Object.keys(vault.secrets);
}

async function actionsAt(
  document: vscode.TextDocument,
  text: string,
  line: number,
): Promise<vscode.CodeAction[]> {
  const found = await vscode.commands.executeCommand<vscode.CodeAction[]>(
    'vscode.executeCodeActionProvider',
    document.uri,
    at(document, text, line),
    vscode.CodeActionKind.QuickFix.value,
    // So many are completed, as VS Code does with those that a person looks at.
    100,
  );
  // Chat extensions offer theirs too.
  return found.filter(
    ({ edit, command }) => edit !== undefined || command?.command.startsWith('nextflowSecrets.'),
  );
}

/** Other extensions start meanwhile: VS Code gives up a question when one of them wants to answer too. */
async function untilOffered(
  document: vscode.TextDocument,
  text: string,
  line: number,
  expected: readonly string[],
): Promise<void> {
  assert.deepEqual(titles(await offeredAt(document, text, line, '')), expected);
}

/** The fixes at a place, as soon as there is one whose title begins so. */
async function offeredAt(
  document: vscode.TextDocument,
  text: string,
  line: number,
  title: string,
): Promise<vscode.CodeAction[]> {
  return until(`${title} is offered at ${text}`, async () => {
    const actions = await actionsAt(document, text, line);
    return actions.some((action) => action.title.startsWith(title)) && actions;
  });
}

const titles = (actions: readonly vscode.CodeAction[]): string[] =>
  actions.map(({ title, isPreferred, command }) => {
    const called =
      command === undefined
        ? ''
        : ` ${command.command.replace('nextflowSecrets.', '')} ${JSON.stringify(command.arguments)}`;
    return `${isPreferred === true ? '* ' : ''}${title}${called}`;
  });

async function apply(
  document: vscode.TextDocument,
  text: string,
  line: number,
  title: string,
): Promise<void> {
  const actions = await offeredAt(document, text, line, title);
  const edit = actions.find((action) => action.title.startsWith(title))?.edit;
  assert.ok(edit !== undefined, `${title}: ${titles(actions).join(', ')}`);
  await applyUnasked(edit);
}

/** Without the preview, which nobody could answer here. */
async function applyUnasked(edit: vscode.WorkspaceEdit): Promise<void> {
  const same = new vscode.WorkspaceEdit();
  for (const [uri, edits] of edit.entries()) same.set(uri, edits);
  assert.ok(await vscode.workspace.applyEdit(same));
}
