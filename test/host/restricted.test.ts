import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Sandbox } from '../fixtures/sandbox.ts';
import { workspaceVaultFile } from '../fixtures/places.ts';
import { pictureOfFailure, Session, useExample } from './vscode/session.ts';

describe('Restricted Mode @vscode', () => {
  let session: Session;
  let vault: string;

  before(async () => {
    session = await Session.open(
      new Sandbox(),
      async (sandbox) => {
        useExample(sandbox);
        await sandbox.ok(['set', 'NCBI_API_KEY'], { input: 'fake-own' });
        await sandbox.ok(['set', 'NCBI_API_KEY', '--scope', 'workspace'], { input: 'fake-shared' });
        vault = readFileSync(workspaceVaultFile(sandbox), 'utf8');
        // Only git reads this list.
        execFileSync('git', ['init', '-q', sandbox.workspace]);
        mkdirSync(join(sandbox.workspace, '.git', 'info'), { recursive: true });
        writeFileSync(join(sandbox.workspace, '.git', 'info', 'exclude'), 'old.nf\n');
        writeFileSync(join(sandbox.workspace, 'old.nf'), "process P {\n    secret 'OLD_KEY'\n}\n");
      },
      { trust: true },
    );
    await session.workbench.showSideBar('Nextflow Secrets');
  });
  afterEach(pictureOfFailure(() => session));
  after(() => session.close());

  it('shows names and where they are used, and says that there is no more', async () => {
    const { workbench } = session;
    const view = workbench.view('Secrets');
    await workbench.row(view, 'DB_PASSWORD').waitFor();
    await view.filter({ hasText: 'Restricted Mode: names and references only.' }).waitFor();
    await workbench.untilRows(view, [
      'Missing',
      'DB_PASSWORD main.nf:23',
      'OLD_KEY old.nf:2',
      'SSH_KEY main.nf:37',
      'User',
      'NCBI_API_KEY overrides workspace',
      'Workspace workspace',
      'NCBI_API_KEY overridden by user',
    ]);
  });

  it('offers nothing that decrypts, changes or starts something', async () => {
    const { workbench, window } = session;
    await window.page.keyboard.press('F1');
    await workbench.input.fill('>Nextflow Secrets: ');
    await workbench.options.filter({ hasText: 'Nextflow Secrets: Show Log' }).waitFor();
    const titles = (await workbench.options.allInnerTexts()).join('\n');
    for (const acting of [
      'Create',
      'Update',
      'Delete',
      'Rename',
      'Copy Value',
      'Launch',
      'Clean Up',
      'Import',
    ]) {
      assert.ok(!titles.includes(`Nextflow Secrets: ${acting}`), titles);
    }
    await window.page.keyboard.press('Escape');
    const row = workbench.row(workbench.view('Secrets'), 'DB_PASSWORD');
    await row.hover();
    assert.equal(await row.locator('.action-label[aria-label^="Create Secret"]').count(), 0);
    await workbench.openFile('main.nf');
    await window.page.locator('.codelens-decoration', { hasText: 'User overrides Workspace' }).waitFor();
    await window.page.keyboard.press('Control+End');
    assert.equal(await window.page.locator('.codelens-decoration a').count(), 0);
  });

  it('refuses by key what the menus do not offer, with the way to trust', async () => {
    const { workbench, window } = session;
    await workbench.row(workbench.view('Secrets'), 'NCBI_API_KEY').first().click();
    await window.page.keyboard.press('Delete');
    const toast = workbench.notification('In Restricted Mode no secret is decrypted or changed');
    await toast.waitFor();
    await workbench.command('Notifications: Clear All Notifications');
    const own = workbench.row(workbench.view('Secrets'), 'NCBI_API_KEY').first();
    await own.dragTo(workbench.row(workbench.view('Secrets'), 'Workspace'));
    await toast.waitFor();
    assert.equal(readFileSync(workspaceVaultFile(session.sandbox), 'utf8'), vault);
    await toast.locator('.monaco-button', { hasText: 'Manage Workspace Trust' }).click();
    await window.page.locator('.workspace-trust-editor').waitFor();
  });

  it('shows all that it can do once the folder is trusted', async () => {
    const { workbench, window } = session;
    await window.page
      .locator('.workspace-trust-editor .monaco-button', { hasText: /^Trust$/ })
      .first()
      .click();
    await workbench.ready();
    await workbench.showSideBar('Nextflow Secrets');
    const row = workbench.row(workbench.view('Secrets'), 'DB_PASSWORD');
    await row.waitFor();
    await row.hover();
    await row.locator('.action-label[aria-label^="Create Secret"]').waitFor();
    assert.ok(existsSync(workspaceVaultFile(session.sandbox)));
    // Now git says what it ignores.
    await workbench.row(workbench.view('Secrets'), 'OLD_KEY').waitFor({ state: 'detached' });
  });
});
