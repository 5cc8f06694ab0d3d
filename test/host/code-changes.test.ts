import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Sandbox } from '../fixtures/sandbox.ts';
import { until } from '../fixtures/until.ts';
import { valuesOf } from '../fixtures/vault-values.ts';
import { pictureOfFailure, Session } from './vscode/session.ts';

const SCRIPT = `process FETCH {
    script:
    """
    fetch \${secrets.NCBI_API_KEY}
    """
}
`;
const FIXED = `process FETCH {
    secret 'NCBI_API_KEY'

    script:
    """
    fetch "\\$NCBI_API_KEY"
    """
}
`;

describe('changes of code, by hand @vscode', () => {
  let session: Session;
  let sandbox: Sandbox;

  before(async () => {
    session = await Session.open(new Sandbox(), async (fresh) => {
      writeFileSync(join(fresh.workspace, 'main.nf'), SCRIPT);
      writeFileSync(join(fresh.workspace, 'nextflow.config'), "process.secret = ['NCBI_API_KEY']\n");
      await fresh.ok(['set', 'NCBI_API_KEY', '--scope', 'workspace'], { input: 'fake-shared' });
    });
    sandbox = session.sandbox;
    await session.workbench.openFile('main.nf');
    await session.workbench.lens('Workspace · edit').waitFor();
  });
  afterEach(pictureOfFailure(() => session));
  after(() => session.close());

  const saved = (): string => readFileSync(join(sandbox.workspace, 'main.nf'), 'utf8');
  const names = async (): Promise<string[]> => [...(await valuesOf('workspace', sandbox)).keys()];

  /** Presses a button of VS Code's preview of changes. */
  async function answerPreview(button: 'Apply' | 'Discard'): Promise<void> {
    const { page } = session.window;
    await page.locator('.part.panel .monaco-button', { hasText: button }).click();
  }

  async function rename(to: string): Promise<void> {
    const { page } = session.window;
    await session.workbench.openFile('main.nf');
    await session.workbench.goTo(2, 15);
    await page.keyboard.press('F2');
    const input = page.locator('.rename-box input');
    await input.fill(to);
    await input.press('Control+Enter');
  }

  it('a quick fix shows what it would change, and does that', async () => {
    const { workbench, window } = session;
    await workbench.goTo(4, 25);
    await window.page.keyboard.press('Control+Period');
    const action = window.page.locator('.action-widget .monaco-list-row', { hasText: 'Read NCBI_API_KEY' });
    await action.waitFor();
    await window.page.keyboard.press('Control+Enter');
    await answerPreview('Apply');
    await workbench.openFile('main.nf');
    await until('the fixed text is saved', async () => {
      await window.page.keyboard.press('Control+KeyS');
      return saved() === FIXED;
    });
  });

  it('a rename that is refused in the preview changes nothing', async () => {
    await rename('OTHER_KEY');
    await answerPreview('Discard');
    assert.equal(saved(), FIXED);
    assert.deepEqual(await names(), ['NCBI_API_KEY']);
  });

  it('a rename changes the code, and then the vault', async () => {
    await rename('OTHER_KEY');
    await answerPreview('Apply');
    await until('the vault follows', async () => (await names()).join() === 'OTHER_KEY');
    await until('the code is saved', () => saved() === FIXED.replaceAll('NCBI_API_KEY', 'OTHER_KEY'));
  });

  it('so does one from the view', async () => {
    const { workbench, window } = session;
    await workbench.showSideBar('Nextflow Secrets');
    await workbench.row(workbench.view('Secrets'), 'OTHER_KEY').click();
    await window.page.keyboard.press('F2');
    await workbench.answer('THIRD_KEY', 'Its new name');
    await workbench.choose('Change the code too');
    await until('the code is saved', () => saved() === FIXED.replaceAll('NCBI_API_KEY', 'THIRD_KEY'));
    await until('the vault has the new name alone', async () => (await names()).join() === 'THIRD_KEY');
  });

  it('one of which only a part is ticked gives the vault both names', async () => {
    const { page } = session.window;
    await rename('FOURTH_KEY');
    const file = page.locator('.part.panel .monaco-list-row', { hasText: 'nextflow.config' });
    await file.locator('input[type="checkbox"], .monaco-checkbox').first().click();
    await answerPreview('Apply');
    await until('the vault has both', async () => (await names()).sort().join() === 'FOURTH_KEY,THIRD_KEY');
    await until('the code is saved', () => saved() === FIXED.replaceAll('NCBI_API_KEY', 'FOURTH_KEY'));
    assert.match(readFileSync(join(sandbox.workspace, 'nextflow.config'), 'utf8'), /THIRD_KEY/);
  });

  it('one that the vault cannot follow leads back by a button', async () => {
    const { workbench, window } = session;
    await rename('FIFTH_KEY');
    await window.page.locator('.part.panel .monaco-button', { hasText: 'Apply' }).waitFor();
    await sandbox.ok(['set', 'FIFTH_KEY', '--scope', 'workspace'], { input: 'fake-other' });
    await answerPreview('Apply');
    const said = workbench.notification('FIFTH_KEY was set meanwhile');
    await said.locator('.monaco-button', { hasText: 'Change the Code Back' }).click();
    await workbench.openFile('main.nf');
    await until('the code is as before', async () => {
      await window.page.keyboard.press('Control+KeyS');
      return saved() === FIXED.replaceAll('NCBI_API_KEY', 'FOURTH_KEY');
    });
    assert.deepEqual((await names()).sort(), ['FIFTH_KEY', 'FOURTH_KEY', 'THIRD_KEY']);
  });
});
