import assert from 'node:assert/strict';
import { Sandbox } from '../fixtures/sandbox.ts';
import { valuesOf } from '../fixtures/vault-values.ts';
import { pictureOfFailure, Session, useExample } from './vscode/session.ts';

describe('the editor, by hand @vscode', () => {
  let session: Session;
  let sandbox: Sandbox;

  before(async () => {
    session = await Session.open(new Sandbox(), async (fresh) => {
      useExample(fresh);
      await fresh.ok(['set', 'NCBI_API_KEY', '--scope', 'workspace'], { input: 'fake-shared' });
    });
    sandbox = session.sandbox;
    await session.workbench.openFile('main.nf');
  });
  afterEach(pictureOfFailure(() => session));
  after(() => session.close());

  it('creates what is missing from the lens above it, and then says so', async () => {
    const { workbench } = session;
    await workbench.lens('Workspace · edit').waitFor();
    await workbench.lens('Not set · create…').first().click();
    await workbench.choose('User');
    await workbench.answer('fake-from-lens', 'The value of DB_PASSWORD');
    await workbench.answer('', 'What DB_PASSWORD is for');
    await workbench.lens('User · edit').waitFor();
    assert.equal((await valuesOf('user', sandbox)).get('DB_PASSWORD'), 'fake-from-lens');
  });

  it('edits from the lens what is set', async () => {
    const { workbench, window } = session;
    await workbench.lens('Workspace · edit').click();
    await workbench.asked('The new value of NCBI_API_KEY');
    await window.page.keyboard.press('Escape');
  });

  it('goes from a name in the code to its item in the view', async () => {
    const { workbench, window } = session;
    await workbench.goTo(8, 15);
    await window.page.keyboard.press('F12');
    const selected = workbench
      .view('Secrets')
      .locator('[role="treeitem"][aria-selected="true"]', { hasText: 'NCBI_API_KEY' });
    await selected.waitFor();
    await window.page.locator('.tabs-container .tab.active', { hasText: 'NCBI_API_KEY' }).waitFor();
    await workbench.openFile('main.nf');
    await workbench.goTo(37, 15);
    await window.page.keyboard.press('F12');
    const missing = workbench
      .view('Secrets')
      .locator('[role="treeitem"][aria-selected="true"]', { hasText: 'SSH_KEY' });
    await missing.waitFor();
  });

  it('lists in Problems what is missing, and a click goes there', async () => {
    const { workbench, window } = session;
    await workbench.command('Problems: Focus on Problems View');
    const row = window.page.locator('.markers-panel .monaco-list-row', {
      hasText: 'SSH_KEY is used but not set',
    });
    await row.waitFor();
    await row
      .locator('a.marker-code', { hasText: 'not-set' })
      .or(row.locator('a', { hasText: 'not-set' }))
      .first()
      .waitFor();
    await row.dblclick();
    await window.page.locator('.tabs-container .tab.active[data-resource-name="main.nf"]').waitFor();
  });

  it('offers names where one is typed', async () => {
    const { workbench, window } = session;
    await workbench.openFile('main.nf');
    await workbench.goTo(8, 13);
    await window.page.keyboard.press('Control+Space');
    const offered = window.page.locator('.suggest-widget.visible .monaco-list-row');
    await offered.filter({ hasText: 'NCBI_API_KEY' }).waitFor();
    await offered.filter({ hasText: 'SSH_KEY' }).first().waitFor();
    await window.page.keyboard.press('Escape');
  });
});
