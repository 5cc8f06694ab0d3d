import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { FakeNextflow } from '../fixtures/fake-nextflow.ts';
import { Sandbox } from '../fixtures/sandbox.ts';
import { until } from '../fixtures/until.ts';
import { pictureOfFailure, Session, useExample } from './vscode/session.ts';

// What a launch asks and which shell it runs in, with a `nextflow` that only keeps what it is handed.

describe('what a launch asks, by hand @vscode', () => {
  let session: Session;
  let nextflow: FakeNextflow;

  before(async () => {
    session = await Session.open(
      new Sandbox(),
      async (sandbox) => {
        useExample(sandbox);
        nextflow = new FakeNextflow(sandbox);
        const plain = 'params.genome_build = null\nworkflow { println params.outdir }\n';
        writeFileSync(join(sandbox.workspace, 'plain.nf'), plain);
        const properties = { outdir: { description: 'Directory of results' } };
        const schema = JSON.stringify({ $defs: { output: { required: ['outdir'], properties } } });
        writeFileSync(join(sandbox.workspace, 'nextflow_schema.json'), schema);
        const modules = modulesOf(sandbox);
        mkdirSync(modules);
        copyFileSync(join(sandbox.root, 'bin', 'nextflow'), join(modules, 'nextflow'));
        const define = `module() { [ "$1 $2" = 'load nextflow' ] && PATH=${modules}:$PATH; }\n`;
        writeFileSync(join(sandbox.home, '.bash_profile'), define);
        await sandbox.ok(['set', 'USER_KEY'], { input: 'fake-own' });
        await sandbox.ok(['set', 'LAST_KEY'], { input: 'fake-last' });
      },
      { settings: { 'nextflowSecrets.launch.prelude': 'module load nextflow' } },
    );
  });
  afterEach(pictureOfFailure(() => session));
  after(() => session.close());

  async function launchRemote(): Promise<void> {
    const { workbench, window } = session;
    await workbench.command('Nextflow Secrets: Launch Pipeline');
    await workbench.choose('Remote pipeline');
    await workbench.answer('lab/pipeline', 'The name or URL of a pipeline');
    await workbench.asked('Return launches');
    await window.page.keyboard.press('Enter');
  }

  it('whether a remote pipeline may have secrets, naming it and them, and takes no for an answer', async () => {
    const { workbench } = session;
    await launchRemote();
    await workbench.dialog.filter({ hasText: 'Let lab/pipeline have them, now and later?' }).waitFor();
    await workbench.dialog.filter({ hasText: /USER_KEY, LAST_KEY|LAST_KEY, USER_KEY/ }).waitFor();
    await workbench.press('Cancel');
    await workbench.notification('it was not started').waitFor();
    assert.equal(nextflow.starts.length, 0);
  });

  it('and launches after a yes, which is not asked for again', async () => {
    const { workbench } = session;
    await launchRemote();
    await workbench.dialog.filter({ hasText: 'Let lab/pipeline have them' }).waitFor();
    await workbench.press('Yes');
    await until('it started', () => nextflow.starts.length === 1);
    assert.deepEqual(nextflow.start.secrets, { USER_KEY: 'fake-own', LAST_KEY: 'fake-last' });
    await launchRemote();
    await until('it started again', () => nextflow.starts.length === 2);
  });

  it('for arguments in a line that completes parameters of the pipeline, and keeps them for the next time', async () => {
    const { workbench, window } = session;
    await workbench.command('Nextflow Secrets: Launch Pipeline');
    await workbench.choose('plain.nf');
    await workbench.choose('Arguments');
    await workbench.options.filter({ hasText: /--outdir\s*required · Directory of results/ }).waitFor();
    await workbench.input.fill('--ou');
    await workbench.options.filter({ hasText: '--genome_build' }).waitFor({ state: 'detached' });
    await window.page.keyboard.press('Enter');
    await workbench.options.filter({ hasText: /Use\s--outdir/ }).waitFor();
    await window.page.keyboard.type('"my results');
    await workbench.options.filter({ hasText: 'A quote is not closed' }).waitFor();
    await window.page.keyboard.type('" --gen');
    await workbench.options.filter({ hasText: '--genome_build' }).first().waitFor();
    await window.page.keyboard.press('Enter');
    await workbench.options.filter({ hasText: /Use\s--outdir\smy\sresults\s--genome_build/ }).waitFor();
    await window.page.keyboard.type('GRCh38');
    await workbench.options
      .filter({ hasText: /Use\s--outdir\smy\sresults\s--genome_build\sGRCh38/ })
      .waitFor();
    await window.page.keyboard.press('Enter');
    await workbench.asked('Return launches');
    await workbench.options
      .filter({ hasText: /Arguments\s*--outdir my results --genome_build GRCh38/ })
      .waitFor();
    await workbench.choose('Show the plan');
    const command = /nextflow\srun\splain\.nf\s--outdir\smy\sresults\s--genome_build\sGRCh38/;
    await window.page.locator('.editor-instance .view-line', { hasText: command }).waitFor();
    const before = nextflow.starts.length;
    await workbench.command('Nextflow Secrets: Launch Pipeline');
    await workbench.choose('plain.nf');
    await workbench.asked('Return launches');
    await window.page.keyboard.press('Enter');
    await until('it started', () => nextflow.starts.length === before + 1);
    assert.deepEqual(nextflow.starts.at(-1)?.args.slice(-5), [
      ...['plain.nf', '--outdir', 'my results', '--genome_build', 'GRCh38'],
    ]);
  });

  it('shows the plan as a page whose locations lead to the code, each once', async () => {
    const { workbench, window } = session;
    await workbench.openFile('main.nf');
    await workbench.command('Nextflow Secrets: Show Launch Plan');
    await window.page.locator('.tab.active[data-resource-name="Launch plan of main.nf"]').waitFor();
    const link = window.page.locator('.editor-instance .detected-link', { hasText: 'main.nf:23' });
    await link.waitFor();
    assert.equal(await link.count(), 1);
    // By keyboard: the cursor on the link, and the command for it.
    const text = await window.page.locator('.editor-instance .view-lines').innerText();
    assert.match(text.replaceAll('\u00a0', ' '), /DB_PASSWORD {2}Create Secret…/);
    await link.click({ modifiers: ['Control'] });
    await window.page.locator('.tab.active[data-resource-name="main.nf"]').waitFor();
    await window.page.locator('.statusbar-item', { hasText: 'Ln 23, Col 1' }).waitFor();
  });

  it('in a login shell, after the prelude of the settings, as a module system needs it', () => {
    for (const { env } of nextflow.starts) {
      assert.equal(env.get('PATH')?.split(delimiter)[0], modulesOf(session.sandbox));
    }
  });
});

const modulesOf = ({ root }: Sandbox): string => join(root, 'modules');
