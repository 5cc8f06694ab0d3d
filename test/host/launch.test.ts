import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ownProcess } from '../../src/core/system/process-identity.ts';
import { type NextflowSandbox, STAY } from '../fixtures/nextflow-sandbox.ts';
import { runRoot } from '../fixtures/places.ts';
import { pictureOfFailure, Session, useExample } from './vscode/session.ts';

const LONG_RUN = `
process WAIT {
    secret 'NCBI_API_KEY'
    script:
    '''
    ${STAY}
    '''
}
workflow { WAIT() }
`;

describe('a launch, by hand @vscode @nextflow', () => {
  let session: Session<NextflowSandbox>;
  let sandbox: NextflowSandbox;

  before(async () => {
    session = await Session.withNextflow(
      async (fresh) => {
        useExample(fresh);
        fresh.write('long.nf', LONG_RUN);
        await fresh.fillVault('user', { NCBI_API_KEY: 'fake-own', SSH_KEY: 'fake\nlines\n' });
      },
      { settings: { 'nextflowSecrets.launch.arguments': ['-ansi-log', 'false'] } },
    );
    sandbox = session.sandbox;
    await session.workbench.showSideBar('Nextflow Secrets');
  });
  afterEach(pictureOfFailure(() => session));
  after(() => session.close());

  async function until(what: string, condition: () => Promise<boolean> | boolean): Promise<void> {
    const end = Date.now() + 100_000;
    while (!(await condition())) {
      assert.ok(
        Date.now() < end,
        `waited in vain until ${what}; the terminal: ${await session.workbench.terminalText()}`,
      );
      await session.window.page.waitForTimeout(200);
    }
  }
  const terminalSays = (text: RegExp): Promise<void> =>
    until(`the terminal says ${String(text)}`, async () =>
      text.test((await session.workbench.terminalText()).replace(/\s+/g, ' ')),
    );

  it('shows what is missing, sets it there and then, and runs in the terminal', async () => {
    const { workbench, window } = session;
    await workbench.openFile('main.nf');
    await window.page.locator('.editor-actions .action-label[aria-label*="Launch Pipeline"]').click();
    await workbench.options.filter({ hasText: 'DB_PASSWORD is not set' }).click();
    await workbench.asked('Whose secret is');
    await workbench.choose('Workspace');
    await workbench.answer('fake "db" password', 'The value of DB_PASSWORD');
    await workbench.answer('', 'What DB_PASSWORD is for');
    await workbench.asked('Return launches');
    await workbench.options.filter({ hasText: 'is not set' }).first().waitFor({ state: 'detached' });
    await window.page.keyboard.press('Enter');
    await terminalSays(/SSH_KEY: 11 bytes in 2 line\(s\)/);
    await terminalSays(/NCBI_API_KEY: 8 bytes/);
    await terminalSays(/DB_PASSWORD: 18 bytes/);
    await terminalSays(/Its secrets are removed/);
    assert.deepEqual(sandbox.leftovers(), []);
    // VS Code asks before it starts a task that it has not seen ending.
    await window.page.locator('.part.panel .codicon-check').first().waitFor();
  });

  it('starts at once the next time, from the lens above the workflow', async () => {
    const { workbench, window } = session;
    await workbench.openFile('main.nf');
    await window.page.keyboard.press('Control+End');
    const runs = (): boolean => existsSync(runRoot(sandbox)) && sandbox.leftovers().length > 0;
    // An editor that has just scrolled draws its lenses again, and a click that comes meanwhile is lost.
    for (let tries = 1; !runs(); tries++) {
      assert.ok(tries <= 3, 'the lens launches nothing');
      await window.page.waitForTimeout(1_500);
      await window.page.locator('.codelens-decoration a', { hasText: 'Launch with secrets' }).click();
      for (let left = 75; left > 0 && !runs(); left--) await window.page.waitForTimeout(200);
    }
    await until('it is over', () => sandbox.leftovers().length === 0);
  });

  it('shows a run that goes on, with what is provisioned, and stops it', async () => {
    const { workbench } = session;
    await launchLong();
    const runs = workbench.view('Runs');
    await runs.locator('[role="treeitem"]', { hasText: 'long.nf' }).waitFor();
    await workbench.untilRows(runs, ([row]) => row?.description.startsWith('running · since ') === true);
    const item = workbench.row(runs, 'long.nf');
    await workbench.command('Terminal: Create New Terminal');
    await item.hover();
    await item.locator('.action-label[aria-label^="Show Terminal or Log"]').click();
    await terminalSays(/secret for long\.nf/);
    await item.locator('.monaco-tl-twistie').click();
    await workbench.row(runs, 'Private store').waitFor();
    await item.hover();
    await item.locator('.action-label[aria-label^="Stop Run"]').click();
    await workbench.dialog.filter({ hasText: 'Stop long.nf?' }).waitFor();
    await workbench.press('Stop');
    await until('nothing is left', () => sandbox.leftovers().length === 0);
    await workbench.untilRows(runs, []);
  });

  it('leaves nothing when its terminal is closed', async () => {
    const { workbench } = session;
    await launchLong();
    await workbench.command('Terminal: Kill the Active Terminal Instance');
    await until('nothing is left', () => sandbox.leftovers().length === 0);
  });

  it('is found again after the window was reloaded', async () => {
    const { workbench, window } = session;
    await launchLong();
    await window.page.reload();
    await workbench.ready();
    await workbench.showSideBar('Nextflow Secrets');
    const runs = workbench.view('Runs');
    await runs.locator('[role="treeitem"]', { hasText: 'long.nf' }).waitFor();
    assert.ok(sandbox.leftovers().length > 0, 'the run has its store still');
    sandbox.openGate();
    await until('nothing is left', () => sandbox.leftovers().length === 0);
    rmSync(join(sandbox.dumps, 'gate'));
  });

  it('cleans up what a run of long ago has left', async () => {
    const { workbench } = session;
    const ledger = join(sandbox.toolHome, 'runs');
    writeFileSync(join(ledger, 'abcdefghijkl.json'), deadEntry('abcdefghijkl', sandbox), { mode: 0o600 });
    const runs = workbench.view('Runs');
    const row = runs.locator('[role="treeitem"]', { hasText: 'over, not cleaned up' });
    await row.waitFor();
    await row.hover();
    await row.locator('.action-label[aria-label^="Clean Up"]').click();
    await workbench.untilRows(runs, []);
    assert.deepEqual(sandbox.leftovers(), []);
  });

  it('keeps a launch in tasks.json, which runs it again', async () => {
    const { workbench, window } = session;
    await workbench.command('Nextflow Secrets: Launch Pipeline');
    await workbench.choose('main.nf');
    await workbench.choose('Keep as a task');
    const file = join(sandbox.workspace, '.vscode', 'tasks.json');
    await until(
      'it is kept',
      () => existsSync(file) && readFileSync(file, 'utf8').includes('nextflow-secrets'),
    );
    assert.match(readFileSync(file, 'utf8'), /"pipeline": "main.nf"/);
    await window.page.locator('.tab.active[data-resource-name="tasks.json"]').waitFor();
    // The file that is still being opened takes the focus from a list that comes too early, and so closes it.
    const list = window.page.locator('input[placeholder*="Select the task to run"]');
    for (let tries = 1; !(await list.isVisible()); tries++) {
      await workbench.command('Tasks: Run Task');
      await list.waitFor({ timeout: 5_000 }).catch((error: unknown) => {
        if (tries === 4) throw error;
      });
    }
    await workbench.input.fill('launch main.nf');
    await workbench.choose('launch main.nf');
    await terminalSays(/Its secrets are removed/);
    await window.page.keyboard.press('Escape');
  });

  it('gives terminals the command nf-secrets', async () => {
    const { workbench, window } = session;
    await workbench.command('Terminal: Create New Terminal');
    await window.page.locator('.terminal-wrapper.active .xterm-helper-textarea').focus();
    await window.page.waitForTimeout(1_000);
    await window.page.keyboard.type('nf-secrets list\n');
    await terminalSays(/workspace \(1\)\s+NAME[^]*DB_PASSWORD/);
  });

  it('leaves nothing when VS Code is closed', async () => {
    await launchLong();
    await session.window.close();
    await untilGone();
  });

  /** As `until`, without the window. */
  async function untilGone(): Promise<void> {
    const end = Date.now() + 100_000;
    while (sandbox.leftovers().length > 0) {
      assert.ok(Date.now() < end, sandbox.leftovers().join(' '));
      await sleep(200);
    }
  }

  async function launchLong(): Promise<void> {
    const { workbench } = session;
    rmSync(join(sandbox.dumps, 'started'), { force: true });
    await workbench.command('Nextflow Secrets: Launch Pipeline');
    await workbench.asked('Which pipeline?');
    await workbench.choose('long.nf');
    await workbench.asked('Return launches');
    await session.window.page.keyboard.press('Enter');
    await until('the task runs', () => existsSync(join(sandbox.dumps, 'started')));
  }
});

/** The ledger's entry of a run whose processes are gone. */
function deadEntry(runId: string, sandbox: NextflowSandbox): string {
  const gone = { ...ownProcess(process.platform), pid: 999_999, startTime: '1' };
  return JSON.stringify({
    ...{ format: 1, runId, pipeline: 'old.nf', target: 'local', started: '2026-01-02T03:04:05Z' },
    ...{ launcher: gone, child: gone, slurmJob: null, slurm: null, keep: false },
    items: [{ kind: 'private-store', path: join(runRoot(sandbox), runId) }],
  });
}
