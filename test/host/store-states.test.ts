import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { Sandbox } from '../fixtures/sandbox.ts';
import { userVaultFile, workspaceVaultFile } from '../fixtures/places.ts';
import { pictureOfFailure, Session, useExample } from './vscode/session.ts';

describe('a vault that cannot be used, where it is shown @vscode', () => {
  let session: Session;
  let ada: Sandbox;

  before(async () => {
    // Somebody else has made the vault of the workspace.
    ada = new Sandbox();
    await ada.ok(['set', 'TEAM_KEY', '--scope', 'workspace'], { input: 'fake-shared' });
    session = await Session.open(new Sandbox(), async (sandbox) => {
      useExample(sandbox);
      cpSync(join(ada.workspace, '.nf-secrets'), join(sandbox.workspace, '.nf-secrets'), { recursive: true });
      await sandbox.ok(['set', 'OWN_KEY'], { input: 'fake-own' });
    });
    await session.workbench.showSideBar('Nextflow Secrets');
  });
  afterEach(pictureOfFailure(() => session));
  after(async () => {
    await session.close();
    ada.remove();
  });

  it('says that no key of the person opens it, and asks for membership by a button', async () => {
    const { workbench } = session;
    const view = workbench.view('Secrets');
    await workbench.row(view, 'TEAM_KEY').waitFor();
    await workbench.untilRows(view, (rows) =>
      rows.some(({ label, description }) => label === 'Workspace' && description === 'workspace · no member'),
    );
    const row = workbench.row(view, 'Workspace');
    await workbench.tooltip(row, 'None of your keys opens it.');
    await row.hover();
    assert.equal(await row.locator('.action-label[aria-label^="Create Secret"]').count(), 0);
    await row.locator('.action-label[aria-label^="Copy Request to Become a Member"]').click();
    await workbench.dialog.filter({ hasText: 'is in the clipboard' }).waitFor();
    await workbench.press('OK');
    assert.match(await workbench.clipboard(), /^nf-secrets-request\.v1\./);
  });

  it('says that it is damaged, opens the file by a button, and is well again when that is', async () => {
    const { workbench, sandbox, window } = session;
    const view = workbench.view('Secrets');
    for (const [root, path, description] of [
      ['Workspace', workspaceVaultFile(sandbox), 'workspace · damaged'],
      ['User', userVaultFile(sandbox), 'damaged'],
    ] as const) {
      const before = readFileSync(path);
      writeFileSync(path, '{ "half": ');
      await workbench.untilRows(view, (rows) =>
        rows.some((row) => row.label === root && row.description === description),
      );
      const row = workbench.row(view, root);
      await row.hover();
      await row.locator('.action-label[aria-label^="Open File"]').click();
      await window.page.locator(`.tab.active[data-resource-name$=".sops.json"]`).waitFor();
      writeFileSync(path, before);
      await workbench.untilRows(view, (rows) => rows.every((one) => !one.description.endsWith('damaged')));
    }
  });
});
