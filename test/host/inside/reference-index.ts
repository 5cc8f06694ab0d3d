import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { ReferenceIndex } from '../../../src/extension/code/reference-index.ts';
import { until } from '../../fixtures/until.ts';
import { openWorld } from '../../../src/extension/world.ts';

/** The index of the workspace of the window, by itself. */
export function describeIndex(): void {
  describe('the index of references', () => {
    const log = vscode.window.createOutputChannel('Tests of the index', { log: true });
    let folder = '';
    let index: ReferenceIndex;

    before(() => {
      folder = join(vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? '', 'indexed');
      mkdirSync(folder);
      for (let number = 0; number < 50; number++) {
        writeFileSync(join(folder, `m${number}.nf`), `process P${number} {\n    secret 'KEY_${number}'\n}\n`);
      }
    });
    beforeEach(() => {
      index = new ReferenceIndex(log, (uri) => openWorld(log, uri));
    });
    afterEach(() => {
      index.dispose();
    });
    after(async () => {
      await vscode.commands.executeCommand('workbench.action.closeAllEditors');
      rmSync(folder, { recursive: true });
      log.dispose();
    });

    const uriOf = (name: string): vscode.Uri => vscode.Uri.file(join(folder, name));
    const namesIn = (name: string): string[] =>
      index.files.get(uriOf(name).toString())?.scan.references.map((reference) => reference.name) ?? [];

    it('scans after a key stroke the changed file alone, and files that come and change alone', async () => {
      await index.buildAll();
      // The last of the files above may be told of only now: what is told of after them comes behind.
      writeFileSync(join(folder, 'last.nf'), "process L {\n    secret 'LAST_KEY'\n}\n");
      await until('the last file is known', () => namesIn('last.nf').length === 1);
      const before = new Map(index.files);
      const changed = (): string[] =>
        [...index.files].filter(([uri, file]) => before.get(uri) !== file).map(([uri]) => uri);

      const document = await vscode.workspace.openTextDocument(uriOf('m7.nf'));
      const edit = new vscode.WorkspaceEdit();
      edit.insert(document.uri, new vscode.Position(2, 0), "    secret 'TYPED_KEY'\n");
      await vscode.workspace.applyEdit(edit);
      await index.settle();
      assert.deepEqual(namesIn('m7.nf'), ['KEY_7', 'TYPED_KEY']);
      assert.deepEqual(changed(), [document.uri.toString()]);

      writeFileSync(join(folder, 'new.nf'), "process N {\n    secret 'NEW_KEY'\n}\n");
      await until('the new file is known', () => namesIn('new.nf').length === 1);
      writeFileSync(join(folder, 'm9.nf'), "process N {\n    secret 'CHANGED_KEY'\n}\n");
      await until('the changed file is known', () => namesIn('m9.nf')[0] === 'CHANGED_KEY');
      assert.deepEqual(
        changed().sort(),
        ['m7.nf', 'm9.nf', 'new.nf'].map((name) => uriOf(name).toString()).sort(),
      );
    });

    it('takes unsaved text for the file, also when it is built while the text is dirty', async () => {
      await index.buildAll();
      // The saved text may be told of after the build.
      await until('the unsaved text counts', () => namesIn('m7.nf').join() === 'KEY_7,TYPED_KEY');
      await vscode.window.showTextDocument(uriOf('m7.nf'));
      await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
      await until('the text is gone', () => namesIn('m7.nf').join() === 'KEY_7');
    });

    it('ends when it is no longer wanted', async () => {
      const building = index.buildAll();
      index.dispose();
      await building;
      assert.equal(index.isComplete(vscode.workspace.workspaceFolders?.[0]?.uri.toString()), false);
    });

    it('forgets a file that git ignores from now on, and finds it again', async () => {
      await index.buildAll();
      const ignore = join(folder, '.gitignore');
      writeFileSync(ignore, 'm3.nf\n');
      await until('it is ignored', () => namesIn('m3.nf').length === 0);
      assert.equal(namesIn('m4.nf').length, 1);
      rmSync(ignore);
      await until('it is found again', () => namesIn('m3.nf').length === 1);
    });
  });
}
