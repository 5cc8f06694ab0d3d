import { Sandbox } from '../fixtures/sandbox.ts';
import { pictureOfFailure, Session, useExample } from './vscode/session.ts';
import { Workbench } from './vscode/workbench.ts';

describe('two windows on one folder @vscode', () => {
  let session: Session;
  let second: Workbench;

  before(async () => {
    session = await Session.open(new Sandbox(), useExample);
    await session.workbench.showSideBar('Nextflow Secrets');
    second = await new Workbench(await session.window.another()).ready();
    await second.showSideBar('Nextflow Secrets');
  });
  afterEach(pictureOfFailure(() => session));
  after(() => session.close());

  it('both show what one of them changes', async () => {
    const first = session.workbench;
    await first.page.bringToFront();
    await first.command('Nextflow Secrets: Create Secret');
    await first.choose('Workspace');
    await first.answer('SSH_KEY', 'Choose a missing name');
    await first.answer('fake-value', 'The value of SSH_KEY');
    await first.answer('', 'What SSH_KEY is for');
    for (const workbench of [first, second]) {
      await workbench.page.bringToFront();
      await workbench.row(workbench.view('Secrets'), 'SSH_KEY').waitFor();
      await workbench
        .view('Secrets')
        .locator('[role="treeitem"]', { hasText: 'main.nf:37' })
        .waitFor({ state: 'detached' });
    }
  });

  it('both lose what one of them deletes', async () => {
    await second.page.bringToFront();
    await second.row(second.view('Secrets'), 'SSH_KEY').click();
    await second.page.keyboard.press('Delete');
    await second.press('Delete');
    for (const workbench of [second, session.workbench]) {
      await workbench.page.bringToFront();
      await workbench.view('Secrets').locator('[role="treeitem"]', { hasText: 'main.nf:37' }).waitFor();
    }
  });
});
