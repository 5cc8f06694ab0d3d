import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Sandbox } from '../fixtures/sandbox.ts';
import { until } from '../fixtures/until.ts';
import { PlatformStandIn } from '../platform/stand-in.ts';
import type { StandInUser, StandInWorkspace } from '../platform/stand-in-state.ts';
import { pictureOfFailure, Session } from './vscode/session.ts';
import type { Row } from './vscode/workbench.ts';

const SCRIPT = `process P {
  secret 'NCBI_API_KEY'
  secret 'SHARED_KEY'
  script: 'true'
}
workflow { P() }
`;

describe('Seqera Platform in VS Code @vscode', () => {
  let platform: PlatformStandIn;
  let alice: StandInUser;
  let lab: StandInWorkspace;
  let session: Session;

  before(async () => {
    platform = await PlatformStandIn.start({ prefix: '/api' });
    alice = platform.state.addUser('alice');
    lab = platform.state.addWorkspace('fake-lab/rnaseq', [[alice, 'maintain']]);
    const viewed = platform.state.addWorkspace('fake-lab/viewed', [[alice, 'view']]);
    platform.state.addSecret(lab, 'SHARED_KEY', 'fake-shared');
    platform.state.addSecret(viewed, 'SEEN_KEY', 'fake-seen');
    session = await Session.open(
      new Sandbox(),
      async (sandbox) => {
        await sandbox.ok(['set', 'NCBI_API_KEY'], { input: 'fake-own' });
        writeFileSync(join(sandbox.workspace, 'main.nf'), SCRIPT);
      },
      { settings: { 'files.autoSave': 'off' } },
    );
    await session.workbench.showSideBar('Nextflow Secrets');
    // The rows that are below the end of a view are not in the page.
    await session.workbench.view('Runs').locator('.pane-header').click();
    await session.workbench.view('Seqera Platform').locator('.pane-header').click();
  });
  afterEach(pictureOfFailure(() => session));
  after(async () => {
    await session.close();
    await platform.stop();
  });

  const view = (): ReturnType<Session['workbench']['view']> => session.workbench.view('Seqera Platform');
  const untilRows = (expected: (rows: readonly Row[]) => boolean): Promise<void> =>
    session.workbench.untilRows(view(), expected);
  const has =
    (label: string, description: string) =>
    (rows: readonly Row[]): boolean =>
      rows.some((row) => row.label === label && row.description === description);
  const hasNo =
    (label: string) =>
    (rows: readonly Row[]): boolean =>
      rows.every((row) => row.label !== label);
  const press = async (row: string, action: string): Promise<void> => {
    const element = session.workbench.row(view(), row);
    await element.hover();
    await element.locator(`.action-label[aria-label^="${action}"]`).click();
  };
  const menu = async (row: string, action: string): Promise<void> => {
    await session.workbench.row(view(), row).click({ button: 'right' });
    const item = session.window.page.locator('.monaco-menu .action-label', { hasText: action }).first();
    await item.waitFor();
    // A menu takes no clicks in its first moment.
    await session.window.page.waitForTimeout(500);
    await item.click();
  };
  const signIn = async (token: string): Promise<void> => {
    const { workbench } = session;
    await workbench.answer(platform.url, 'The address of its API');
    await workbench.answer(token, 'Your access token');
  };
  /** Waits until no request has come for a while. */
  const untilQuiet = async (): Promise<void> => {
    for (let before = -1; before !== platform.requests.length;) {
      before = platform.requests.length;
      await session.window.page.waitForTimeout(2_000);
    }
  };
  const dismiss = async (): Promise<void> => {
    await session.workbench.command('Notifications: Clear All Notifications');
  };

  it('sends nothing before somebody signs in, and offers that', async () => {
    await view().getByText('Nothing is sent before you have signed in').waitFor();
    await session.window.page.waitForTimeout(1_000);
    assert.equal(platform.requests.length, 0);
  });

  it('tells an address that is none, and a token that is wrong, and keeps neither', async () => {
    const { workbench, window } = session;
    await view().getByText('Sign In to Seqera Platform').first().click();
    await workbench.asked('The address of its API');
    await workbench.input.fill('http://platform.example');
    await workbench.quickInput.filter({ hasText: 'is not encrypted' }).waitFor();
    await window.page.keyboard.press('Escape');
    await workbench.command('Sign In to Seqera Platform');
    await signIn('fake-token-of-nobody');
    await workbench.notification('does not take the access token').waitFor();
    assert.deepEqual(
      platform.requests.map(({ operation, hasToken }) => `${operation} ${hasToken}`).slice(0, 2),
      ['Info false', 'UserInfo true'],
    );
    await dismiss();
    await view().getByText('Nothing is sent before you have signed in').waitFor();
  });

  it('signs in with a hidden token, and shows the own secrets and the chosen workspaces', async () => {
    const { workbench, window } = session;
    await workbench.command('Sign In to Seqera Platform');
    await workbench.answer(platform.url, 'The address of its API');
    await workbench.asked('Your access token');
    assert.equal(await workbench.input.getAttribute('type'), 'password');
    await workbench.answer(alice.token ?? '', 'Your access token');
    await workbench.asked('Which workspaces do you want to see?');
    await workbench.choose('fake-lab/rnaseq');
    await workbench.choose('fake-lab/viewed');
    await window.page.keyboard.press('Enter');
    await untilRows(has('User', 'no secrets'));
    await untilRows(has('fake-lab/rnaseq', 'maintain'));
    await untilRows(has('SHARED_KEY', 'never used'));
    await workbench.tooltip(workbench.row(view(), 'SHARED_KEY'), 'can be changed and not be read');
    await dismiss();
  });

  it('offers no change where the role forbids it, and says why', async () => {
    const { workbench } = session;
    await untilRows(has('SEEN_KEY', 'never used'));
    const row = workbench.row(view(), 'SEEN_KEY');
    await row.hover();
    assert.equal(await row.locator('.action-label').count(), 0);
    await workbench.tooltip(
      workbench.row(view(), 'fake-lab/viewed'),
      'Your role there, view, changes no secrets',
    );
  });

  it('shows what the code of a folder lacks in its workspace, also as a problem, without a request while one types', async () => {
    const { workbench, window } = session;
    await untilRows(hasNo('NCBI_API_KEY'));
    await menu('fake-lab/rnaseq', 'Choose Seqera Platform Workspace of Folder');
    await untilRows(has('fake-lab/rnaseq', 'maintain · for workspace'));
    await untilRows(has('NCBI_API_KEY', 'missing · main.nf:2'));
    await workbench.openFile('main.nf');
    await window.page.locator('.squiggly-warning').first().waitFor();
    await untilQuiet();
    const before = platform.requests.length;
    await workbench.goTo(3, 3);
    await window.page.keyboard.type("secret 'TYPED_NOW'\n  ", { delay: 40 });
    await untilRows(has('TYPED_NOW', 'missing · main.nf:3'));
    await window.page.keyboard.press('Control+KeyS');
    await window.page.waitForTimeout(2_000);
    assert.equal(platform.requests.length, before);
  });

  it('copies a local secret there after a question, by the quick fix', async () => {
    const { workbench, window } = session;
    await workbench.goTo(2, 12);
    await window.page.keyboard.press('Control+Period');
    await window.page.locator('.action-widget').getByText('Copy NCBI_API_KEY to fake-lab/rnaseq').click();
    await workbench.dialog.filter({ hasText: 'Copy NCBI_API_KEY to fake-lab/rnaseq on 127.0.0.1' }).waitFor();
    await workbench.dialog.filter({ hasText: 'decrypted on this machine and sent there' }).waitFor();
    assert.deepEqual(platform.state.valuesOf(lab), { SHARED_KEY: 'fake-shared' });
    await workbench.press('Copy');
    await workbench.notification('NCBI_API_KEY is in fake-lab/rnaseq now.').waitFor();
    assert.equal(platform.state.valuesOf(lab)['NCBI_API_KEY'], 'fake-own');
    await untilRows(has('NCBI_API_KEY', 'never used'));
  });

  it('creates what is missing, and gives it another value', async () => {
    const { workbench } = session;
    await press('TYPED_NOW', 'Create Secret on Seqera Platform');
    await workbench.answer('fake-typed', 'The value of TYPED_NOW');
    await untilRows(has('TYPED_NOW', 'never used'));
    assert.equal(platform.state.valuesOf(lab)['TYPED_NOW'], 'fake-typed');
    await press('TYPED_NOW', 'Update Secret on Seqera Platform');
    await workbench.answer('fake-typed-anew', 'The value of TYPED_NOW');
    await until(
      'it has another value',
      () => platform.state.valuesOf(lab)['TYPED_NOW'] === 'fake-typed-anew',
    );
    await dismiss();
  });

  it('shows which of two a run gets', async () => {
    platform.state.addSecret(alice, 'SHARED_KEY', 'fake-own-there');
    await session.workbench.command('Refresh Seqera Platform');
    await untilRows(has('SHARED_KEY', 'overrides fake-lab/rnaseq · never used'));
    await untilRows(has('SHARED_KEY', 'overridden by user · never used'));
  });

  it('deletes after a question that says that nobody can take it back', async () => {
    const { workbench } = session;
    await menu('TYPED_NOW', 'Delete Secret on Seqera Platform');
    await workbench.dialog.filter({ hasText: 'This cannot be undone' }).waitFor();
    await workbench.press('Cancel');
    assert.equal(platform.state.valuesOf(lab)['TYPED_NOW'], 'fake-typed-anew');
    await menu('TYPED_NOW', 'Delete Secret on Seqera Platform');
    await workbench.press('Delete');
    await untilRows(has('TYPED_NOW', 'missing · main.nf:3'));
    assert.ok(!('TYPED_NOW' in platform.state.valuesOf(lab)));
    await dismiss();
  });

  it('says what a role of the organisation forbids, as the Platform says it', async () => {
    const { workbench } = session;
    platform.state.customRoles.set('reader', ['read', 'pipeline_secrets:read']);
    lab.roles.set(alice.id, ['reader']);
    await workbench.command('Refresh Seqera Platform');
    await untilRows(has('fake-lab/rnaseq', 'reader · for workspace'));
    await press('TYPED_NOW', 'Create Secret on Seqera Platform');
    await workbench.answer('fake-refused', 'The value of TYPED_NOW');
    await workbench.notification('does not let you create the secret TYPED_NOW').waitFor();
    await dismiss();
    lab.roles.set(alice.id, ['maintain']);
  });

  it('tells that the Platform does not answer, keeps what it knew, and calls nothing missing', async () => {
    const { workbench } = session;
    // Three lists, and each is asked for four times.
    platform.fail({ operation: 'ListPipelineSecrets', times: 12, answer: { status: 503 } });
    await workbench.command('Refresh Seqera Platform');
    await untilRows(has('No answer', 'Ask Again'));
    await untilRows(has('SHARED_KEY', 'overrides fake-lab/rnaseq · never used'));
    await untilRows(hasNo('TYPED_NOW'));
    await workbench.row(view(), 'No answer').first().click();
    await untilRows(has('TYPED_NOW', 'missing · main.nf:3'));
  });

  it('tells that a workspace is gone and that a token is, each with the way on', async () => {
    const { workbench, window } = session;
    lab.roles.delete(alice.id);
    await workbench.command('Refresh Seqera Platform');
    await untilRows(has('Workspace is gone', 'Choose Workspaces…'));
    await untilRows(hasNo('TYPED_NOW'));
    lab.roles.set(alice.id, ['maintain']);
    const { token } = alice;
    alice.token = 'fake-token-made-later';
    await workbench.command('Refresh Seqera Platform');
    await untilRows(has('Not signed in any more', 'Sign In Again…'));
    await workbench.row(view(), 'Not signed in any more').click();
    await signIn(alice.token);
    await workbench.asked('Which workspaces do you want to see?');
    await window.page.keyboard.press('Escape');
    await untilRows(has('TYPED_NOW', 'missing · main.nf:3'));
    assert.notEqual(token, alice.token);
    await dismiss();
  });

  it('takes the login of the command, if the person wants it', async () => {
    const { workbench, window, sandbox } = session;
    await sandbox.ok(['platform', 'login', '--url', platform.url], { input: alice.token ?? '' });
    await workbench.command('Sign Out of Seqera Platform');
    await workbench.press('Sign Out');
    await view().getByText('Nothing is sent before you have signed in').waitFor();
    await workbench.command('Sign In to Seqera Platform');
    await workbench.asked('The address of its API');
    await workbench.quickInput.locator('.action-label[aria-label^="Take the login"]').click();
    await workbench.asked('Which workspaces do you want to see?');
    await window.page.keyboard.press('Escape');
    await untilRows(has('TYPED_NOW', 'missing · main.nf:3'));
    await dismiss();
  });

  it('signs out, and asks nothing any more', async () => {
    const { workbench, window } = session;
    await workbench.command('Sign Out of Seqera Platform');
    await workbench.press('Sign Out');
    await view().getByText('Nothing is sent before you have signed in').waitFor();
    await untilQuiet();
    const before = platform.requests.length;
    await workbench.command('Nextflow Secrets: Refresh');
    await window.page.waitForTimeout(1_500);
    assert.equal(platform.requests.length, before);
  });
});
