import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { nearEnd } from '../../../src/core/secrets/expiry.ts';
import { NO_INFO } from '../../../src/core/secrets/secret-store.ts';
import type { World } from '../../../src/core/system/world.ts';
import { secretItem } from '../../../src/extension/secrets/secret-item.ts';
import type { SecretEntry } from '../../../src/extension/state/secret-nodes.ts';
import { ServiceStores } from '../../../src/extension/state/service-stores.ts';
import { StoresModel } from '../../../src/extension/state/stores-model.ts';
import { openWorld } from '../../../src/extension/world.ts';
import { at, cli, hover, untilProblems } from './editor.ts';

const DAY = '2027-01-31';
const SCRIPT = `process FETCH {
    secret 'UNUSED_KEY'

    script:
    'fetch'
}
workflow { x = secrets.UNUSED_KEY }
`;

/** The day that a value expires: where it is shown, and what it leads to. */
export function describeExpiry(): void {
  describe('the day that a secret expires', () => {
    const entryAt = (now: string): SecretEntry => ({
      ...{ kind: 'secret', name: 'TOKEN', scope: 'user', workspace: undefined },
      info: { ...NO_INFO, expires: DAY },
      end: nearEnd(DAY, new Date(now)),
      ...{ overrides: [], overriddenBy: undefined, lastUsed: null, uses: [], unused: false },
    });
    for (const [now, description, icon, tooltip] of [
      ['2027-01-23T12:00:00Z', '', 'key', 'Expires on 2027-01-31'],
      ['2027-01-24T12:00:00Z', 'expires in 7 days', 'warning', 'Expires on 2027-01-31, in 7 days'],
      ['2027-01-30T00:00:00Z', 'expires tomorrow', 'warning', 'Expires on 2027-01-31, tomorrow'],
      ['2027-01-31T23:59:59Z', 'expires today', 'warning', 'Expires on 2027-01-31, today'],
      ['2027-02-01T00:00:00Z', 'expired', 'error', 'Expired on 2027-01-31'],
    ] as const) {
      it(`is in the view at ${now}: ${description || 'not yet'}`, () => {
        const item = secretItem(entryAt(now));
        assert.equal(item.description, description);
        assert.ok(item.iconPath instanceof vscode.ThemeIcon && item.tooltip instanceof vscode.MarkdownString);
        assert.equal(item.iconPath.id, icon);
        const text = item.tooltip.value.replaceAll('&nbsp;', ' ').replaceAll('\\', '');
        assert.ok(text.split('\n').includes(tooltip), text);
        assert.ok(item.accessibilityInformation?.label.endsWith(description));
      });
    }

    it('is read from the vaults, and comes near as the clock goes on', async () => {
      let now = new Date('2027-01-20T00:00:00Z');
      const log = vscode.window.createOutputChannel('Tests of days', { log: true });
      const open = (folder: vscode.Uri | undefined): World => ({ ...openWorld(log, folder), now: () => now });
      const services = new ServiceStores({ log, openWorld: open, namesIn: () => Promise.resolve([]) });
      const stores = new StoresModel(open, log, services);
      const left = async (): Promise<unknown> => {
        await stores.refresh();
        const rows = stores.stores.flatMap(({ rows: all }) => all);
        return rows.find(({ name, scope }) => name === 'UNUSED_KEY' && scope === 'workspace')?.end;
      };
      try {
        await cli(['set', 'UNUSED_KEY', '--scope', 'workspace', '--keep-value', '--expires', DAY]);
        assert.equal(await left(), undefined);
        now = new Date('2027-01-26T00:00:00Z');
        assert.deepEqual(await left(), { day: DAY, left: 5 });
        now = new Date('2027-03-01T00:00:00Z');
        assert.deepEqual(await left(), { day: DAY, left: -29 });
      } finally {
        stores.dispose();
        services.dispose();
        log.dispose();
        await cli(['set', 'UNUSED_KEY', '--scope', 'workspace', '--keep-value', '--expires', 'never']);
      }
    });

    it('is a problem where the secret is used, in its hover and page, and fixes ask for another one', async () => {
      const folder = join(vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? '', 'ends');
      mkdirSync(folder);
      writeFileSync(join(folder, 'ends.nf'), SCRIPT);
      const script = await vscode.workspace.openTextDocument(join(folder, 'ends.nf'));
      try {
        await untilProblems(script, []);
        await cli(['set', 'UNUSED_KEY', '--scope', 'workspace', '--keep-value', '--expires', '3d']);
        await untilProblems(script, ['1:12-22 Warning expires', '6:23-33 Hint expires']);
        assert.match(await hover(script, 'UNUSED_KEY', 1), /Expires on [\d-]+, in 3 days/);
        const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
          'vscode.executeCodeActionProvider',
          script.uri,
          at(script, 'UNUSED_KEY', 1),
        );
        const ours = actions.filter(({ command }) => command?.command.startsWith('nextflowSecrets.'));
        assert.deepEqual(
          ours.map(({ title, command, isPreferred }) => [
            title,
            command?.command,
            command?.arguments,
            isPreferred,
          ]),
          [
            [
              'Give UNUSED_KEY a new value (Workspace)…',
              'nextflowSecrets.updateSecret',
              [{ name: 'UNUSED_KEY', scope: 'workspace' }],
              true,
            ],
            [
              'Set the expiry of UNUSED_KEY…',
              'nextflowSecrets.setExpiry',
              [{ name: 'UNUSED_KEY', scope: 'workspace' }],
              undefined,
            ],
          ],
        );
        const [location] = await vscode.commands.executeCommand<vscode.Location[]>(
          'vscode.executeDefinitionProvider',
          script.uri,
          at(script, 'UNUSED_KEY', 1).start,
        );
        assert.ok(location !== undefined);
        const page = await vscode.workspace.openTextDocument(location.uri);
        assert.match(page.getText(), /\n {2}Expires on [\d-]+, in 3 days\n[^]*Set expiry…/);
        await cli(['set', 'UNUSED_KEY', '--scope', 'workspace', '--keep-value', '--expires', 'never']);
        await untilProblems(script, []);
      } finally {
        await vscode.commands.executeCommand('workbench.action.closeAllEditors');
        rmSync(folder, { recursive: true });
      }
    });
  });
}
