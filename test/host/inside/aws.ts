import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import type { PrintedReport } from '../../../src/core/targets/aws-batch/check/report.ts';
import { reportPage } from '../../../src/extension/aws/permissions-report.ts';
import { until } from '../../fixtures/until.ts';

const STATEMENT = {
  Effect: 'Allow',
  Action: ['secretsmanager:CreateSecret'],
  Resource: ['arn:aws:secretsmanager:eu-west-1:123456789012:secret:tower-*'],
};

const REPORT: PrintedReport = {
  ok: false,
  ...{ account: '123456789012', region: 'eu-west-1', partition: 'aws' },
  principal: 'arn:aws:iam::123456789012:user/ann',
  pipeline: 'main.nf',
  workspace: null,
  queues: [
    {
      name: 'spot',
      arn: 'arn:aws:batch:eu-west-1:123456789012:job-queue/spot',
      computeEnvironments: [{ name: 'spot-ce', type: 'EC2', state: 'ENABLED' }],
    },
    { name: 'gone', arn: null, computeEnvironments: [] },
  ],
  roles: {
    launcher: 'arn:aws:iam::123456789012:user/ann',
    executionRole: 'arn:aws:iam::123456789012:role/ecs',
    jobRole: null,
    headRole: null,
  },
  checks: [
    {
      ...{ role: 'launcher', principal: 'arn:aws:iam::123456789012:user/ann' },
      ...{ action: 'secretsmanager:CreateSecret', resource: 'tower-nfs-check', result: 'denied' },
      ...{ reason: 'AWS denied it', statement: STATEMENT },
    },
    {
      ...{ role: 'launcher', principal: 'arn:aws:iam::123456789012:user/ann' },
      ...{ action: 'secretsmanager:TagResource', resource: 'tower-nfs-check', result: 'denied' },
      ...{ reason: 'AWS denied it', statement: STATEMENT },
    },
    {
      ...{ role: 'execution-role', principal: null, action: 'secretsmanager:GetSecretValue' },
      ...{
        resource: '*',
        result: 'unknown',
        reason: 'its policies may not be read',
        statement: null,
      },
    },
    {
      ...{ role: 'launcher', principal: null, action: 'batch:RegisterJobDefinition' },
      ...{ resource: '*', result: 'allowed', reason: 'tried', statement: null },
    },
  ],
  hints: [{ severity: 'warning', message: 'No VPC endpoint.' }],
  leftBehind: [],
};

/** Permissions in AWS: the page, and the commands with a stand-in for what they run. */
export function describeAws(): void {
  describe('permissions in AWS', () => {
    const directory = mkdtempSync(join(tmpdir(), 'nf-secrets-inside-'));
    const calls = join(directory, 'calls');
    const settings = vscode.workspace.getConfiguration('nextflowSecrets');
    const set = (name: string, value: unknown): Thenable<void> =>
      settings.update(name, value, vscode.ConfigurationTarget.Global);

    after(async () => {
      await set('launch.prelude', undefined);
      rmSync(directory, { recursive: true });
    });

    /** From now on the command is a script with these lines; what it is called with is kept. */
    async function standIn(...lines: readonly string[]): Promise<void> {
      const script = join(directory, 'command');
      const keep = `printf '%s\\0' "$@" AWS_REGION="$AWS_REGION" AWS_PROFILE="$AWS_PROFILE" > '${calls}'`;
      writeFileSync(script, ['#!/bin/bash', keep, ...lines, ''].join('\n'), { mode: 0o755 });
      // The prelude is what is between VS Code and the command.
      await set('launch.prelude', `set -- '${script}' "$@"`);
    }
    /** Other tests may have left scripts, of which a person would have to choose one. */
    async function onPipeline(command: 'checkAwsPermissions' | 'showAwsPolicy'): Promise<void> {
      const [uri] = await vscode.workspace.findFiles('main.nf');
      await vscode.commands.executeCommand(`nextflowSecrets.${command}`, uri);
    }
    /** What the command was called with, without the program itself. */
    const called = (): string[] => readFileSync(calls, 'utf8').split('\0').slice(2, -1);
    const page = (): string | undefined =>
      vscode.workspace.textDocuments.find(({ uri }) => uri.scheme === 'nextflow-secrets-report')?.getText();

    it('are shown with what is missing first, and what to add, once for each role', () => {
      const text = reportPage(REPORT);
      assert.match(text, /^# AWS permissions of main\\\.nf\n/);
      assert.match(text, /\*\*2 permissions are missing\\\.\*\*/);
      assert.match(text, /\| `spot` · `spot-ce` \(EC2\\, ENABLED\) \|/);
      assert.match(text, /\| `gone` \(not found\) \|/);
      const titles = Array.from(text.matchAll(/^#{2,3} (.*)$/gm), ([, title]) => title);
      assert.deepEqual(titles, [
        'Missing',
        'Add this to a policy of the role\\: launcher\\, arn\\:aws\\:iam\\:\\:123456789012\\:user\\/ann',
        'To know',
        'Not known',
        'Allowed',
      ]);
      const [, json = ''] = /```json\n([\s\S]*?)\n```/.exec(text) ?? [];
      assert.deepEqual(JSON.parse(json), { Version: '2012-10-17', Statement: [STATEMENT] });
    });

    it('are called sufficient only if the command says so', () => {
      const fine = { ...REPORT, ok: true, checks: REPORT.checks.filter(({ result }) => result !== 'denied') };
      assert.match(reportPage(fine), /\*\*Nothing is missing/);
      assert.match(reportPage({ ...fine, ok: false }), /\*\*A launch would not work/);
      const left = {
        item: 'tower-nfs-check',
        reason: 'no network',
        remedy: 'aws secretsmanager delete-secret',
      } as const;
      const text = reportPage({ ...fine, leftBehind: [left] });
      assert.match(text, /could not remove all that it made/);
      assert.match(text, /\| `tower-nfs-check` \| no network \| `aws secretsmanager delete-secret` \|/);
    });

    it('are shown as nothing but text, whatever AWS and pipelines call their things', async () => {
      const evil =
        '<img src=x onerror=alert(1)> [x](command:workbench.action.quit) ![y](http://127.0.0.1/) | `a` **b** $x$\u001b[31m\n# c';
      const text = reportPage({
        ...REPORT,
        ...{ pipeline: evil, account: evil, region: evil, principal: evil },
        queues: [{ name: evil, arn: null, computeEnvironments: [{ name: evil, type: evil, state: evil }] }],
        roles: { launcher: evil, executionRole: evil, jobRole: evil, headRole: evil },
        checks: (['denied', 'unknown', 'allowed'] as const).map((result) => ({
          ...{
            role: 'launcher',
            principal: evil,
            action: evil,
            resource: evil,
            result,
            reason: evil,
          },
          statement: { Sid: `${evil}\n\`\`\`\`\n${evil}` },
        })),
        hints: [{ severity: 'info', message: evil }],
        leftBehind: [{ item: evil, reason: evil, remedy: evil }],
      });
      assert.ok(!text.includes('\u001b'));
      const html = await vscode.commands.executeCommand<string>('markdown.api.render', text);
      const words = html.replace(/<pre[\s\S]*?<\/pre>/g, '');
      assert.ok(!/<(img|a|em)\b|<strong>b|<code>a/.test(words), words);
      // A row more, or a cell more, would be one that the text made.
      for (const row of html.match(/<tr>[\s\S]*?<\/tr>/g) ?? [])
        assert.ok([2, 3, 4].includes(row.match(/<t[dh]/g)?.length ?? 0), row);
      assert.equal(html.match(/<pre/g)?.length, 1, 'one block of code');
    });

    it('are checked as a launch would go, and shown as a page', async () => {
      await standIn(`cat <<'END'`, JSON.stringify(REPORT), 'END', 'exit 77');
      await set('aws.region', 'eu-west-1');
      try {
        await onPipeline('checkAwsPermissions');
      } finally {
        await set('aws.region', undefined);
      }
      assert.deepEqual(called(), [
        ...['aws', 'check', '--json', 'main.nf', 'AWS_REGION=eu-west-1', 'AWS_PROFILE='],
      ]);
      assert.equal(await until('the page is there', page), reportPage(REPORT));
      await until('it is the tab in front', () => {
        const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
        return input instanceof vscode.TabInputWebview && input.viewType.includes('markdown.preview');
      });
      const fine: PrintedReport = { ...REPORT, ok: true, checks: [] };
      await standIn(`cat <<'END'`, JSON.stringify(fine), 'END');
      await onPipeline('checkAwsPermissions');
      await until('the page is replaced', () => page() === reportPage(fine));
      await vscode.commands.executeCommand('workbench.action.closeActiveEditor');
    });

    it('are written as a policy into a new file', async () => {
      await standIn('echo "{}"');
      const shown = onPipeline('showAwsPolicy');
      await until('it was asked whose, and that was answered', async () => {
        await vscode.commands.executeCommand('workbench.action.acceptSelectedQuickOpenItem');
        return vscode.window.activeTextEditor?.document.languageId === 'json';
      });
      await shown;
      const { document } = vscode.window.activeTextEditor ?? {};
      assert.equal(document?.getText(), '{}\n');
      assert.equal(document.isUntitled, true);
      assert.deepEqual(called().slice(0, 3), ['aws', 'policy', 'launcher']);
      await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
    });
  });
}
