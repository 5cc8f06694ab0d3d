import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { recordLeaks } from '../../../src/core/leaks/record.ts';
import { localWorld, type World } from '../../../src/core/system/world.ts';
import { LeaksModel } from '../../../src/extension/leaks/leaks-model.ts';
import { RunsModel } from '../../../src/extension/runs/runs-model.ts';
import { RunsTree } from '../../../src/extension/runs/runs-tree.ts';
import { until } from '../../fixtures/until.ts';

const textOf = (label: vscode.TreeItem['label']): string =>
  typeof label === 'string' ? label : (label?.label ?? '');

const RUN = 'abcdefghijkl';

/** Leaks of runs, from records: on a home of their own, and in the window. */
export function describeLeaks(): void {
  describe('leaks of runs', () => {
    const home = mkdtempSync(join(realpathSync(tmpdir()), 'nf-secrets-leaks-'));
    const worldOf = (toolHome: string): World =>
      localWorld({
        env: { ...process.env, NF_SECRETS_HOME: toolHome },
        cwd: home,
        say: () => undefined,
        notice: () => undefined,
        ask: () => Promise.resolve(undefined),
      });
    const world = worldOf(home);
    const leaks = new LeaksModel(world);
    const model = new RunsModel(world);
    const tree = new RunsTree(model, leaks);
    after(() => {
      tree.dispose();
      model.dispose();
      leaks.dispose();
      rmSync(home, { recursive: true });
    });

    type Leak = Parameters<typeof recordLeaks>[0]['leaks'][number];
    const leak = (file: string, more: Partial<Leak> = {}): Leak => ({
      ...{ name: 'NCBI_API_KEY', file, line: 2, form: 'raw', count: 1 },
      ...more,
    });
    type Record = Parameters<typeof recordLeaks>[0];
    const record = (of: World, found: Pick<Record, 'leaks'> & Partial<Record>): Promise<void> => {
      const { leaks: list, ...more } = found;
      const all = {
        ...{ runId: RUN, pipeline: 'main.nf', directory: home, leaks: list, causes: [], complete: true },
        ...{ notLookedAt: [] },
        ...more,
      };
      return recordLeaks(all, of);
    };
    const rows = async (): Promise<string[]> => {
      await leaks.refresh();
      const found: string[] = [];
      for (const node of await tree.getChildren()) {
        const { label, description } = tree.getTreeItem(node);
        found.push(`${textOf(label)} | ${String(description).replace(/ · [^·]*$/, '')}`);
      }
      return found;
    };

    it('are counted, and so is what was not looked at; they go with their files and their record', async () => {
      assert.deepEqual(await rows(), []);
      const file = join(home, 'report.html');
      writeFileSync(file, 'fake\n');
      await record(world, { leaks: [leak(file), leak(file, { name: 'OTHER', line: null, form: 'JSON' })] });
      assert.deepEqual(await rows(), ['main.nf | 2 leaks']);
      const [group] = await tree.getChildren();
      const items = (await tree.getChildren(group)).map((node) => tree.getTreeItem(node));
      assert.deepEqual(
        items.map(({ label, description }) => `${textOf(label)} | ${String(description)}`),
        ['NCBI_API_KEY | report.html:2 · raw', 'OTHER | report.html · JSON'],
      );
      assert.equal(items[0]?.command?.command, 'vscode.open');
      await record(world, { leaks: [leak(file), leak(join(home, 'gone.txt'))], complete: false });
      assert.deepEqual(await rows(), ['main.nf | 1 leak · not all was looked at']);
      rmSync(file);
      assert.deepEqual(await rows(), []);
      await record(world, { leaks: [], complete: false });
      assert.deepEqual(await rows(), ['main.nf | not all was looked at']);
      rmSync(join(home, 'leaks', `${RUN}.json`));
      assert.deepEqual(await rows(), []);
    });

    it('show nothing but text of what a record has', async () => {
      const evil = 'evil [x](command:workbench.action.quit)\u001b[31m';
      const file = join(home, 'a [x](command:y) **b**');
      writeFileSync(file, 'fake\n');
      await record(world, { leaks: [leak(file, { name: evil })], pipeline: evil });
      await leaks.refresh();
      const [group] = await tree.getChildren();
      assert.ok(group !== undefined);
      for (const node of [group, ...(await tree.getChildren(group))]) {
        const { label, description, tooltip } = tree.getTreeItem(node);
        const text = tooltip instanceof vscode.MarkdownString ? tooltip.value : String(tooltip);
        assert.ok(!JSON.stringify([label, description, text]).includes('u001b'), text);
        assert.ok(!text.includes('](command:') && !text.includes('**b'), text);
      }
      writeFileSync(join(home, 'leaks', `${RUN}.json`), '{"leaks": [{}]}');
      assert.deepEqual(await rows(), []);
    });

    it('are problems in the file and at the code that did it, with what to do', async () => {
      const root = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? '';
      const folder = join(root, 'leaking');
      mkdirSync(folder);
      const own = worldOf(process.env['NF_SECRETS_HOME'] ?? '');
      const script = 'process P {\n    script:\n    "x ${secrets.UNUSED_KEY}"\n}\nworkflow { P() }\n';
      writeFileSync(join(folder, 'main.nf'), script);
      const log = vscode.Uri.file(join(folder, 'run.log'));
      writeFileSync(log.fsPath, 'first\nsecond\n');
      const ours = (uri: vscode.Uri): vscode.Diagnostic[] =>
        vscode.languages
          .getDiagnostics(uri)
          .filter(({ code }) => typeof code === 'object' && code.value === 'leak');
      try {
        await record(own, {
          directory: folder,
          leaks: [leak(log.fsPath, { name: 'UNUSED_KEY', count: 3 })],
          causes: [{ name: 'UNUSED_KEY', file: 'main.nf', line: 3, code: 'in-script' }],
        });
        const code = vscode.Uri.file(join(folder, 'main.nf'));
        await until('both are problems', () => ours(log).length === 1 && ours(code).length === 1);
        const [found] = ours(log);
        assert.ok(found !== undefined);
        assert.equal(found.range.start.line, 1);
        assert.match(
          found.message,
          /^The value of UNUSED_KEY is in this file \(raw, 3 times\), after the run of main\.nf\./,
        );
        assert.deepEqual(
          found.relatedInformation?.map(({ location, message }) => [
            location.uri.path,
            location.range.start.line,
            message,
          ]),
          [
            [
              code.path,
              2,
              "writes secrets.UNUSED_KEY into the script; use the directive secret 'UNUSED_KEY'",
            ],
          ],
        );
        assert.match(
          ours(code)[0]?.message ?? '',
          /^The value of UNUSED_KEY was found in 1 file after a run\./,
        );
        const document = await vscode.workspace.openTextDocument(log);
        const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
          'vscode.executeCodeActionProvider',
          document.uri,
          found.range,
        );
        assert.deepEqual(
          actions.map(({ title, command }) => [title, command?.command, command?.arguments]),
          [
            [
              'Give UNUSED_KEY a new value (Workspace)…',
              'nextflowSecrets.updateSecret',
              [{ name: 'UNUSED_KEY', scope: 'workspace' }],
            ],
            ['Dismiss the leaks of this run of main.nf', 'nextflowSecrets.dismissLeaks', [RUN]],
          ],
        );
        await vscode.commands.executeCommand('nextflowSecrets.dismissLeaks', RUN);
        await until('none is', () => ours(log).length + ours(code).length === 0);
      } finally {
        await vscode.commands.executeCommand('workbench.action.closeAllEditors');
        rmSync(folder, { recursive: true });
      }
    });
  });
}
