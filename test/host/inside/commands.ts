import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { until } from '../../fixtures/until.ts';
import manifest from '../../../package.json' with { type: 'json' };

/** Commands and activation, as any other extension sees them. */
export function describeCommands(): void {
  describe('the extension in its host', () => {
    const extension = vscode.extensions.getExtension(`${manifest.publisher}.${manifest.name}`);

    it('is activated by the code of the workspace, and hands out nothing', async () => {
      assert.ok(extension !== undefined);
      const exported: unknown = await extension.activate();
      assert.equal(exported, undefined);
      assert.equal(extension.extensionKind, vscode.ExtensionKind.Workspace);
    });

    it('registers every command that the manifest has, and no other', async () => {
      const registered = (await vscode.commands.getCommands(true)).filter(
        // VS Code adds commands for each view by itself.
        (id) => id.startsWith('nextflowSecrets.') && !/^nextflowSecrets\.(secrets|runs|platform)\./.test(id),
      );
      const declared = manifest.contributes.commands.map(({ command }) => command);
      assert.deepEqual(registered.sort(), declared.sort());
    });

    it('returns nothing from a command', async () => {
      assert.equal(await vscode.commands.executeCommand('nextflowSecrets.refresh'), undefined);
      assert.equal(
        await vscode.commands.executeCommand('nextflowSecrets.copySecretName', { name: 'NCBI_API_KEY' }),
        undefined,
      );
      assert.equal(await vscode.env.clipboard.readText(), 'NCBI_API_KEY');
    });

    it('exports names alone', async () => {
      await vscode.commands.executeCommand('nextflowSecrets.exportNames');
      assert.equal(vscode.window.activeTextEditor?.document.getText(), 'NCBI_API_KEY\nUNUSED_KEY\n');
      await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
    });

    it('shows the plan as a text, from names alone', async () => {
      await vscode.commands.executeCommand('nextflowSecrets.showPlan');
      const text = vscode.window.activeTextEditor?.document.getText() ?? '';
      assert.match(text, /NCBI_API_KEY {2}user, overrides workspace\n {4}main\.nf:8 {2}SEARCH_NCBI/);
      assert.match(text, /Missing[^\n]*\n {2}DB_PASSWORD {2}Create Secret…\n {4}main\.nf:23/);
      const plan = vscode.window.activeTextEditor?.document;
      assert.equal(plan?.languageId, 'plaintext');
      const links = await vscode.commands.executeCommand<vscode.DocumentLink[]>(
        'vscode.executeLinkProvider',
        plan.uri,
      );
      const shown = links.map(({ range, target }) => [
        plan.getText(range),
        target?.scheme === 'file' ? `#${target.fragment}` : target?.scheme,
      ]);
      assert.deepEqual(shown.slice(0, 3), [
        ['main.nf:8', '#8'],
        ['Create Secret…', 'command'],
        ['main.nf:23', '#23'],
      ]);
      await vscode.commands.executeCommand('workbench.action.closeActiveEditor');
    });

    it('shows in the plan where it goes, and what goes to AWS', async () => {
      const settings = vscode.workspace.getConfiguration('nextflowSecrets');
      const set = (name: string, value: unknown): Thenable<void> =>
        settings.update(name, value, vscode.ConfigurationTarget.Global);
      await set('launch.target', 'aws-batch');
      await set('aws.region', 'eu-west-1');
      try {
        await vscode.commands.executeCommand('nextflowSecrets.showPlan');
        const text = await until('the plan is that of the settings', () => {
          const shown = vscode.window.activeTextEditor?.document.getText() ?? '';
          return shown.includes('Region: eu-west-1') && shown;
        });
        assert.match(
          text,
          /\nAWS\n {2}Target: AWS Batch\n {2}Region: eu-west-1 \(setting nextflowSecrets\.aws\.region\)\n {2}Profile: that of your AWS configuration\n/,
        );
        assert.match(text, /NCBI_API_KEY {2}user, overrides workspace {2}secrets-manager\n/);
        await vscode.commands.executeCommand('workbench.action.closeActiveEditor');
      } finally {
        for (const name of ['launch.target', 'aws.region']) await set(name, undefined);
      }
    });

    it('has a lens above the entry workflow and nowhere else', async () => {
      const [uri] = await vscode.workspace.findFiles('main.nf');
      assert.ok(uri !== undefined);
      const document = await vscode.workspace.openTextDocument(uri);
      const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>(
        'vscode.executeCodeLensProvider',
        uri,
      );
      const ours = lenses.filter(({ command }) => command?.command === 'nextflowSecrets.launchPipeline');
      assert.equal(ours.length, 1);
      const line = ours[0]?.range.start.line ?? -1;
      assert.match(document.lineAt(line).text, /^workflow \{/);
      assert.deepEqual(ours[0]?.command?.arguments, [uri.toString()]);
    });
  });
}
