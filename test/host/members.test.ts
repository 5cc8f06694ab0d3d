import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Person, Team } from '../fixtures/people.ts';
import { Sops } from '../fixtures/sops.ts';
import { until } from '../fixtures/until.ts';
import { pictureOfFailure, Session } from './vscode/session.ts';
import type { Row, Workbench } from './vscode/workbench.ts';

/** Opens the members of the workspace in the view, if they are not open. */
async function openMembers(workbench: Workbench): Promise<void> {
  const row = workbench.row(workbench.view('Secrets'), 'Members');
  await row.waitFor();
  if ((await row.getAttribute('aria-expanded')) !== 'true') await row.locator('.monaco-tl-twistie').click();
}

const text = ({ label, description }: Row): string => `${label} ${description}`.trim();

describe('members of a workspace @vscode', () => {
  const team = new Team();
  let ada: Person;
  let bob: Person;
  let session: Session;

  before(async () => {
    ada = await team.founder('ada', { DB_PASSWORD: 'fake-of-ada', TOKEN: 'fake-token' });
    writeFileSync(
      join(ada.clone, 'main.nf'),
      "process P {\n  secret 'TOKEN'\n  script:\n  'true'\n}\nworkflow { P() }\n",
    );
    ada.push('A pipeline');
    bob = team.cloner('bob');
    session = await Session.open(ada.sandbox, undefined, { workspace: ada.clone });
    await session.workbench.showSideBar('Nextflow Secrets');
  });
  afterEach(pictureOfFailure(() => session));
  after(async () => {
    await session.close();
    team.remove();
  });

  const untilShown = (expected: (rows: readonly string[]) => boolean): Promise<void> =>
    session.workbench.untilRows(session.workbench.view('Secrets'), (rows) => expected(rows.map(text)));

  it('are added by a request in the clipboard, after a question that names label, role and keys', async () => {
    const { workbench } = session;
    await untilShown((rows) => rows.includes('Workspace pipeline'));
    await workbench.putOnClipboard(await bob.request());
    await workbench.command('Nextflow Secrets: Add Member');
    await workbench.asked('The request of the new member');
    assert.match(await workbench.input.inputValue(), /^nf-secrets-request\./);
    await session.window.page.keyboard.press('Enter');
    await workbench.asked('The label of the member');
    assert.equal(await workbench.input.inputValue(), 'bob/laptop');
    await session.window.page.keyboard.press('Enter');
    await workbench.choose('maintain');
    await workbench.dialog.filter({ hasText: 'Add bob/laptop with the role maintain?' }).waitFor();
    await workbench.dialog.filter({ hasText: /Reads with age1/ }).waitFor();
    await workbench.dialog.filter({ hasText: /with you \(.*\) as the owner/ }).waitFor();
    await workbench.press('Add');
    await workbench.notification('bob/laptop is a member now, with the role maintain').waitFor();
    const members = await ada.members();
    assert.deepEqual(members.map(({ role, you }) => `${role} ${String(you)}`).sort(), [
      'maintain false',
      'owner true',
    ]);
  });

  it('are shown with their roles, and one’s own', async () => {
    await untilShown((rows) => rows.includes('Workspace pipeline · owner') && rows.includes('Members 2'));
    await openMembers(session.workbench);
    await untilShown(
      (rows) => rows.includes('bob/laptop maintain') && rows.some((row) => row.endsWith('owner · you')),
    );
  });

  it('get another role', async () => {
    const { workbench } = session;
    await workbench.command('Nextflow Secrets: Change Role');
    await workbench.choose('bob/laptop');
    await workbench.choose('launch');
    await workbench.dialog.filter({ hasText: 'Give bob/laptop the role launch?' }).waitFor();
    await workbench.press('Change');
    await untilShown((rows) => rows.includes('bob/laptop launch'));
    assert.equal((await ada.members()).find(({ label }) => label === 'bob/laptop')?.role, 'launch');
  });

  it('are refused what is no request, where it is typed', async () => {
    const { workbench, window } = session;
    await workbench.putOnClipboard('something else');
    await workbench.command('Nextflow Secrets: Add Member');
    await workbench.asked('The request of the new member');
    assert.equal(await workbench.input.inputValue(), '');
    await workbench.input.fill('age1nonsense');
    await workbench.quickInput.filter({ hasText: 'This is no whole public key of age' }).waitFor();
    await window.page.keyboard.press('Escape');
  });

  it('go, with a list of the values that they could read', async () => {
    const { workbench } = session;
    await workbench.command('Nextflow Secrets: Remove Member');
    await workbench.choose('bob/laptop');
    await workbench.dialog.filter({ hasText: 'Remove bob/laptop?' }).waitFor();
    await workbench.press('Remove');
    await workbench.notification(/set them anew: DB_PASSWORD, TOKEN/).waitFor();
    await untilShown(
      (rows) => rows.includes('Members 1') && rows.some((row) => /^TOKEN .*exposed/.test(row)),
    );
    assert.deepEqual(
      (await ada.members()).map(({ role }) => role),
      ['owner'],
    );
  });

  it('sign what another program has changed', async () => {
    const { workbench } = session;
    ada.push('Members');
    const sops = await Sops.of(ada.sandbox);
    await sops.set(ada.vault, ['secrets', 'TOKEN'], '"fake-by-sops"');
    await untilShown((rows) => rows.includes('Workspace pipeline · changed, not signed'));
    await workbench.command('Nextflow Secrets: Sign Change');
    await workbench.dialog.filter({ hasText: 'Sign this change of the vault?' }).waitFor();
    await workbench.dialog.filter({ hasText: 'Changed: TOKEN' }).waitFor();
    await workbench.press('Sign');
    await workbench.notification('The vault is signed.').waitFor();
    await untilShown((rows) => rows.includes('Workspace pipeline · owner'));
    assert.equal(String((await ada.get('TOKEN', '--reveal')).stdout), 'fake-by-sops');
  });

  it('decide a conflict of two branches on a page, by dates and authors', async () => {
    const { workbench, window } = session;
    ada.push('Signed');
    // With it the files stay as they are at a conflict: only git's index tells.
    await ada.ok(['merge', 'install', '--yes']);
    ada.git('checkout', '-q', '-b', 'other');
    await ada.set('TOKEN', 'fake-of-other');
    ada.git('commit', '-q', '-am', 'Other');
    ada.git('checkout', '-q', 'main');
    await ada.set('TOKEN', 'fake-of-main');
    ada.git('commit', '-q', '-am', 'Main');
    assert.throws(() => ada.git('merge', 'other'));
    await workbench.notification('Two branches have changed the secrets of pipeline').waitFor();
    await workbench
      .notification('Two branches have changed')
      .locator('.monaco-button', { hasText: 'Resolve' })
      .click();
    const page = window.page.frameLocator('iframe.webview.ready').frameLocator('iframe#active-frame');
    await page.locator('legend', { hasText: 'TOKEN' }).waitFor();
    const shown = await page.locator('body').innerText();
    assert.match(shown, /Ours: changed \d{4}-\d\d-\d\d \d\d:\d\d UTC by ada@fake\.example/);
    assert.doesNotMatch(shown, /fake-of/);
    await page.locator('input[value="theirs"]').check();
    await page.locator('button', { hasText: 'Merge' }).click();
    await workbench.notification('The vault is merged').waitFor();
    await until(
      'it is merged',
      async () => String((await ada.get('TOKEN', '--reveal')).stdout) === 'fake-of-other',
    );
    ada.git('commit', '-q', '-m', 'Merged');
    assert.equal((await ada.nf(['member', 'verify'])).exitCode, 0);
  });
});

describe('a member with the role launch @vscode', () => {
  const team = new Team();
  let session: Session;

  before(async () => {
    const ada = await team.founder('ada', { TOKEN: 'fake-token' });
    const bob = team.cloner('bob');
    await ada.ok(['member', 'add', await bob.request(), '--yes']);
    ada.push('Bob');
    bob.pull();
    session = await Session.open(bob.sandbox, undefined, { workspace: bob.clone });
    await session.workbench.showSideBar('Nextflow Secrets');
  });
  afterEach(pictureOfFailure(() => session));
  after(async () => {
    await session.close();
    team.remove();
  });

  it('sees names and the own role, is offered no change of the workspace, and is told why', async () => {
    const { workbench, window } = session;
    const view = workbench.view('Secrets');
    await workbench.untilRows(view, (rows) => rows.map(text).includes('Workspace pipeline · launch'));
    const row = workbench.row(view, 'TOKEN');
    await workbench.tooltip(row, 'has the role launch');
    assert.equal(await row.locator('.action-label[aria-label*="Update Secret"]').count(), 0);
    await workbench.command('Nextflow Secrets: Create Secret');
    await workbench.options.filter({ hasText: 'has the role launch' }).waitFor();
    await window.page.keyboard.press('Escape');
  });
});
