import assert from 'node:assert/strict';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { at, untilProblems, write } from './editor.ts';

const TOKEN = `ghp_${'a1B2'.repeat(9)}`;

/** Keys in the files beside the code, on the disk and open. */
export function describeCompanions(): void {
  describe('keys beside the code', () => {
    let folder = '';
    const uriOf = (...path: string[]): vscode.Uri => vscode.Uri.file(join(folder, ...path));
    const place = (text: string, ...path: string[]): vscode.Uri => {
      const uri = uriOf(...path);
      mkdirSync(join(uri.fsPath, '..'), { recursive: true });
      writeFileSync(uri.fsPath, text);
      return uri;
    };

    before(() => {
      folder = join(vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? '', 'beside');
      mkdirSync(folder);
    });
    after(async () => {
      await vscode.commands.executeCommand('workbench.action.closeAllEditors');
      rmSync(folder, { recursive: true });
    });

    it('are problems in files that nobody opened, follow them, and go with them; placeholders are none', async () => {
      place('*.env\n', '.gitignore');
      const params = place(`github_token: '${TOKEN}'\n`, 'params.yml');
      const program = place(`#!/bin/sh\ncurl -H 'x: ${TOKEN}' x\n`, 'bin', 'fetch');
      const image = place(`FROM x\nENV GITHUB_TOKEN=${TOKEN}\n`, 'Dockerfile');
      const placeholder = place("github_token: 'YOUR_TOKEN'\nncbi_api_key: '<your key>'\n", 'example.yml');
      const ignored = place(`GITHUB_TOKEN=${TOKEN}\n`, 'own.env');
      const inWork = place(`github_token: '${TOKEN}'\n`, 'work', 'params.yml');
      symlinkSync(params.fsPath, uriOf('link.yml').fsPath);
      await untilProblems({ uri: params }, ['0:15-55 Error literal-secret']);
      await untilProblems({ uri: program }, ['1:12-52 Error literal-secret']);
      await untilProblems({ uri: image }, ['1:17-57 Error literal-secret']);
      for (const uri of [placeholder, ignored, inWork, uriOf('link.yml')]) await untilProblems({ uri }, []);
      const [found] = vscode.languages.getDiagnostics(params);
      assert.ok(found !== undefined && !found.message.includes(TOKEN));
      assert.match(found.message, /give the process that uses it secret 'NAME'/);
      writeFileSync(params.fsPath, `outdir: results\ngithub_token: '${TOKEN}'\n`);
      await untilProblems({ uri: params }, ['1:15-55 Error literal-secret']);
      rmSync(params.fsPath);
      await untilProblems({ uri: params }, []);
    });

    it('are found while they are typed, also in what git ignores, and can be put into a vault', async () => {
      const document = await vscode.workspace.openTextDocument(uriOf('own.env'));
      await untilProblems(document, ['0:13-53 Error literal-secret']);
      await write(document, `A=1\nGITHUB_TOKEN=${TOKEN}\n`);
      await untilProblems(document, ['1:13-53 Error literal-secret']);
      const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
        'vscode.executeCodeActionProvider',
        document.uri,
        at(document, TOKEN, 1),
      );
      const [action, ...others] = actions.filter(({ command }) =>
        command?.command.startsWith('nextflowSecrets.'),
      );
      assert.deepEqual(others, []);
      assert.equal(action?.title, 'Put this value into a vault…');
      assert.equal(action.command?.command, 'nextflowSecrets.createSecretFromSelection');
      assert.ok(!JSON.stringify(action.command.arguments).includes(TOKEN));
      await write(document, 'A=1\nGITHUB_TOKEN=\n');
      await untilProblems(document, []);
      await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
    });
  });
}
