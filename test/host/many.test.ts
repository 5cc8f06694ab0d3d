import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { FakeNextflow } from '../fixtures/fake-nextflow.ts';
import { Sandbox } from '../fixtures/sandbox.ts';
import { until } from '../fixtures/until.ts';
import { pictureOfFailure, Session } from './vscode/session.ts';
import type { Row } from './vscode/workbench.ts';

const DEEP = 'pipelines/of-the-whole-institute/sequencing-and-assembly/long-reads/main.nf';

describe('300 secrets and 50 pipelines, by mouse and by keys alone @vscode', () => {
  let session: Session;
  let nextflow: FakeNextflow;

  before(async () => {
    session = await Session.open(new Sandbox(), async (sandbox) => {
      nextflow = new FakeNextflow(sandbox);
      const numbers = Array.from({ length: 300 }, (_, index) => index + 1);
      const values = numbers.map((number) => `KEY_${number}=fake-value-${number}\n`).join('');
      const file = join(sandbox.root, 'values.env');
      writeFileSync(file, values);
      await sandbox.ok(['import', file, '--scope', 'workspace']);
      const script = (name: string): string =>
        `process P {\n    secret '${name}'\n\n    script:\n    'true'\n}\nworkflow { P() }\n`;
      const write = (path: string, name: string): void => {
        mkdirSync(dirname(join(sandbox.workspace, path)), { recursive: true });
        writeFileSync(join(sandbox.workspace, path), script(name));
      };
      for (let number = 1; number <= 50; number++) write(`p${number}/main.nf`, `KEY_${number}`);
      write(DEEP, 'NOWHERE_SET');
      // Dates are of whole seconds.
      const imported = Math.floor(Date.now() / 1000);
      await until('the next second', () => Math.floor(Date.now() / 1000) > imported);
      await sandbox.ok(['set', 'KEY_7', '--scope', 'workspace'], { input: 'fake-newest' });
      await sandbox.ok(['set', 'KEY_8'], { input: 'fake-own' });
    });
    await session.workbench.showSideBar('Nextflow Secrets');
  });
  afterEach(pictureOfFailure(() => session));
  after(() => session.close());

  const untilRows = (expected: (rows: readonly Row[]) => boolean): Promise<void> =>
    session.workbench.untilRows(session.workbench.view('Secrets'), expected);
  const labels = (rows: readonly Row[]): string[] => rows.map(({ label }) => label);
  const start = (rows: readonly Row[], expected: readonly string[]): boolean =>
    labels(rows).slice(0, expected.length).join() === expected.join();

  it('shows them in the order that people count in', async () => {
    await untilRows((rows) =>
      start(rows, ['Missing', 'NOWHERE_SET', 'User', 'KEY_8', 'Workspace', 'KEY_1', 'KEY_2', 'KEY_3']),
    );
  });

  it('cuts the path of a use in its middle', async () => {
    await untilRows((rows) => rows[1]?.description === 'pipelines/…/long-reads/main.nf:2');
  });

  it('shows only what is unused, says so beside its title, and shows all again, by mouse', async () => {
    const { workbench } = session;
    const view = workbench.view('Secrets');
    await view.hover();
    await view.locator('.action-label[aria-label^="Show Only"]').click();
    await workbench.options.filter({ hasText: /Unused\s*250/ }).click();
    await untilRows((rows) => start(rows, ['Workspace', 'KEY_51', 'KEY_52']));
    await view.locator('.pane-header .description', { hasText: 'only: Unused' }).waitFor();
    await view.hover();
    await view.locator('.action-label[aria-label^="Show All Secrets"]').click();
    await untilRows((rows) => labels(rows)[0] === 'Missing');
    await view.locator('.pane-header .description', { hasText: 'only' }).waitFor({ state: 'detached' });
  });

  it('does the same by keys alone', async () => {
    const { workbench, window } = session;
    await workbench.commandByKeys('Nextflow Secrets: Show Only');
    await workbench.answer('Overridden', 'Which secrets?');
    await untilRows((rows) => labels(rows).join() === 'Workspace,KEY_8');
    await workbench.commandByKeys('Nextflow Secrets: Show Only');
    await workbench.answer('Exposed', 'Which secrets?');
    await workbench.view('Secrets').getByText('No secret is like that now.').waitFor();
    await workbench.commandByKeys('Nextflow Secrets: Show All Secrets');
    await untilRows((rows) => labels(rows)[0] === 'Missing');
    await window.page.locator('.quick-input-widget').waitFor({ state: 'hidden' });
  });

  it('sorts by the last change, and a new window remembers that', async () => {
    const { workbench, window } = session;
    await workbench.commandByKeys('Nextflow Secrets: Sort Secrets By');
    await workbench.answer('Last change', 'In which order?');
    const latest = ['Missing', 'NOWHERE_SET', 'User', 'KEY_8', 'Workspace', 'KEY_7', 'KEY_1'];
    await untilRows((rows) => start(rows, latest));
    // As a person does: VS Code writes down what it remembers before it goes.
    await Promise.all([window.page.waitForEvent('load'), workbench.command('Developer: Reload Window')]);
    await workbench.ready();
    await untilRows((rows) => start(rows, latest));
  });

  it('offers pipelines that were launched lately first, and long paths cut in the middle', async () => {
    const { workbench, window } = session;
    await workbench.command('Nextflow Secrets: Launch Pipeline');
    await workbench.asked('Which pipeline?');
    // By a word in the part that is cut.
    await workbench.input.fill('assembly');
    const deep = workbench.options.filter({ hasText: 'pipelines/…/' });
    await deep.filter({ hasText: DEEP }).waitFor();
    await workbench.input.fill('p33');
    await workbench.options.filter({ hasText: 'p33/main.nf' }).first().waitFor();
    await window.page.keyboard.press('Enter');
    await workbench.asked('Return launches');
    await window.page.keyboard.press('Enter');
    await until('Nextflow has started', () => nextflow.starts.length > 0);
    await workbench.command('Nextflow Secrets: Launch Pipeline');
    await workbench.asked('Which pipeline?');
    const first = workbench.options.first();
    await first.filter({ hasText: 'p33/main.nf' }).filter({ hasText: 'launched lately' }).waitFor();
    await window.page.keyboard.press('Escape');
  });
});
