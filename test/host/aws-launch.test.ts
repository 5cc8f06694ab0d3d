import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Sandbox } from '../fixtures/sandbox.ts';
import { until } from '../fixtures/until.ts';
import { pictureOfFailure, Session } from './vscode/session.ts';

// What a launch in AWS Batch asks, and what is offered when it was refused, with a stand-in for the command: there is
// no AWS here.

const REFUSED = {
  ...{ ok: false, account: '123456789012', region: 'eu-west-1', partition: 'aws', pipeline: 'main.nf' },
  ...{ principal: 'arn:aws:iam::123456789012:user/ann', queues: [], hints: [], leftBehind: [] },
  roles: { launcher: 'arn:aws:iam::123456789012:user/ann', executionRole: null, jobRole: null },
  checks: [
    {
      ...{ role: 'launcher', principal: null, action: 'secretsmanager:CreateSecret', resource: '*' },
      ...{ result: 'denied', reason: 'AWS refused it', statement: { Sid: 'Create', Effect: 'Allow' } },
    },
  ],
};

describe('a launch in AWS Batch, by hand @vscode', () => {
  let session: Session;
  let sandbox: Sandbox;
  const calls = (): string => join(sandbox.root, 'calls');

  before(async () => {
    sandbox = new Sandbox();
    const command = join(sandbox.root, 'command');
    session = await Session.open(
      sandbox,
      async ({ workspace }) => {
        writeFileSync(
          join(workspace, 'main.nf'),
          "process P {\n  secret 'API_KEY'\n  script: 'true'\n}\nworkflow { P() }\n",
        );
        writeFileSync(
          join(workspace, 'nextflow.config'),
          "process.executor = 'awsbatch'\naws.region = 'eu-west-1'\n",
        );
        await sandbox.ok(['set', 'API_KEY'], { input: 'fake-own' });
        // Behind the program and the built command comes what was asked of it.
        const script = `#!/bin/bash
echo "\${*:3} as $AWS_PROFILE" >> '${calls()}'
if [ "$3" = aws ]; then
cat <<'END'
${JSON.stringify(REFUSED)}
END
fi
exit 77
`;
        writeFileSync(command, script, { mode: 0o755 });
      },
      { settings: { 'nextflowSecrets.launch.prelude': `set -- '${command}' "$@"` } },
    );
  });
  afterEach(pictureOfFailure(() => session));
  after(() => session.close());

  it('shows where it goes and who says so, and asks only for what the configs leave open', async () => {
    const { workbench } = session;
    await workbench.openFile('main.nf');
    await workbench.command('Nextflow Secrets: Launch Pipeline');
    await workbench.choose('main.nf');
    await workbench.asked('Return launches');
    const shown = (text: string): Promise<void> =>
      workbench.options.filter({ hasText: text }).first().waitFor();
    await shown('AWS Batch, as the pipeline says');
    await shown('eu-west-1 (nextflow.config:2)');
    await shown('that of your AWS configuration');
    await workbench.choose('AWS profile');
    await workbench.answer('lab', 'AWS_PROFILE of the launch');
    await workbench.asked('Return launches');
    await workbench.options.filter({ hasText: 'AWS profile' }).filter({ hasText: 'lab' }).waitFor();
  });

  it('offers to check the permissions when it was refused', async () => {
    const { workbench, window } = session;
    await window.page.keyboard.press('Enter');
    await workbench.notification('main.nf was stopped').waitFor();
    assert.equal(readFileSync(calls(), 'utf8'), 'launch main.nf as lab\n');
    await workbench
      .notification('main.nf was stopped')
      .locator('.monaco-button', { hasText: 'Check AWS Permissions' })
      .click();
    await window.page.locator('.tab.active', { hasText: 'AWS permissions of main.nf' }).waitFor();
    const report = window.page.frameLocator('iframe.webview.ready').frameLocator('iframe');
    await report.getByText('1 permission is missing.').waitFor();
    await report.getByText('"Sid": "Create"').waitFor();
    assert.equal(readFileSync(calls(), 'utf8').split('\n')[1], 'aws check --json main.nf as lab');
  });

  it('remembers the answers, and starts at once from the script', async () => {
    const { workbench, window } = session;
    await workbench.openFile('main.nf');
    await window.page.locator('.editor-actions .action-label[aria-label*="Launch Pipeline"]').click();
    await until('it was launched again', () => {
      const lines = existsSync(calls()) ? readFileSync(calls(), 'utf8').trim().split('\n') : [];
      return lines.length === 3 && lines[2] === 'launch main.nf as lab';
    });
  });
});
