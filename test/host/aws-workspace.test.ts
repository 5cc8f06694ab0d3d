import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CreateSecretCommand, DescribeSecretCommand } from '@aws-sdk/client-secrets-manager';
import { AwsStandIn } from '../fixtures/aws-stand-in.ts';
import { ACCOUNT, AwsWorkspace, PREFIX, REGION } from '../fixtures/aws-workspace.ts';
import { until } from '../fixtures/until.ts';
import { pictureOfFailure, Session } from './vscode/session.ts';
import type { Row } from './vscode/workbench.ts';

const FILE = { format: 1, store: 'aws', region: REGION, account: ACCOUNT, prefix: PREFIX };
const TITLE = `AWS Secrets Manager, account ${ACCOUNT}, ${REGION}, ${PREFIX}/NAME`;
const SCRIPT = `process P {
  secret 'API_KEY'
  secret 'NOT_THERE'
  script: 'true'
}
workflow { P() }
`;

describe('a workspace in AWS, by hand @vscode @aws', () => {
  let aws: AwsStandIn;
  let lab: AwsWorkspace;
  let session: Session;

  before(async () => {
    aws = await AwsStandIn.start();
    await aws.reset();
    lab = new AwsWorkspace(aws);
    await aws.clients.secrets.send(
      new CreateSecretCommand({
        Name: `${PREFIX}/API_KEY`,
        SecretString: 'fake-shared',
        Description: 'of the lab',
      }),
    );
    session = await Session.open(
      lab.sandbox,
      ({ workspace }) => {
        // As it comes with a clone.
        lab.write(FILE);
        writeFileSync(join(workspace, 'main.nf'), SCRIPT);
      },
      { settings: { 'files.autoSave': 'off' } },
    );
    await session.workbench.showSideBar('Nextflow Secrets');
  });
  afterEach(pictureOfFailure(() => session));
  afterEach(() => {
    aws.heal();
  });
  after(async () => {
    await session.close();
    aws.stop();
  });

  const untilRows = (expected: (rows: readonly Row[]) => boolean): Promise<void> =>
    session.workbench.untilRows(session.workbench.view('Secrets'), expected);

  const has =
    (label: string, description: string) =>
    (rows: readonly Row[]): boolean =>
      rows.some((row) => row.label === label && row.description === description);

  const isGone =
    (label: string) =>
    (rows: readonly Row[]): boolean =>
      rows.every((row) => row.label !== label);

  /** Waits until no request has come for a while that a request of the background would come in. */
  const untilQuiet = async (): Promise<void> => {
    for (let before = -1; before !== aws.requests.length;) {
      before = aws.requests.length;
      await session.window.page.waitForTimeout(3_000);
    }
  };

  const refresh = (): Promise<void> => session.workbench.command('Nextflow Secrets: Refresh');

  const press = async (root: string, action: string): Promise<void> => {
    const row = session.workbench.row(session.workbench.view('Secrets'), root);
    await row.hover();
    await row.locator(`.action-label[aria-label^="${action}"]`).click();
  };

  /** Runs a command on a secret: chosen from the list that it offers. */
  const choose = async (name: string, command: string): Promise<void> => {
    await session.workbench.command(`Nextflow Secrets: ${command}`);
    await session.workbench.asked('Which one?');
    await session.workbench.choose(name);
  };

  it('sends nothing before the file is accepted, calls nothing missing, and accepts it after a question', async () => {
    const { workbench } = session;
    await untilRows(has('Workspace', `workspace · not accepted · ${TITLE}`));
    await untilRows(isGone('Missing'));
    assert.equal(aws.requests.length, 0);
    await press('Workspace', 'Accept Store');
    await workbench.dialog.filter({ hasText: 'Accept this store?' }).waitFor();
    await workbench.dialog.filter({ hasText: `account ${ACCOUNT}, region ${REGION}` }).waitFor();
    assert.equal(aws.requests.length, 0);
    await workbench.press('Yes');
    await untilRows(has('Workspace', `workspace · ${TITLE}`));
    await untilRows(has('API_KEY', ''));
    // The list alone is no proof: AWS was asked for the name.
    await untilRows(has('NOT_THERE', 'main.nf:3'));
    assert.ok(aws.requests.includes('DescribeSecret'));
    assert.ok(!aws.requests.includes('GetSecretValue'));
  });

  it('says in the editor where names are set, and asks AWS nothing while a text is typed', async () => {
    const { workbench, window } = session;
    await workbench.openFile('main.nf');
    await workbench.lens('Workspace · edit').waitFor();
    await workbench.lens('Not set · create').waitFor();
    await untilQuiet();
    const before = aws.requests.length;
    await workbench.goTo(2, 3);
    await window.page.keyboard.type("secret 'TYPED_NOW'\n  ", { delay: 60 });
    // Nobody has asked for it: whether it is there is not known.
    await workbench.lens('Not known').first().waitFor();
    await window.page.waitForTimeout(2_000);
    assert.deepEqual(aws.requests.slice(before), []);
    await window.page.keyboard.press('Control+KeyS');
    await untilRows(has('TYPED_NOW', 'main.nf:2'));
    assert.ok(!aws.requests.slice(before).includes('ListSecrets'));
  });

  it('creates a secret where it is missing, and updates its description without reading it', async () => {
    const { workbench } = session;
    await press('TYPED_NOW', 'Create Secret');
    await workbench.choose('Workspace');
    await workbench.answer('fake-new', 'The value of TYPED_NOW');
    await workbench.answer('typed', 'What TYPED_NOW is for');
    await untilRows(has('TYPED_NOW', ''));
    assert.equal(await lab.valueInAws(`${PREFIX}/TYPED_NOW`), 'fake-new');
    await workbench.lens('Workspace · edit').nth(1).waitFor();
    const before = aws.requests.length;
    await press('TYPED_NOW', 'Update Secret');
    await workbench.answer('', 'The new value of TYPED_NOW');
    await workbench.answer('typed anew', 'What TYPED_NOW is for');
    await until('the description has changed', async () => {
      const input = { SecretId: `${PREFIX}/TYPED_NOW` };
      const { Description } = await aws.clients.secrets.send(new DescribeSecretCommand(input));
      return Description === 'typed anew';
    });
    const sent = aws.requests.slice(before);
    assert.ok(!sent.includes('GetSecretValue') && !sent.includes('PutSecretValue'), sent.join(' '));
  });

  it('deletes into the trash, and takes that back by a button', async () => {
    const { workbench } = session;
    await choose('TYPED_NOW', 'Delete Secret');
    await workbench.press('Delete');
    const said = workbench.notification('It can be put back until 20');
    await said.waitFor();
    await untilRows(has('TYPED_NOW', 'main.nf:2'));
    await said.locator('.monaco-button', { hasText: 'Undo' }).click();
    await untilRows((rows) =>
      rows.some(({ label, description }) => label === 'TYPED_NOW' && description === ''),
    );
    assert.equal(await lab.valueInAws(`${PREFIX}/TYPED_NOW`), 'fake-new');
  });

  it('lists what is deleted, and puts it back', async () => {
    const { workbench, window } = session;
    await lab.sandbox.ok(['delete', 'TYPED_NOW', '--yes']);
    await untilRows(has('TYPED_NOW', 'main.nf:2'));
    await workbench.command('Nextflow Secrets: Put Back Deleted Secrets');
    await workbench.asked('Which ones are to be put back?');
    await workbench.choose('TYPED_NOW');
    await window.page.keyboard.press('Enter');
    await untilRows((rows) =>
      rows.some(({ label, description }) => label === 'TYPED_NOW' && description === ''),
    );
  });

  it('shows the history of a secret, and gives it an earlier value without reading one', async () => {
    const { workbench } = session;
    await lab.set('TYPED_NOW', 'fake-newer');
    await untilQuiet();
    const before = aws.requests.length;
    await choose('TYPED_NOW', 'Show History');
    await workbench.asked('Choose a version');
    await workbench.choose('the one before');
    await workbench.press('Make It the Current One');
    await until(
      'the earlier value is the current one',
      async () => (await lab.valueInAws(`${PREFIX}/TYPED_NOW`)) === 'fake-new',
    );
    assert.ok(!aws.requests.slice(before).includes('GetSecretValue'));
  });

  it('says plainly that a value may not be read, with the statement to add as a button', async () => {
    const { workbench } = session;
    lab.deny('GetSecretValue');
    await choose('API_KEY', 'Copy Value');
    const said = workbench.notification('do secretsmanager:GetSecretValue');
    await said.locator('.monaco-button', { hasText: 'Copy Statement' }).click();
    await until('the statement is in the clipboard', async () =>
      (await workbench.clipboard()).includes('"secretsmanager:GetSecretValue"'),
    );
  });

  it('shows a refusal where the names are, keeps them, calls nothing missing, and is well again after it', async () => {
    const { workbench } = session;
    await untilRows((rows) => rows.some(({ label }) => label === 'NOT_THERE'));
    lab.deny('ListSecrets');
    await refresh();
    await untilRows(has('Workspace', `workspace · refused · ${TITLE}`));
    await untilRows((rows) => isGone('Missing')(rows) && has('API_KEY', '')(rows));
    await press('Workspace', 'Show Problem of Store');
    const said = workbench.notification('do secretsmanager:ListSecrets');
    await said.locator('.monaco-button', { hasText: 'Copy Statement' }).waitFor();
    aws.heal();
    await said.locator('.monaco-button', { hasText: 'Ask Again' }).click();
    await untilRows(has('Workspace', `workspace · ${TITLE}`));
    await untilRows(has('NOT_THERE', 'main.nf:4'));
  });

  it('says that AWS does not answer, keeps what it knew, and goes on when it does', async () => {
    aws.fail({ code: 'ServiceUnavailable', status: 503 });
    await refresh();
    await untilRows(has('Workspace', `workspace · no answer · ${TITLE}`));
    await untilRows((rows) => isGone('Missing')(rows) && has('API_KEY', '')(rows));
    await session.workbench.tooltip(
      session.workbench.row(session.workbench.view('Secrets'), 'Workspace'),
      'The names are those of 20',
    );
    await untilQuiet();
    aws.heal();
    await refresh();
    await untilRows(has('NOT_THERE', 'main.nf:4'));
  });

  it('follows the file: another store has to be accepted, and without it there is none', async () => {
    lab.write({ ...FILE, prefix: 'prod' });
    await untilQuiet();
    const before = aws.requests.length;
    await untilRows((rows) => rows.some(({ description }) => description.includes('not accepted')));
    await untilRows(isGone('API_KEY'));
    assert.deepEqual(aws.requests.slice(before), []);
    lab.write(FILE);
    await untilRows(has('API_KEY', ''));
    rmSync(lab.file);
    await untilRows(has('API_KEY', 'main.nf:3'));
    await untilRows(has('NOT_THERE', 'main.nf:4'));
    await untilRows(has('Workspace', 'workspace · no secrets'));
  });

  it('makes a store, after questions and a look whose account it is', async () => {
    const { workbench } = session;
    await workbench.command("Nextflow Secrets: Put the Workspace's Secrets in AWS");
    await workbench.answer(REGION, 'The AWS region of the secrets');
    await workbench.answer('nf-secrets/made', 'The beginning of their names in AWS');
    await workbench.dialog.filter({ hasText: `in AWS account ${ACCOUNT}?` }).waitFor();
    assert.ok(!existsSync(lab.file));
    await workbench.press('Put Them in AWS');
    await untilRows((rows) =>
      rows.some(({ description }) => description.endsWith('nf-secrets/made/NAME · no secrets')),
    );
    assert.equal(
      readFileSync(lab.file, 'utf8'),
      `${JSON.stringify({ ...FILE, prefix: 'nf-secrets/made' }, undefined, 2)}\n`,
    );
  });
});
