import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import * as vscode from 'vscode';
import type { World } from '../../../src/core/system/world.ts';
import { ReferenceIndex } from '../../../src/extension/code/reference-index.ts';
import { Arrangement } from '../../../src/extension/state/arrangement.ts';
import { secretItem } from '../../../src/extension/secrets/secret-item.ts';
import { SecretsTree } from '../../../src/extension/secrets/secrets-tree.ts';
import type { SecretNode } from '../../../src/extension/state/secret-nodes.ts';
import { SecretsOverview } from '../../../src/extension/state/secrets-overview.ts';
import { ServiceStores } from '../../../src/extension/state/service-stores.ts';
import { StoresModel } from '../../../src/extension/state/stores-model.ts';
import { openWorld } from '../../../src/extension/world.ts';

/** The tree with its own model, on the workspace of the window. */
export function describeModel(): void {
  describe('the tree of secrets', () => {
    const log = vscode.window.createOutputChannel('Tests of the tree', { log: true });
    const open = (folder: vscode.Uri | undefined): World => openWorld(log, folder);
    const references = new ReferenceIndex(log, open);
    const services = new ServiceStores({ log, openWorld: open, namesIn: () => Promise.resolve([]) });
    const stores = new StoresModel(open, log, services);
    const model = new SecretsOverview(stores, references);
    const arrangement = new Arrangement(model, {
      keys: () => [],
      get: () => undefined,
      update: () => Promise.resolve(),
    });
    const tree = new SecretsTree(model, arrangement);

    before(() => references.buildAll());
    after(() => {
      tree.dispose();
      arrangement.dispose();
      model.dispose();
      stores.dispose();
      services.dispose();
      references.dispose();
      log.dispose();
    });

    /** Label, description and what a screen reader says of each node, indented. */
    async function shown(node?: SecretNode, indent = ''): Promise<string[]> {
      const lines: string[] = [];
      for (const child of await tree.getChildren(node)) {
        const { label, description } = tree.getTreeItem(child);
        lines.push(
          `${indent}${textOf(label)} ${typeof description === 'string' ? description : ''}`.trimEnd(),
        );
        lines.push(...(await shown(child, `${indent}  `)));
      }
      return lines;
    }

    it('shows scopes, what overrides what, what is unused and what is missing', async () => {
      await model.refresh();
      const [folder] = vscode.workspace.workspaceFolders ?? [];
      assert.deepEqual(await shown(), [
        'Missing',
        '  DB_PASSWORD main.nf:23',
        '  SSH_KEY main.nf:37',
        'User',
        '  NCBI_API_KEY overrides workspace',
        `Workspace ${folder?.name ?? ''}`,
        '  NCBI_API_KEY overridden by user',
        '  UNUSED_KEY unused',
      ]);
    });

    it('gives every item an id of its own, a label for screen readers and a parent', async () => {
      const ids = new Set<string>();
      for (const root of await tree.getChildren()) {
        for (const node of [root, ...(await tree.getChildren(root))]) {
          const item = secretItem(node);
          assert.ok(item.id !== undefined && !ids.has(item.id), item.id);
          ids.add(item.id);
          assert.ok(item.accessibilityInformation?.label.startsWith(textOf(item.label)));
          assert.ok(item.contextValue !== undefined && item.iconPath !== undefined);
          if (node !== root) assert.equal(tree.getParent(node), root);
        }
      }
    });

    it('has links to the uses in a tooltip, and no command', async () => {
      const user = (await tree.getChildren()).find((root) => root.kind === 'vault' && root.scope === 'user');
      assert.ok(user !== undefined);
      const [key] = await tree.getChildren(user);
      assert.ok(key !== undefined);
      const { tooltip } = tree.getTreeItem(key);
      assert.ok(tooltip instanceof vscode.MarkdownString);
      assert.match(tooltip.value, /\[main\.nf:8\]\(file:\/\/\/[^)]*main\.nf#8%2C13\)/);
      assert.notEqual(tooltip.isTrusted, true);
    });

    it('follows text that is typed and not saved, and forgets it with the document', async () => {
      const [uri] = await vscode.workspace.findFiles('main.nf');
      assert.ok(uri !== undefined);
      const document = await vscode.workspace.openTextDocument(uri);
      const editor = await vscode.window.showTextDocument(document);
      const changed = nextChange();
      await editor.edit((edit) => {
        edit.replace(document.lineAt(22).range, "    secret 'TYPED_NOW'");
      });
      await changed;
      await untilShown((lines) => lines.some((line) => line.startsWith('  TYPED_NOW main.nf:23')));
      await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
      await untilShown((lines) => lines.some((line) => line.startsWith('  DB_PASSWORD main.nf:23')));
    });

    it('tells only of the rows that have changed, and keeps its elements', async () => {
      const [uri] = await vscode.workspace.findFiles('main.nf');
      assert.ok(uri !== undefined);
      await shown();
      const before = await tree.getChildren();
      const missing = before.find(({ kind }) => kind === 'missingRoot');
      const rows = await tree.getChildren(missing);
      const told: (SecretNode[] | undefined)[] = [];
      const listening = tree.onDidChangeTreeData((elements) => told.push(elements));
      const document = await vscode.workspace.openTextDocument(uri);
      const editor = await vscode.window.showTextDocument(document);
      // Above the last of the missing names, below all others: one row says another line.
      const line = document
        .getText()
        .split('\n')
        .findIndex((text) => text.includes("secret 'SSH_KEY'"));
      await editor.edit((edit) => {
        edit.insert(new vscode.Position(line, 0), '\n');
      });
      await untilShown((lines) => lines.includes(`  SSH_KEY main.nf:${line + 2}`));
      listening.dispose();
      assert.deepEqual(
        told.map((elements) => elements?.map((node) => 'name' in node && node.name)),
        [['SSH_KEY']],
      );
      assert.equal(told[0]?.[0], rows.at(-1));
      const after = await tree.getChildren();
      for (const [index, root] of after.entries()) assert.equal(root, before[index]);
      assert.deepEqual(await tree.getChildren(missing), rows);
      await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
      await untilShown((lines) => lines.includes('  SSH_KEY main.nf:37'));
    });

    it('follows files that come and go', async () => {
      const [folder] = vscode.workspace.workspaceFolders ?? [];
      assert.ok(folder !== undefined);
      const uri = vscode.Uri.joinPath(folder.uri, 'more.config');
      writeFileSync(uri.fsPath, 'params.x = secrets.FROM_CONFIG\n');
      await untilShown((lines) => lines.some((line) => line.startsWith('  FROM_CONFIG more.config:1')));
      await vscode.workspace.fs.delete(uri);
      await untilShown((lines) => lines.every((line) => !line.includes('FROM_CONFIG')));
    });

    it('tells nothing when nothing has changed', async () => {
      let told = 0;
      const listening = tree.onDidChangeTreeData(() => told++);
      await model.refresh();
      await model.refresh();
      listening.dispose();
      assert.equal(told, 0);
    });

    it('escapes what comes from files', () => {
      const entry: SecretNode = {
        ...{ kind: 'secret', name: 'EVIL', scope: 'workspace', workspace: undefined },
        info: {
          version: '',
          created: null,
          updated: '2026-01-02T03:04:05Z',
          updatedBy: '[x](command:evil)',
          description: '**bold** <img src=x> [run](command:workbench.action.quit) $(flame)\u001b[31m',
          exposed: [],
          expires: null,
        },
        ...{ overrides: [], overriddenBy: undefined, lastUsed: null, uses: [], unused: false },
      };
      const { tooltip } = secretItem(entry);
      assert.ok(tooltip instanceof vscode.MarkdownString);
      assert.ok(!tooltip.value.includes('](command:'), tooltip.value);
      assert.ok(!tooltip.value.includes('**bold'), tooltip.value);
      assert.notEqual(tooltip.supportHtml, true);
      assert.notEqual(tooltip.supportThemeIcons, true);
      assert.ok(!tooltip.value.includes('\u001b'));
    });

    async function untilShown(expected: (lines: string[]) => boolean): Promise<void> {
      for (let looks = 0; looks < 300; looks++) {
        const lines = await shown();
        if (expected(lines)) return;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      assert.fail((await shown()).join('\n'));
    }

    function nextChange(): Promise<void> {
      return new Promise((resolve) => {
        const listening = model.onDidChange(() => {
          listening.dispose();
          resolve();
        });
      });
    }
  });
}

const textOf = (label: vscode.TreeItem['label']): string =>
  typeof label === 'string' ? label : (label?.label ?? '');
