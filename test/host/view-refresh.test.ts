import assert from 'node:assert/strict';
import { Sandbox } from '../fixtures/sandbox.ts';
import { pictureOfFailure, Session, useExample } from './vscode/session.ts';

// In the page: keeps what each frame has shown of the side bar. As text, because a compiled function needs more than it has.
const WATCH = `
  const frames = (globalThis.framesShown = []);
  const look = () => {
    if (globalThis.framesShown !== frames) return;
    const labels = document.querySelectorAll('.pane [role="treeitem"] .label-name');
    frames.push(Array.from(labels, ({ textContent }) => textContent));
    requestAnimationFrame(look);
  };
  look();
`;

describe('the view of secrets, as it is drawn @vscode', () => {
  let session: Session;

  before(async () => {
    session = await Session.open(new Sandbox(), async (sandbox) => {
      useExample(sandbox);
      await sandbox.ok(['set', 'FIRST_KEY', '--scope', 'workspace'], { input: 'fake-first' });
    });
    await session.workbench.showSideBar('Nextflow Secrets');
    await session.workbench.row(session.workbench.view('Secrets'), 'DB_PASSWORD').waitFor();
  });
  afterEach(pictureOfFailure(() => session));
  after(() => session.close());

  /** The rows that some frame did not have between the begin of an action and its effect. */
  async function lostWhile(rows: readonly string[], action: () => Promise<void>): Promise<string[]> {
    const { page } = session.window;
    await page.evaluate(`(() => {${WATCH}})()`);
    await action();
    const frames = await page.evaluate<string[][]>(
      '(() => { const seen = globalThis.framesShown; delete globalThis.framesShown; return seen; })()',
    );
    assert.ok(frames.length > 0, 'the page was drawn');
    return rows.filter((row) => frames.some((frame) => !frame.includes(row)));
  }

  it('keeps its rows when others come, in every frame, the first of a scope too', async () => {
    const { sandbox, workbench } = session;
    const view = workbench.view('Secrets');
    const rows = ['User', 'Workspace', 'FIRST_KEY', 'Missing', 'DB_PASSWORD', 'SSH_KEY'];
    const lost = await lostWhile(rows, async () => {
      await sandbox.ok(['set', 'OWN_KEY'], { input: 'fake-own' });
      await workbench.row(view, 'OWN_KEY').waitFor();
      await sandbox.ok(['set', 'SECOND_KEY', '--scope', 'workspace'], { input: 'fake-second' });
      await workbench.row(view, 'SECOND_KEY').waitFor();
    });
    assert.deepEqual(lost, []);
    const levels = (await workbench.rows(view)).map(({ label, level }) => `${level} ${label}`);
    assert.deepEqual(levels.slice(-5), [
      ...['1 User', '2 OWN_KEY', '1 Workspace', '2 FIRST_KEY', '2 SECOND_KEY'],
    ]);
  });

  it('keeps closed what a person has closed', async () => {
    const { sandbox, workbench } = session;
    const view = workbench.view('Secrets');
    await workbench.row(view, 'User').locator('.monaco-tl-twistie').click();
    await workbench.row(view, 'OWN_KEY').waitFor({ state: 'detached' });
    await sandbox.ok(['set', 'OTHER_KEY'], { input: 'fake-other' });
    await sandbox.ok(['set', 'THIRD_KEY', '--scope', 'workspace'], { input: 'fake-third' });
    await workbench.row(view, 'THIRD_KEY').waitFor();
    assert.equal(await workbench.row(view, 'OTHER_KEY').count(), 0);
  });
});
