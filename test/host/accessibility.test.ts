import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StandIn } from '../fixtures/stand-in.ts';
import { PROJECT, Sandbox } from '../fixtures/sandbox.ts';
import { fillVault } from '../fixtures/vault-values.ts';
import { type Accessible, accessiblesOf, focused } from './vscode/accessibility.ts';
import { pictureOfFailure, Session, useExample } from './vscode/session.ts';

// docs/accessibility.md has a table for each view: what a screen reader says, in its order. The tables are those of this test:
// UPDATE_DOCS=1 npx mocha test/host/accessibility.test.ts writes them anew.

const PAGE = join(PROJECT, 'docs', 'accessibility.md');
const paneOf = (name: string): string => `.pane:has(> .pane-header[aria-label^="${name} "])`;

describe('what a screen reader and the keyboard get @vscode', () => {
  let session: Session;

  before(async () => {
    session = await Session.open(new Sandbox(), async (sandbox) => {
      // The example takes the place of the script that comes with it.
      new StandIn(sandbox);
      useExample(sandbox);
      await fillVault('user', { NCBI_API_KEY: 'fake-own', OLD_KEY: 'fake-old' }, sandbox);
      await fillVault('workspace', { NCBI_API_KEY: 'fake-shared' }, sandbox);
    });
    await session.workbench.showSideBar('Nextflow Secrets');
    await session.workbench.row(session.workbench.view('Secrets'), 'SSH_KEY').waitFor();
  });
  afterEach(pictureOfFailure(() => session));
  after(() => session.close());

  it('of the view of secrets', async () => {
    const { workbench } = session;
    await workbench.row(workbench.view('Secrets'), 'SSH_KEY').click();
    await holds('Secrets', await accessiblesOf(session.window.page, paneOf('Secrets')));
  });

  it('in the order of the Tab key, in the side bar', async () => {
    const { page } = session.window;
    await session.workbench.commandByKeys('Nextflow Secrets: Focus on Secrets View');
    const order: Accessible[] = [];
    for (let steps = 0; steps < 12; steps++) {
      const { isInSideBar, role, label } = await focused(page);
      if (!isInSideBar) break;
      order.push({ role, label });
      await page.keyboard.press('Tab');
    }
    assert.ok(order.length > 2, JSON.stringify(order));
    await holds('Order of the Tab key', order);
  });

  it('of the list before a launch', async () => {
    const { workbench, window } = session;
    await workbench.commandByKeys('Nextflow Secrets: Launch Pipeline');
    await workbench.options.filter({ hasText: 'main.nf' }).first().waitFor();
    await window.page.keyboard.press('Enter');
    await workbench.asked('Something is missing');
    await holds('List before a launch', await accessiblesOf(window.page, '.quick-input-widget'));
    await window.page.keyboard.press('Escape');
  });

  it('of the page of the plan', async () => {
    const { workbench, window } = session;
    await workbench.openFile('main.nf');
    await workbench.commandByKeys('Nextflow Secrets: Show Launch Plan');
    await window.page.locator('.tab.active[data-resource-name="Launch plan of main.nf"]').waitFor();
    await holds(
      'Plan of a launch',
      await accessiblesOf(window.page, '.editor-group-container.active .editor-container'),
    );
  });

  it('of the page of a secret', async () => {
    const { workbench, window } = session;
    await workbench.row(workbench.view('Secrets'), 'OLD_KEY').click();
    await window.page.keyboard.press('Enter');
    await window.page.locator('.tab.active[data-resource-name="OLD_KEY"]').waitFor();
    await holds(
      'Page of a secret',
      await accessiblesOf(window.page, '.editor-group-container.active .editor-container'),
    );
  });

  it('of the walkthrough', async () => {
    const { workbench, window } = session;
    await workbench.commandByKeys('Welcome: Open Walkthrough');
    await workbench.asked('Select a walkthrough to open');
    await workbench.input.fill('Nextflow Secrets');
    await workbench.options.filter({ hasText: 'Nextflow Secrets' }).first().waitFor();
    await window.page.keyboard.press('Enter');
    await window.page.locator('.gettingStartedSlideDetails', { hasText: 'Nextflow Secrets' }).waitFor();
    await holds('Walkthrough', await accessiblesOf(window.page, '.gettingStartedSlideDetails'));
  });

  it('of the view of runs, while there is one', async () => {
    const { workbench, sandbox, window } = session;
    await sandbox.ok(['launch', '--background', '--allow-missing', 'main.nf']);
    const run = workbench.row(workbench.view('Runs'), 'main.nf');
    await run.click();
    if ((await run.getAttribute('aria-expanded')) !== 'true') await window.page.keyboard.press('ArrowRight');
    await workbench.row(workbench.view('Runs'), 'Private store').waitFor();
    const found = await accessiblesOf(window.page, paneOf('Runs'));
    const steady = (label: string): string =>
      label
        .replace(/since \d.*$/, 'since 10:00 AM')
        .replace(sandbox.home, '~')
        .replace(/\w+$/, (last) => (label.startsWith('Private store') ? 'RUN' : last));
    await holds(
      'Runs',
      found.map(({ role, label }) => ({ role, label: steady(label) })),
    );
  });

  /** Compares with the table of the page, below the heading of that name; no label may be missing. */
  async function holds(heading: string, found: readonly Accessible[]): Promise<void> {
    assert.ok(found.length > 0, 'nothing was found');
    for (const { role, label } of found) assert.notEqual(label, '', `a ${role} has no label`);
    const rows = found.map(({ role, label }) => `| ${role} | ${label.replaceAll('|', '\\|')} |`);
    const { format } = await import('prettier');
    const options = { parser: 'markdown', printWidth: 120 };
    const table = (await format(['| role | label |', '| --- | --- |', ...rows].join('\n'), options)).trim();
    const page = readFileSync(PAGE, 'utf8');
    const block = new RegExp(`(\\n## ${heading}\\n[^#]*?\\n)(\\|[^#]*?)(?=\\n\\n|\\n$)`);
    const [, before, written] =
      block.exec(page) ?? assert.fail(`docs/accessibility.md has no table for ${heading}`);
    if (process.env['UPDATE_DOCS'] !== '1') assert.equal(written, table);
    else
      writeFileSync(
        PAGE,
        page.replace(block, () => `${before ?? ''}${table}`),
      );
  }
});
