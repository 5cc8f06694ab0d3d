import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Sandbox } from '../fixtures/sandbox.ts';
import { StandIn } from '../fixtures/stand-in.ts';
import { until } from '../fixtures/until.ts';
import { pictureOfFailure, Session } from './vscode/session.ts';

describe('what the extension says of itself @vscode', () => {
  let session: Session;
  let nextflow: StandIn;

  before(async () => {
    session = await Session.open(new Sandbox(), (sandbox) => {
      nextflow = new StandIn(sandbox);
    });
    await session.workbench.showSideBar('Nextflow Secrets');
  });
  afterEach(pictureOfFailure(() => session));
  after(() => session.close());

  it('when it has made an identity, it says to back that up, and does so under a passphrase', async () => {
    const { workbench, sandbox, window } = session;
    await workbench.command('Nextflow Secrets: Create Secret');
    await workbench.choose('User');
    await workbench.answer('TOKEN', 'Choose a missing name');
    await workbench.answer('fake-token', 'The value of TOKEN');
    await workbench.answer('', 'What TOKEN is for');
    const toast = workbench.notification('Made your identity');
    await toast.locator('.monaco-button', { hasText: 'Back Up…' }).click();
    // The dialog for files of a browser is a box with a path, which has the proposed one once it has listed the directory.
    const path = join(sandbox.home, 'nf-secrets-identity.age');
    await workbench.quickInput.filter({ hasText: 'Back Up Identity' }).waitFor();
    await until('the path is proposed', async () => (await workbench.input.inputValue()) === path);
    await workbench.quickInput.locator('.monaco-button', { hasText: 'OK' }).click();
    await workbench.answer('fake passphrase', 'A passphrase for the backup');
    await workbench.asked('The same passphrase again');
    await workbench.input.fill('another one');
    await workbench.quickInput.filter({ hasText: 'The two passphrases differ.' }).waitFor();
    await workbench.input.fill('fake passphrase');
    await window.page.keyboard.press('Enter');
    await workbench.notification('Keep it away from this machine').waitFor();
    assert.match(readFileSync(path, 'utf8'), /^-----BEGIN AGE ENCRYPTED FILE-----/);
    assert.equal(statSync(path).mode & 0o777, 0o600);
  });

  it('gives one’s public key', async () => {
    const { workbench, sandbox, window } = session;
    await workbench.command('Nextflow Secrets: Copy Public Key');
    await window.page
      .locator('.statusbar-item', { hasText: 'Your public key is in the clipboard' })
      .waitFor();
    assert.equal(await workbench.clipboard(), String(await sandbox.ok(['identity', 'show'])).trim());
  });

  async function launch(): Promise<void> {
    const { workbench, window } = session;
    await workbench.command('Nextflow Secrets: Launch Pipeline');
    await workbench.choose('main.nf');
    await workbench.asked('Return launches');
    await window.page.keyboard.press('Enter');
    await workbench.row(workbench.view('Runs'), 'main.nf').waitFor();
  }

  it('when a run is stopped, it says that, and calls it no failure', async () => {
    const { workbench } = session;
    await launch();
    const row = workbench.row(workbench.view('Runs'), 'main.nf');
    await row.hover();
    await row.locator('.action-label[aria-label^="Stop Run"]').click();
    await workbench.press('Stop');
    const toast = workbench.notification('main.nf was stopped.');
    await toast.waitFor();
    assert.equal(await toast.locator('.codicon-error').count(), 0);
    // VS Code itself says nothing of an exit code.
    assert.equal(await workbench.notification('exit code').count(), 0);
    await workbench.command('Notifications: Clear All Notifications');
  });

  it('when a run ends, it says how, and shows its terminal, also when the panel is hidden', async () => {
    const { workbench, window } = session;
    await launch();
    await window.page.locator('.part.panel .action-label[aria-label^="Hide Panel"]').click();
    await window.page.locator('.part.panel .terminal-wrapper.active').waitFor({ state: 'hidden' });
    nextflow.letGo(0);
    const toast = workbench.notification(/main\.nf has ended well, after \d+ (s|min)\./);
    await toast.locator('.monaco-button', { hasText: 'Show' }).click();
    await window.page.locator('.part.panel .terminal-wrapper.active').waitFor();
  });

  it('says the same of a run in the background, that fails too, and shows its log', async () => {
    const { workbench, sandbox, window } = session;
    nextflow.letGo(3);
    await sandbox.ok(['launch', '--background', 'main.nf']);
    const toast = workbench.notification(/main\.nf has failed \(exit code 3\)/);
    await toast.locator('.monaco-button', { hasText: 'Show' }).click();
    await window.page.locator('.tab.active[data-resource-name$=".log"]').waitFor();
  });

  it('lists the runs with their results', async () => {
    const { workbench, window, sandbox } = session;
    await workbench.command('Nextflow Secrets: Show Run History');
    await workbench.asked('Whose output?');
    const rows = (await workbench.options.allInnerTexts()).map((text) => text.replace(/\s+/g, ' '));
    assert.equal(rows.length, 3);
    assert.match(rows[0] ?? '', /main\.nf ?failed, exit code 3 · \d+ s · .* · in the background/);
    assert.match(rows[1] ?? '', /main\.nf ?ended well · /);
    assert.match(rows[2] ?? '', /main\.nf ?stopped · /);
    await window.page.keyboard.press('Enter');
    await window.page.locator('.tab.active[data-resource-name$=".log"]').waitFor();
    assert.ok(existsSync(join(sandbox.toolHome, 'logs')));
  });

  it('when no Nextflow was found, it says that, and leads to the setting', async () => {
    const { workbench, window, sandbox } = session;
    // The log of the test before takes the focus, which would close a palette.
    await window.page.locator('.monaco-editor.focused').waitFor();
    rmSync(join(sandbox.root, 'stand-in', 'nextflow'));
    await workbench.command('Nextflow Secrets: Launch Pipeline');
    await workbench.choose('main.nf');
    await workbench.asked('Return launches');
    await window.page.keyboard.press('Enter');
    const toast = workbench.notification('There is no nextflow on your PATH.');
    await toast.locator('.monaco-button', { hasText: 'Open Settings' }).click();
    const setting = window.page.locator('.settings-editor .setting-item-label', { hasText: 'Nextflow Path' });
    await setting.waitFor();
  });
});
