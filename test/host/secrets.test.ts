import assert from 'node:assert/strict';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Locator } from 'playwright-core';
import { Sandbox } from '../fixtures/sandbox.ts';
import { userVaultFile, workspaceVaultFile } from '../fixtures/places.ts';
import { valuesOf } from '../fixtures/vault-values.ts';
import { pictureOfFailure, Session, useExample } from './vscode/session.ts';
import type { Row } from './vscode/workbench.ts';

describe('the view of secrets, by hand @vscode', () => {
  let session: Session;
  let sandbox: Sandbox;

  before(async () => {
    const settings = { 'nextflowSecrets.clipboardClearSeconds': 2 };
    session = await Session.open(new Sandbox(), useExample, { settings });
    sandbox = session.sandbox;
    await session.workbench.showSideBar('Nextflow Secrets');
  });
  afterEach(pictureOfFailure(() => session));
  after(() => session.close());

  const untilRows = (expected: (rows: readonly Row[]) => boolean): Promise<void> =>
    session.workbench.untilRows(session.workbench.view('Secrets'), expected);

  const below = (rows: readonly Row[], root: string): Row[] => {
    const at = rows.findIndex(({ label, level }) => level === 1 && label === root);
    const rest = rows.slice(at + 1);
    const end = rest.findIndex(({ level }) => level === 1);
    return at < 0 ? [] : end < 0 ? rest : rest.slice(0, end);
  };

  it('shows what the code refers to and nobody has set', async () => {
    const missing = ['DB_PASSWORD main.nf:23', 'NCBI_API_KEY main.nf:8', 'SSH_KEY main.nf:37'];
    await untilRows((all) =>
      isDeepStrictEqual(
        below(all, 'Missing').map(({ label, description }) => `${label} ${description}`),
        missing,
      ),
    );
    const badge = session.window.page.locator('.activitybar [role="tab"]', {
      has: session.window.page.locator('a[aria-label^="Nextflow Secrets"]'),
    });
    await badge.locator('.badge-content', { hasText: '3' }).waitFor();
  });

  it('creates a secret from the palette: scope, name, hidden value, description', async () => {
    const { workbench } = session;
    await workbench.command('Nextflow Secrets: Create Secret');
    await workbench.choose('User');
    await workbench.asked('Choose a missing name');
    await workbench.choose('NCBI_API_KEY');
    await workbench.quickInput.locator('input[type="password"]').waitFor();
    await workbench.answer('fake-value-of-mine', 'The value of NCBI_API_KEY');
    await workbench.answer('my own key', 'What NCBI_API_KEY is for');
    await untilRows(
      (all) => below(all, 'User')[0]?.label === 'NCBI_API_KEY' && below(all, 'Missing').length === 2,
    );
    assert.deepEqual(await valuesOf('user', sandbox), new Map([['NCBI_API_KEY', 'fake-value-of-mine']]));
    const listed = JSON.parse(String(await sandbox.ok(['list', '--json']))) as { description: string }[];
    assert.equal(listed[0]?.description, 'my own key');
  });

  it('checks a name while it is typed, and offers the nearest good one', async () => {
    const { workbench } = session;
    await workbench.command('Nextflow Secrets: Create Secret');
    await workbench.choose('User');
    await workbench.asked('Choose a missing name');
    await workbench.input.fill('my-key');
    await workbench.options.filter({ hasText: '"my-key" cannot be a name: it has "-"' }).waitFor();
    await workbench.options.filter({ hasText: 'my_key' }).first().waitFor();
    await session.window.page.keyboard.press('Escape');
  });

  it('takes any good name that is typed', async () => {
    const { workbench } = session;
    await workbench.command('Nextflow Secrets: Create Secret');
    await workbench.choose('User');
    await workbench.answer('OF_MY_OWN', 'Choose a missing name');
    await workbench.answer('fake-other', 'The value of OF_MY_OWN');
    await workbench.answer('', 'What OF_MY_OWN is for');
    await untilRows((all) => below(all, 'User').length === 2);
  });

  it('shows what the command changes, without being asked', async () => {
    await sandbox.ok(['set', 'NCBI_API_KEY', '--scope', 'workspace'], { input: 'fake-shared' });
    await untilRows(
      (all) =>
        below(all, 'User')[0]?.description === 'overrides workspace' &&
        below(all, 'Workspace')[0]?.description === 'overridden by user',
    );
  });

  it('creates a missing one where it is shown', async () => {
    const { workbench } = session;
    const row = workbench.row(workbench.view('Secrets'), 'DB_PASSWORD');
    await row.hover();
    await row.locator('.action-label[aria-label^="Create Secret"]').click();
    await workbench.choose('Workspace');
    await workbench.answer('fake "quoted" $value', 'The value of DB_PASSWORD');
    await workbench.answer('', 'What DB_PASSWORD is for');
    await untilRows((all) => below(all, 'Workspace').length === 2);
    assert.equal((await valuesOf('workspace', sandbox)).get('DB_PASSWORD'), 'fake "quoted" $value');
  });

  it('takes a value of several lines from the clipboard', async () => {
    const { workbench } = session;
    const lines = '-----BEGIN FAKE KEY-----\nZmFrZQ\n-----END FAKE KEY-----\n';
    await workbench.putOnClipboard(lines);
    const row = workbench.row(workbench.view('Secrets'), 'SSH_KEY');
    await row.hover();
    await row.locator('.action-label[aria-label^="Create Secret"]').click();
    await workbench.choose('User');
    await workbench.quickInput.locator('input[type="password"]').waitFor();
    await workbench.quickInput.locator('[aria-label^="Take the clipboard"]').click();
    await workbench.answer('', 'What SSH_KEY is for');
    await untilRows((all) => below(all, 'Missing').length === 0 && below(all, 'User').length === 3);
    assert.equal((await valuesOf('user', sandbox)).get('SSH_KEY'), lines);
  });

  it('updates a value, and keeps it when only the description changes', async () => {
    const { workbench } = session;
    const update = async (): Promise<void> => {
      const row = workbench.row(workbench.view('Secrets'), 'OF_MY_OWN');
      await row.hover();
      await row.locator('.action-label[aria-label^="Update Secret"]').click();
    };
    await update();
    await workbench.answer('fake-newer', 'The new value of OF_MY_OWN');
    await workbench.answer('', 'What OF_MY_OWN is for');
    await until(async () => (await valuesOf('user', sandbox)).get('OF_MY_OWN') === 'fake-newer');
    await update();
    await workbench.answer('', 'The new value of OF_MY_OWN');
    await workbench.answer('for trying things', 'What OF_MY_OWN is for');
    await until(async () => String(await sandbox.ok(['list', '--json'])).includes('for trying things'));
    assert.equal((await valuesOf('user', sandbox)).get('OF_MY_OWN'), 'fake-newer');
  });

  it('renames by key, and refuses what cannot be a name', async () => {
    const { workbench, window } = session;
    await workbench.row(workbench.view('Secrets'), 'OF_MY_OWN').click();
    await window.page.keyboard.press('F2');
    await workbench.asked('Its new name');
    await workbench.input.fill('no good');
    await workbench.quickInput.filter({ hasText: 'This cannot be a name: it has a space' }).waitFor();
    await workbench.answer('BETTER_NAME', 'it has a space');
    await untilRows((all) => below(all, 'User').some(({ label }) => label === 'BETTER_NAME'));
    assert.equal((await valuesOf('user', sandbox)).get('BETTER_NAME'), 'fake-newer');
  });

  it('copies a value, and clears the clipboard if it still has it', async () => {
    const { workbench } = session;
    await workbench.command('Nextflow Secrets: Copy Value');
    await workbench.choose('BETTER_NAME');
    await until(async () => (await workbench.clipboard()) === 'fake-newer');
    await until(async () => (await workbench.clipboard()) === '');
  });

  it('leaves the clipboard alone when something else was copied', async () => {
    const { workbench, window } = session;
    await workbench.command('Nextflow Secrets: Copy Value');
    await workbench.choose('BETTER_NAME');
    await until(async () => (await workbench.clipboard()) === 'fake-newer');
    await workbench.putOnClipboard('something else');
    await window.page.waitForTimeout(3_000);
    assert.equal(await workbench.clipboard(), 'something else');
  });

  it('asks who may read a vault before it is used for the first time', async () => {
    const { workbench } = session;
    // As if somebody else had made it: what this person has accepted is forgotten.
    rmSync(join(sandbox.toolHome, 'workspaces.json'));
    await workbench.command('Nextflow Secrets: Update Secret');
    await workbench.choose('DB_PASSWORD');
    await workbench.dialog.filter({ hasText: 'Accept these members?' }).waitFor();
    await workbench.dialog.filter({ hasText: /you +age1/ }).waitFor();
    await workbench.press('Cancel');
    await workbench.notification('were not accepted; nothing was done').waitFor();
    await workbench.command('Nextflow Secrets: Update Secret');
    await workbench.choose('DB_PASSWORD');
    await workbench.dialog.filter({ hasText: 'Accept these members?' }).waitFor();
    await workbench.press('Yes');
    await workbench.answer('fake-after', 'The new value of DB_PASSWORD');
    await workbench.answer('', 'What DB_PASSWORD is for');
    await until(async () => (await valuesOf('workspace', sandbox)).get('DB_PASSWORD') === 'fake-after');
  });

  it('copies to the other scope after a question that says who can read it then', async () => {
    const { workbench } = session;
    await workbench.command('Nextflow Secrets: Copy to Other Scope');
    await workbench.choose('BETTER_NAME');
    await workbench.dialog.filter({ hasText: 'Copy BETTER_NAME to Workspace' }).waitFor();
    await workbench.dialog.filter({ hasText: 'All members of the workspace can read it then.' }).waitFor();
    await workbench.press('Copy');
    await until(async () => (await valuesOf('workspace', sandbox)).get('BETTER_NAME') === 'fake-newer');
  });

  it('deletes several after one question that names them', async () => {
    const { workbench, window } = session;
    const view = workbench.view('Secrets');
    const rows = workbench.row(view, 'BETTER_NAME');
    await untilRows((all) => all.filter(({ label }) => label === 'BETTER_NAME').length === 2);
    await rows.first().click();
    await rows.last().click({ modifiers: ['Control'] });
    await window.page.keyboard.press('Delete');
    await workbench.dialog.filter({ hasText: 'Delete 2 secrets?' }).waitFor();
    await workbench.dialog
      .filter({ hasText: 'BETTER_NAME (Workspace): not used in the code here' })
      .waitFor();
    await workbench.press('Delete');
    await untilRows((all) => all.every(({ label }) => label !== 'BETTER_NAME'));
    assert.equal((await valuesOf('user', sandbox)).has('BETTER_NAME'), false);
  });

  it('takes a deletion back', async () => {
    const { workbench } = session;
    const toast = workbench.notification('2 secrets were deleted');
    await toast.locator('.monaco-button', { hasText: 'Undo' }).click();
    await untilRows((all) => all.filter(({ label }) => label === 'BETTER_NAME').length === 2);
    for (const scope of ['user', 'workspace'] as const)
      assert.equal((await valuesOf(scope, sandbox)).get('BETTER_NAME'), 'fake-newer');
    const listed = JSON.parse(String(await sandbox.ok(['list', '--json']))) as {
      name: string;
      description: string;
    }[];
    assert.deepEqual(
      listed.filter(({ name }) => name === 'BETTER_NAME').map(({ description }) => description),
      ['for trying things', 'for trying things'],
    );
  });

  it('imports what is chosen in a preview', async () => {
    const { workbench } = session;
    writeFileSync(join(sandbox.workspace, 'some.env'), "NEW_ONE='fake imported'\nNCBI_API_KEY=fake-else\n");
    await workbench.command('Nextflow Secrets: Import Secrets');
    await workbench.choose('File…');
    await workbench.chooseFile('some.env');
    await workbench.choose('User');
    await workbench.options.filter({ hasText: 'has another value now' }).waitFor();
    await session.window.page.keyboard.press('Enter');
    await until(async () => (await valuesOf('user', sandbox)).get('NEW_ONE') === 'fake imported');
    assert.equal((await valuesOf('user', sandbox)).get('NCBI_API_KEY'), 'fake-value-of-mine');
  });

  it('makes a secret of a selected literal: first the vault, then the code', async () => {
    const { workbench, window } = session;
    writeFileSync(join(sandbox.workspace, 'literal.config'), "params.token = 'fake-literal'\n");
    await workbench.openFile('literal.config');
    await window.page.locator('.view-line', { hasText: 'fake-literal' }).waitFor();
    await window.page.keyboard.press('Control+End');
    await window.page.keyboard.press('ArrowUp');
    await window.page.keyboard.press('End');
    await workbench.selectBack("'fake-literal'".length);
    await workbench.command('Nextflow Secrets: Create Secret from Selection');
    await workbench.choose('User');
    await workbench.answer('LITERAL_TOKEN', 'Its name');
    await workbench.answer('', 'What LITERAL_TOKEN is for');
    await workbench.notification('still has the value').waitFor();
    await window.page.locator('.view-line', { hasText: 'secrets.LITERAL_TOKEN' }).waitFor();
    assert.equal((await valuesOf('user', sandbox)).get('LITERAL_TOKEN'), 'fake-literal');
  });

  it('goes to where a name is used', async () => {
    const { workbench, window } = session;
    const row = workbench.row(workbench.view('Secrets'), 'SSH_KEY');
    await row.hover();
    await row.locator('.action-label[aria-label^="Find References"]').click();
    // A view that is drawn anew in that moment tells the command nothing of the row; then it asks.
    const tab = window.page.locator('.tab.active[data-resource-name="main.nf"]');
    const asked = workbench.options.filter({ hasText: 'SSH_KEY' });
    await tab.or(asked).first().waitFor();
    if (await asked.first().isVisible()) await asked.first().click();
    await tab.waitFor();
    await window.page.locator('.statusbar-item', { hasText: 'Ln 37' }).waitFor();
  });

  it('opens the page of a secret at a click or Return, with what can be done there, and the page follows a rename', async () => {
    const { workbench, window } = session;
    const view = workbench.view('Secrets');
    await sandbox.ok(['set', 'PAGE_KEY'], { input: 'fake-page' });
    await workbench.row(view, 'PAGE_KEY').click();
    const tab = (name: string): Locator => window.page.locator(`.tab.active[data-resource-name="${name}"]`);
    await tab('PAGE_KEY').waitFor();
    const line = (text: RegExp): Locator =>
      window.page.locator('.editor-instance .view-line', { hasText: text });
    await line(/^User$/)
      .first()
      .waitFor();
    // A link is drawn anew under the mouse, so the click goes to its location.
    const link = window.page.locator('.editor-instance .detected-link', { hasText: 'description' });
    await link.waitFor();
    const box = await link.boundingBox();
    assert.ok(box !== null);
    await window.page.keyboard.down('Control');
    await window.page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
    await window.page.keyboard.up('Control');
    await workbench.answer('of the page', 'What PAGE_KEY is for');
    await line(/of\sthe\spage/).waitFor();
    assert.equal((await valuesOf('user', sandbox)).get('PAGE_KEY'), 'fake-page');
    // The keys go to the view still.
    await workbench.row(view, 'PAGE_KEY').click();
    await window.page.keyboard.press('F2');
    await workbench.answer('PAGE_KEY_2', 'Its new name');
    await tab('PAGE_KEY_2').waitFor();
    assert.equal(await window.page.locator('.tab[data-resource-name="PAGE_KEY"]').count(), 0);
    await workbench.row(view, 'PAGE_KEY_2').click();
    await window.page.keyboard.press('ArrowUp');
    await window.page.keyboard.press('Enter');
    await tab('PAGE_KEY_2').waitFor({ state: 'detached' });
    await sandbox.ok(['delete', 'PAGE_KEY_2', '--yes']);
  });

  it('leads from the page of a secret to its uses, by mouse and by keys alone', async () => {
    const { workbench, window } = session;
    const { page } = window;
    const row = workbench.row(workbench.view('Secrets'), 'SSH_KEY');
    const line = page.locator('.statusbar-item', { hasText: 'Ln 37' });
    const openPage = async (): Promise<Locator> => {
      await row.click();
      await page.keyboard.press('Enter');
      await page.locator('.tab.active[data-resource-name="SSH_KEY"]').waitFor();
      const link = page.locator('.editor-instance .detected-link', { hasText: 'main.nf:37' });
      await link.waitFor();
      return link;
    };
    const box = await (await openPage()).boundingBox();
    assert.ok(box !== null);
    await page.keyboard.down('Control');
    await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
    await page.keyboard.up('Control');
    await page.locator('.tab.active[data-resource-name="main.nf"]').waitFor();
    await line.waitFor();
    await workbench.goTo(1, 1);
    await openPage();
    await page.keyboard.press('Control+1');
    await page.keyboard.press('Control+End');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('End');
    for (let left = 'FETCH_BY_SSH'.length + 4; left > 0; left--) await page.keyboard.press('ArrowLeft');
    await workbench.commandByKeys('Open Link');
    await page.locator('.tab.active[data-resource-name="main.nf"]').waitFor();
    await line.waitFor();
  });

  it('says why a vault cannot be read, and offers a way on', async () => {
    const { workbench } = session;
    const vault = userVaultFile(sandbox);
    assert.ok(existsSync(vault) && existsSync(workspaceVaultFile(sandbox)));
    writeFileSync(vault, '{"secrets": {}}');
    await untilRows((all) =>
      all.some(({ label, description }) => label === 'User' && description === 'damaged'),
    );
    await workbench.command('Nextflow Secrets: Create Secret');
    await workbench.choose('User');
    const toast = workbench.notification('user.sops.json');
    await toast.waitFor();
    await toast.locator('.monaco-button', { hasText: 'Open File' }).click();
    await session.window.page.locator('.tab.active[data-resource-name="user.sops.json"]').waitFor();
  });

  async function until(condition: () => Promise<boolean>): Promise<void> {
    const end = Date.now() + 100_000;
    while (!(await condition())) {
      assert.ok(Date.now() < end, 'waited in vain');
      await session.window.page.waitForTimeout(100);
    }
  }
});
