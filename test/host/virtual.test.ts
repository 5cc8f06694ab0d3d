import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT, Sandbox } from '../fixtures/sandbox.ts';
import { pictureOfFailure, Session } from './vscode/session.ts';

// A folder that is on no disk, as extensions for remote repositories show them: names and the user's own secrets.

describe('a virtual workspace @vscode', () => {
  let session: Session;

  before(async () => {
    const sandbox = new Sandbox();
    const workspace = join(sandbox.root, 'virtual.code-workspace');
    writeFileSync(workspace, JSON.stringify({ folders: [{ uri: 'nowhere:/pipeline' }] }));
    session = await Session.open(sandbox, undefined, {
      workspace,
      developed: [PROJECT, join(PROJECT, 'test/fixtures/virtual-folder')],
    });
    await session.workbench.showSideBar('Nextflow Secrets');
  });
  afterEach(pictureOfFailure(() => session));
  after(() => session.close());

  it('shows what its code refers to', async () => {
    const { workbench } = session;
    const view = workbench.view('Secrets');
    await workbench.row(view, 'NCBI_API_KEY').waitFor();
    await workbench.untilRows(view, ['Missing', 'NCBI_API_KEY main.nf:2', 'User no secrets']);
  });

  it('lets a person create a secret of their own', async () => {
    const { workbench } = session;
    const view = workbench.view('Secrets');
    const row = workbench.row(view, 'NCBI_API_KEY');
    await row.hover();
    await row.locator('.action-label[aria-label^="Create Secret"]').click();
    await workbench.answer('fake-own', 'The value of NCBI_API_KEY');
    await workbench.answer('', 'What NCBI_API_KEY is for');
    await workbench.row(view, 'Missing').waitFor({ state: 'detached' });
    const listed = JSON.parse(String(await session.sandbox.ok(['list', '--json']))) as { scope: string }[];
    assert.deepEqual(
      listed.map(({ scope }) => scope),
      ['user'],
    );
  });

  it('launches nothing, and says what a launch needs', async () => {
    const { workbench } = session;
    await workbench.command('Nextflow Secrets: Launch Pipeline');
    await workbench.notification('A launch needs a folder to run in').waitFor();
  });
});
