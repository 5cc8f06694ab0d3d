import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Sandbox } from '../fixtures/sandbox.ts';
import { StandIn } from '../fixtures/stand-in.ts';
import { until } from '../fixtures/until.ts';
import { valuesOf } from '../fixtures/vault-values.ts';
import { pictureOfFailure, Session } from './vscode/session.ts';

const inDays = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
const encoded = (text: string): string => Buffer.from(text).toString('base64url');
const END = '2099-12-31';
const TOKEN = [
  'fake-header',
  JSON.stringify({ exp: Date.parse(`${END}T12:00:00Z`) / 1000 }),
  'fake-signature',
]
  .map(encoded)
  .join('.');

describe('the day that a secret expires, by hand @vscode', () => {
  let session: Session;
  let sandbox: Sandbox;

  before(async () => {
    session = await Session.open(new Sandbox(), async (prepared) => {
      new StandIn(prepared);
      const code = "process A {\n    secret 'SOON_KEY'\n    script:\n    'true'\n}\nworkflow { A() }\n";
      writeFileSync(join(prepared.workspace, 'main.nf'), code);
      await prepared.ok(['set', 'SOON_KEY', '--expires', '2d'], { input: 'fake-soon' });
      await prepared.ok(['set', 'PLAIN_KEY'], { input: 'fake-plain' });
    });
    sandbox = session.sandbox;
    await session.workbench.showSideBar('Nextflow Secrets');
  });
  afterEach(pictureOfFailure(() => session));
  after(() => session.close());

  const listed = async (name: string): Promise<Record<string, unknown>> => {
    const all = JSON.parse(String(await sandbox.ok(['list', '--json']))) as Record<string, unknown>[];
    return all.find((one) => one['name'] === name) ?? {};
  };
  const untilExpires = (name: string, day: string | null): Promise<unknown> =>
    until(`${name} expires on ${String(day)}`, async () => (await listed(name))['expires'] === day);
  const untilRow = (name: string, description: string): Promise<void> =>
    session.workbench.untilRows(session.workbench.view('Secrets'), (rows) =>
      rows.some((row) => row.label === name && row.description === description),
    );

  it('is shown, and set from the menu of the view, which leaves the value alone', async () => {
    const { workbench } = session;
    await untilRow('SOON_KEY', 'expires in 2 days');
    await workbench.row(workbench.view('Secrets'), 'PLAIN_KEY').click({ button: 'right' });
    const menu = session.window.page.locator('.monaco-menu .action-label', { hasText: 'Set Expiry…' });
    await menu.click();
    await workbench.asked('The last day that the value of PLAIN_KEY counts');
    await workbench.input.fill('tomorrow');
    await workbench.quickInput.filter({ hasText: 'This is no day.' }).waitFor();
    await workbench.input.fill('2020-01-01');
    await workbench.quickInput.filter({ hasText: 'This day is over.' }).waitFor();
    await workbench.answer('1d', 'This day is over.');
    await untilExpires('PLAIN_KEY', inDays(1));
    await untilRow('PLAIN_KEY', 'expires tomorrow');
    assert.equal((await valuesOf('user', sandbox)).get('PLAIN_KEY'), 'fake-plain');
    await workbench.command('Nextflow Secrets: Set Expiry');
    await workbench.choose('PLAIN_KEY');
    await until('the day is there', async () => (await workbench.input.inputValue()) === inDays(1));
    await workbench.answer('', 'The last day');
    await untilExpires('PLAIN_KEY', null);
    await untilRow('PLAIN_KEY', '');
  });

  it('of a token is proposed when one is created', async () => {
    const { workbench } = session;
    await workbench.command('Nextflow Secrets: Create Secret');
    await workbench.choose('User');
    await workbench.answer('A_TOKEN', 'Its name');
    await workbench.answer(TOKEN, 'The value of A_TOKEN');
    await workbench.answer('mine', 'What A_TOKEN is for');
    await workbench.asked('This day is in the value, which is a JSON Web Token.');
    await until('it is proposed', async () => (await workbench.input.inputValue()) === END);
    await workbench.answer(END, 'The last day that the value of A_TOKEN counts');
    await untilExpires('A_TOKEN', END);
    assert.equal((await listed('A_TOKEN'))['description'], 'mine');
  });

  it('is asked for by the calendar of the question before, and of a new value whose earlier one had a day', async () => {
    const { workbench } = session;
    const update = async (name: string): Promise<void> => {
      const row = workbench.row(workbench.view('Secrets'), name);
      await row.hover();
      await row.locator('.action-label[aria-label^="Update Secret"]').click();
    };
    await update('PLAIN_KEY');
    await workbench.answer('', 'The new value of PLAIN_KEY');
    await workbench.asked('What PLAIN_KEY is for');
    await workbench.input.fill('of the lab');
    await workbench.quickInput.locator('[aria-label^="Say when the value expires"]').click();
    await workbench.answer('90d', 'The last day that the value of PLAIN_KEY counts');
    await untilExpires('PLAIN_KEY', inDays(90));
    assert.equal((await listed('PLAIN_KEY'))['description'], 'of the lab');
    await update('PLAIN_KEY');
    await workbench.answer('fake-new', 'The new value of PLAIN_KEY');
    await workbench.answer('of the lab', 'What PLAIN_KEY is for');
    await workbench.asked(`That of the earlier one was ${inDays(90)}.`);
    assert.equal(await workbench.input.inputValue(), '');
    await workbench.answer('', 'The last day');
    await untilExpires('PLAIN_KEY', null);
    assert.equal((await valuesOf('user', sandbox)).get('PLAIN_KEY'), 'fake-new');
  });

  it('is in the list and the plan of a launch, with a link to a new value', async () => {
    const { workbench, window } = session;
    await workbench.command('Nextflow Secrets: Launch Pipeline');
    await workbench.choose('main.nf');
    await workbench.options.filter({ hasText: /SOON_KEY\s*Expires on [\d-]+, in 2 days/ }).click();
    await window.page.locator('.tab.active[data-resource-name*="Launch plan"]').waitFor();
    const editor = window.page.locator('.editor-group-container.active .view-lines');
    await editor.filter({ hasText: /SOON_KEY\s+user\s+Expires\son/ }).waitFor();
    await editor.filter({ hasText: /Change\sValue…/ }).waitFor();
  });
});
