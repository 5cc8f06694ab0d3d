import assert from 'node:assert/strict';
import { Sandbox } from '../fixtures/sandbox.ts';
import { until } from '../fixtures/until.ts';
import { valuesOf } from '../fixtures/vault-values.ts';
import { pictureOfFailure, Session } from './vscode/session.ts';

describe('the past of a user secret, by hand @vscode', () => {
  let session: Session;

  before(async () => {
    session = await Session.open(new Sandbox(), async (sandbox) => {
      await sandbox.ok(['set', 'A_KEY'], { input: 'fake-first' });
      await sandbox.ok(['set', 'A_KEY'], { input: 'fake-second' });
      await sandbox.ok(['set', 'GONE_KEY'], { input: 'fake-gone' });
      await sandbox.ok(['delete', 'GONE_KEY', '--yes']);
    });
    await session.workbench.showSideBar('Nextflow Secrets');
    await session.workbench.row(session.workbench.view('Secrets'), 'A_KEY').waitFor();
  });
  afterEach(pictureOfFailure(() => session));
  after(() => session.close());

  const untilValue = (name: string, value: string): Promise<unknown> =>
    until(`${name} has its value`, async () => (await valuesOf('user', session.sandbox)).get(name) === value);

  it('has a version that is made the current one again', async () => {
    const { workbench } = session;
    await workbench.command('Nextflow Secrets: Show History of a Secret');
    await workbench.choose('A_KEY');
    await workbench.choose('Version 2');
    await workbench.press('Make It the Current One');
    await untilValue('A_KEY', 'fake-first');
  });

  it('has what was deleted, which is put back', async () => {
    const { workbench, window } = session;
    await workbench.command('Nextflow Secrets: Put Back Deleted Secrets');
    await workbench.options.filter({ hasText: 'GONE_KEY' }).first().click();
    await window.page.keyboard.press('Enter');
    await untilValue('GONE_KEY', 'fake-gone');
  });

  it('is forgotten after a question, and then there is none', async () => {
    const { workbench, sandbox } = session;
    await workbench.command('Nextflow Secrets: Forget Earlier Values');
    await workbench.choose('A_KEY');
    await workbench.dialog.filter({ hasText: 'the present value stays' }).waitFor();
    await workbench.press('Forget');
    await until('they are gone', async () => {
      const { versions = [] } = JSON.parse(String(await sandbox.ok(['history', 'A_KEY', '--json']))) as {
        versions?: unknown[];
      };
      return versions.length === 1;
    });
    assert.equal((await valuesOf('user', sandbox)).get('A_KEY'), 'fake-first');
  });
});
