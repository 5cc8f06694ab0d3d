import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Sandbox } from '../fixtures/sandbox.ts';
import { StandIn } from '../fixtures/stand-in.ts';
import { until } from '../fixtures/until.ts';
import { pictureOfFailure, Session } from './vscode/session.ts';

const VALUE = 'fake-Leaky/value&1';

describe('leaks, where they are shown @vscode', () => {
  let session: Session;
  let nextflow: StandIn;
  let sandbox: Sandbox;

  before(async () => {
    session = await Session.open(new Sandbox(), async (prepared) => {
      nextflow = new StandIn(prepared);
      await prepared.ok(['set', 'TOKEN'], { input: VALUE });
      await prepared.ok(['set', 'SHORT'], { input: 'fake' });
    });
    sandbox = session.sandbox;
    await session.workbench.showSideBar('Nextflow Secrets');
  });
  afterEach(pictureOfFailure(() => session));
  after(() => session.close());

  const problems = (text: string | RegExp): ReturnType<typeof session.window.page.locator> =>
    session.window.page.locator('.markers-panel .monaco-list-row', { hasText: text }).first();

  it('the end of a run says how many, its row in Runs counts them, Problems has each, with the code that did it', async () => {
    const { workbench, window } = session;
    await workbench.command('Nextflow Secrets: Launch Pipeline');
    await workbench.choose('main.nf');
    await workbench.asked('Return launches');
    await window.page.keyboard.press('Enter');
    await workbench.row(workbench.view('Runs'), 'main.nf').waitFor();
    await nextflow.untilStarted();
    // As a report of Nextflow has the script of a task.
    const report = `<html>\n<p>\n{"script": ${JSON.stringify(VALUE)}}`;
    writeFileSync(join(sandbox.workspace, 'report.html'), report);
    nextflow.letGo(0);
    const toast = workbench.notification(/main\.nf has ended well.* Leaks: TOKEN, in 1 file of the run\./);
    await toast.locator('.monaco-button', { hasText: 'Show Leaks' }).click();
    await problems('report.html').waitFor();
    await problems(/The value of TOKEN is in this file \(raw\), after the run of main\.nf\./).waitFor();
    await problems(/gives TOKEN to a task/)
      .first()
      .waitFor();
    await workbench.untilRows(workbench.view('Runs'), (rows) =>
      rows.some(({ label, description }) => label === 'main.nf' && description.startsWith('1 leak · ')),
    );
  });

  it('a row opens the file at the line, and nothing shows the value but the file itself', async () => {
    const { workbench, window } = session;
    const runs = workbench.view('Runs');
    await workbench.row(runs, 'main.nf').locator('.monaco-tl-twistie').click();
    await workbench.untilRows(runs, (rows) => rows[1]?.description === 'report.html:3 · raw');
    const shown = `${JSON.stringify(await workbench.rows(runs))} ${await window.page.locator('.markers-panel').innerText()}`;
    assert.ok(!shown.includes(VALUE));
    await workbench.row(runs, 'TOKEN').click();
    await window.page.locator('.tab.active[data-resource-name="report.html"]').waitFor();
    await window.page.locator('.statusbar-item', { hasText: 'Ln 3, Col 1' }).waitFor();
  });

  it('are dismissed by a button, with their record', async () => {
    const { workbench } = session;
    const records = join(sandbox.toolHome, 'leaks');
    assert.equal(readdirSync(records).length, 1);
    const row = workbench.row(workbench.view('Runs'), 'main.nf');
    await row.hover();
    await row.locator('.action-label[aria-label^="Dismiss Leaks of This Run"]').click();
    await row.waitFor({ state: 'detached' });
    await problems('report.html').waitFor({ state: 'detached' });
    assert.deepEqual(readdirSync(records), []);
  });

  it('are looked for in a folder of the person’s choice, and said with what was not looked for', async () => {
    const { workbench, window } = session;
    const folder = join(sandbox.workspace, 'results');
    mkdirSync(folder);
    writeFileSync(join(folder, 'token.txt'), Buffer.from(VALUE).toString('base64'));
    await workbench.command('Nextflow Secrets: Look for Leaks in Folder');
    // The dialog for folders of a browser is a box with a path.
    await workbench.quickInput.filter({ hasText: 'Look for leaks in which folder?' }).waitFor();
    await until(
      'the folder is proposed',
      async () => (await workbench.input.inputValue()) === `${sandbox.workspace}/`,
    );
    await workbench.input.fill(`${folder}/`);
    await workbench.quickInput.locator('.monaco-button', { hasText: 'Look for Leaks' }).click();
    const toast = workbench.notification(/Looked into 1 file .*: TOKEN leaked, into 1 of them\./);
    await toast.filter({ hasText: 'Too short to look for: SHORT.' }).waitFor();
    await toast.locator('.monaco-button', { hasText: 'Show Problems' }).click();
    await problems(/The value of TOKEN is in this file \(base64\)\./).waitFor();
    await workbench.untilRows(workbench.view('Runs'), (rows) =>
      rows.some(({ description }) => description.startsWith('1 leak · not all was looked at · ')),
    );
    await window.page.keyboard.press('Escape');
  });

  it('go when the file is gone', async () => {
    const { workbench } = session;
    rmSync(join(sandbox.workspace, 'results', 'token.txt'));
    await problems('token.txt').waitFor({ state: 'detached' });
    await until('the view has none', async () => {
      const rows = await workbench.rows(workbench.view('Runs'));
      return rows.every(({ description }) => !description.includes('leak'));
    });
    assert.ok(existsSync(join(sandbox.workspace, 'report.html')));
  });
});
