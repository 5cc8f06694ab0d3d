import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Locator } from 'playwright-core';
import { Team } from '../fixtures/people.ts';
import { nextflowStoreFile, workspaceVaultFile } from '../fixtures/places.ts';
import { Sandbox } from '../fixtures/sandbox.ts';
import { fillVault, valuesOf } from '../fixtures/vault-values.ts';
import { pictureOfFailure, Session } from './vscode/session.ts';

describe('secrets dragged to another scope @vscode', () => {
  let session: Session;
  let sandbox: Sandbox;

  before(async () => {
    session = await Session.open(new Sandbox(), async (fresh) => {
      await fillVault('user', { MINE: 'fake-mine', BOTH: 'fake-of-user', SECOND: 'fake-second' }, fresh);
      await fillVault('workspace', { SHARED: 'fake-shared', BOTH: 'fake-of-workspace' }, fresh);
      mkdirSync(dirname(nextflowStoreFile(fresh)), { recursive: true });
      writeFileSync(nextflowStoreFile(fresh), '[{"name": "OF_NEXTFLOW", "value": "fake"}]');
    });
    sandbox = session.sandbox;
    await session.workbench.showSideBar('Nextflow Secrets');
  });
  afterEach(pictureOfFailure(() => session));
  after(() => session.close());

  const row = (label: string): Locator => session.workbench.row(session.workbench.view('Secrets'), label);
  const names = async (): Promise<string[][]> =>
    Promise.all(
      (['user', 'workspace'] as const).map(async (scope) =>
        [...(await valuesOf(scope, sandbox)).keys()].sort(),
      ),
    );
  const AT_FIRST = [
    ['BOTH', 'MINE', 'SECOND'],
    ['BOTH', 'SHARED'],
  ];

  it('stay where they are after a no to the question', async () => {
    const { workbench } = session;
    await row('MINE').dragTo(row('Workspace'));
    await workbench.dialog.filter({ hasText: 'Move MINE to Workspace workspace?' }).waitFor();
    await workbench.dialog.filter({ hasText: 'All members of the workspace can read it then.' }).waitFor();
    await workbench.press('Cancel');
    assert.deepEqual(await names(), AT_FIRST);
  });

  it('are there after a yes, several at once, dropped on a secret of that scope', async () => {
    const { workbench } = session;
    await row('MINE').click();
    await row('SECOND').click({ modifiers: ['Control'] });
    await row('MINE').dragTo(row('SHARED'));
    await workbench.dialog.filter({ hasText: 'Move MINE, SECOND to Workspace workspace?' }).waitFor();
    await workbench.press('Move');
    await untilNames([['BOTH'], ['BOTH', 'MINE', 'SECOND', 'SHARED']]);
    assert.equal((await valuesOf('workspace', sandbox)).get('SECOND'), 'fake-second');
  });

  it('replace one of the same name only if the person agrees to lose its value', async () => {
    const { workbench } = session;
    // A list does not keep its elements in order.
    const shared = session.workbench
      .view('Secrets')
      .locator('[aria-label^="BOTH, secret of the scope Workspace"]');
    await shared.dragTo(row('User'));
    await workbench.dialog.filter({ hasText: 'These values are lost: BOTH' }).waitFor();
    await workbench.press('Move and Replace');
    await untilNames([['BOTH'], ['MINE', 'SECOND', 'SHARED']]);
    assert.equal((await valuesOf('user', sandbox)).get('BOTH'), 'fake-of-workspace');
  });

  it('are not moved out of Nextflow’s own store, nor into it', async () => {
    const { workbench } = session;
    // What is dragged while the view changes is another row by then.
    await workbench.untilRows(
      workbench.view('Secrets'),
      (rows) => rows.filter(({ label }) => label === 'BOTH').length === 1,
    );
    await row('OF_NEXTFLOW').dragTo(row('User'));
    await workbench.notification('Copy to Other Scope… makes a copy that overrides it').waitFor();
    await workbench.command('Notifications: Clear All Notifications');
    await row('BOTH').dragTo(row('Nextflow store'));
    await workbench.notification('own store is only read: nothing was moved').waitFor();
    assert.match(
      readFileSync(nextflowStoreFile(sandbox), 'utf8'),
      /^\[\{"name": "OF_NEXTFLOW", "value": "fake"\}\]$/,
    );
    await untilNames([['BOTH'], ['MINE', 'SECOND', 'SHARED']]);
  });

  it('do the same by keys alone, with the command', async () => {
    const { workbench, window } = session;
    await workbench.commandByKeys('Nextflow Secrets: Move to Other Scope');
    await workbench.asked('Which one?');
    await workbench.input.fill('SECOND');
    await workbench.options.filter({ hasText: 'SECOND' }).waitFor();
    await window.page.keyboard.press('Enter');
    await workbench.dialog.filter({ hasText: 'Move SECOND to User?' }).waitFor();
    await window.page.keyboard.press('Enter');
    await untilNames([
      ['BOTH', 'SECOND'],
      ['MINE', 'SHARED'],
    ]);
  });

  it('are not moved to a vault that cannot be read, and the reason is said', async () => {
    const { workbench } = session;
    const vault = workspaceVaultFile(sandbox);
    const whole = readFileSync(vault, 'utf8');
    const conflict = `<<<<<<< HEAD\n${whole}=======\n${whole}>>>>>>> other\n`;
    for (const [content, description, reason] of [
      ['{ "half": ', 'damaged', 'workspace.sops.json'],
      [conflict, 'in conflict', 'workspace.sops.json'],
    ] as const) {
      writeFileSync(vault, content);
      await workbench.untilRows(workbench.view('Secrets'), (rows) =>
        rows.some((one) => one.label === 'Workspace' && one.description.endsWith(description)),
      );
      await row('SECOND').dragTo(row('Workspace'));
      await workbench.notification(reason).waitFor();
      await workbench.command('Notifications: Clear All Notifications');
      assert.equal(readFileSync(vault, 'utf8'), content);
    }
    writeFileSync(vault, whole);
    assert.ok((await valuesOf('user', sandbox)).has('SECOND'));
  });

  async function untilNames(expected: readonly (readonly string[])[]): Promise<void> {
    const end = Date.now() + 60_000;
    while (JSON.stringify(await names()) !== JSON.stringify(expected)) {
      if (Date.now() > end) assert.deepEqual(await names(), expected);
      await session.window.page.waitForTimeout(100);
    }
  }
});

describe('secrets dragged by a member with the role launch @vscode', () => {
  const team = new Team();
  let session: Session;

  before(async () => {
    const ada = await team.founder('ada', { TOKEN: 'fake-token' });
    const bob = team.cloner('bob');
    await ada.ok(['member', 'add', await bob.request(), '--yes']);
    ada.push('Bob');
    bob.pull();
    await bob.ok(['set', 'OWN'], { input: 'fake-own' });
    session = await Session.open(bob.sandbox, undefined, { workspace: bob.clone });
    await session.workbench.showSideBar('Nextflow Secrets');
  });
  afterEach(pictureOfFailure(() => session));
  after(async () => {
    await session.close();
    team.remove();
  });

  it('stay where they are, with the reason, in both directions', async () => {
    const { workbench } = session;
    const view = workbench.view('Secrets');
    for (const [from, to] of [
      ['OWN', 'Workspace'],
      ['TOKEN', 'User'],
    ] as const) {
      await workbench.row(view, from).dragTo(workbench.row(view, to));
      await workbench.notification('has the role launch').waitFor();
      await workbench.command('Notifications: Clear All Notifications');
    }
    assert.deepEqual([...(await valuesOf('user', session.sandbox)).keys()], ['OWN']);
  });
});
