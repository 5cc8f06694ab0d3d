import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Sandbox } from '../fixtures/sandbox.ts';
import { pictureOfFailure, Session } from './vscode/session.ts';

describe('views that have nothing yet @vscode', () => {
  let session: Session | undefined;
  afterEach(pictureOfFailure(() => session));
  afterEach(async () => {
    await session?.close();
    session = undefined;
  });

  it('say in an empty folder what to do first, and lead there', async () => {
    session = await Session.open(new Sandbox());
    const { workbench } = session;
    await workbench.showSideBar('Nextflow Secrets');
    const welcome = workbench.view('Secrets').locator('.welcome-view-content');
    await welcome.filter({ hasText: 'No secrets yet' }).waitFor();
    assert.deepEqual(await welcome.locator('.monaco-button').allInnerTexts(), [
      'Create Secret',
      'Import Secrets',
    ]);
    await welcome.locator('.monaco-button', { hasText: 'Create Secret' }).click();
    await workbench.choose('User');
    await workbench.answer('FIRST_KEY', 'Its name');
    await workbench.answer('fake-value', 'The value of FIRST_KEY');
    await workbench.answer('', 'What FIRST_KEY is for');
    await workbench.row(workbench.view('Secrets'), 'FIRST_KEY').waitFor();
  });

  it('say without a folder that one can be opened, and keep secrets of the person', async () => {
    session = await Session.open(new Sandbox(), undefined, { workspace: null });
    const { workbench } = session;
    await workbench.showSideBar('Nextflow Secrets');
    const welcome = workbench.view('Secrets').locator('.welcome-view-content');
    await welcome.filter({ hasText: 'Open the folder of a pipeline' }).waitFor();
    await workbench
      .view('Runs')
      .locator('.welcome-view-content', { hasText: 'Nothing is provisioned now.' })
      .waitFor();
  });

  it('show one workspace for each folder of a window', async () => {
    const sandbox = new Sandbox();
    for (const name of ['alpha', 'beta']) {
      mkdirSync(join(sandbox.workspace, name));
      writeFileSync(
        join(sandbox.workspace, name, 'main.nf'),
        "process A {\n    secret 'OF_BOTH'\n}\nworkflow { A() }\n",
      );
      const place = join(sandbox.workspace, name);
      await sandbox.ok(['set', `OF_${name.toUpperCase()}`, '--scope', 'workspace', '--workspace', place], {
        input: 'fake-value',
      });
    }
    const file = join(sandbox.workspace, 'both.code-workspace');
    writeFileSync(file, JSON.stringify({ folders: [{ path: 'alpha' }, { path: 'beta' }] }));
    session = await Session.open(sandbox, undefined, { workspace: file });
    const { workbench } = session;
    await workbench.showSideBar('Nextflow Secrets');
    const view = workbench.view('Secrets');
    await workbench.row(view, 'OF_BOTH').waitFor();
    await workbench.untilRows(view, [
      'Missing',
      'OF_BOTH 2 uses',
      'User no secrets',
      'Workspace alpha',
      'OF_ALPHA unused',
      'Workspace beta',
      'OF_BETA unused',
    ]);
  });
});
