import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { ownProcess } from '../../../src/core/system/process-identity.ts';
import { localWorld } from '../../../src/core/system/world.ts';
import { RunsModel } from '../../../src/extension/runs/runs-model.ts';
import { RunsTree } from '../../../src/extension/runs/runs-tree.ts';

const RUN = 'abcdefghijkl';
const STARTED = '2026-01-02T03:04:05Z';

/** The view of runs, on a ledger of its own. */
export function describeRuns(): void {
  describe('the tree of runs', () => {
    const home = mkdtempSync(join(realpathSync(tmpdir()), 'nf-secrets-runs-'));
    const world = localWorld({
      env: { ...process.env, NF_SECRETS_HOME: home },
      cwd: home,
      say: () => undefined,
      notice: () => undefined,
      ask: () => Promise.resolve(undefined),
    });
    const model = new RunsModel(world);
    const tree = new RunsTree(model);
    after(() => {
      tree.dispose();
      model.dispose();
      rmSync(home, { recursive: true });
    });

    function record(entry: object): void {
      const gone = { ...ownProcess(process.platform), pid: 999_999, startTime: '1' };
      mkdirSync(join(home, 'runs'), { recursive: true, mode: 0o700 });
      const all = {
        ...{ format: 1, runId: RUN, pipeline: 'main.nf', started: STARTED, launcher: gone, child: gone },
        ...{ slurmJob: null, slurm: null, keep: false },
        ...entry,
      };
      writeFileSync(join(home, 'runs', `${RUN}.json`), JSON.stringify(all), { mode: 0o600 });
    }

    const words = ({ label, description }: vscode.TreeItem): string =>
      `${typeof label === 'string' ? label : ''} | ${String(description)}`;

    it('shows by name and region what lies in AWS, with the ARN in its tooltip', async () => {
      const store = join(home, 'runs-of-nextflow', RUN);
      record({
        target: 'aws-batch',
        aws: { partition: 'aws', account: '123456789012', region: 'eu-west-1', profile: 'lab' },
        items: [
          { kind: 'private-store', path: store },
          { kind: 'aws-secret', name: `tower-nfs-${RUN}/NCBI_API_KEY` },
          { kind: 'aws-job-definition', name: 'tower-nfs-1234-abcd', revision: 3, queues: ['spot'] },
          { kind: 'aws-job-definition', name: 'tower-nfs-1234-ef01', revision: null, queues: [] },
        ],
      });
      const [run, ...others] = await tree.getChildren();
      assert.ok(run?.kind === 'run');
      assert.equal(others.length, 0);
      const item = tree.getTreeItem(run);
      assert.match(words(item), /^main\.nf \| its jobs are not known · since .* · AWS eu-west-1$/);
      assert.ok(item.tooltip instanceof vscode.MarkdownString);
      assert.match(
        item.tooltip.value.replaceAll('&nbsp;', ' '),
        /AWS account 123456789012, region eu-west-1, profile lab/,
      );

      const items = (await tree.getChildren(run)).map((node) => tree.getTreeItem(node));
      assert.deepEqual(items.map(words), [
        `Private store | ${store}`,
        'NCBI_API_KEY | AWS secret · eu-west-1',
        'tower-nfs-1234-abcd:3 | AWS job definition · eu-west-1',
        'tower-nfs-1234-ef01 | AWS job definition · eu-west-1',
      ]);
      const arn = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:tower-nfs-abcdefghijkl/NCBI_API_KEY';
      assert.equal(items[1]?.tooltip, `Removed when the run ends: ${arn}`);
      assert.equal(new Set(items.map(({ id }) => id)).size, items.length);
      for (const { accessibilityInformation } of items)
        assert.ok(accessibilityInformation?.label.includes(', '));
    });

    it('shows nothing but text of what the ledger has', async () => {
      record({
        ...{ target: 'aws-batch', pipeline: 'evil [x](command:workbench.action.quit)\u001b[31m' },
        aws: { partition: 'aws', account: '**1**', region: 'eu\u001b[31m', profile: '[y](command:z)' },
        items: [{ kind: 'aws-secret', name: 'tower/\u001b[31mEVIL' }],
      });
      const [run] = await tree.getChildren();
      assert.ok(run !== undefined);
      for (const node of [run, ...(await tree.getChildren(run))]) {
        const { label, description, tooltip } = tree.getTreeItem(node);
        const text = tooltip instanceof vscode.MarkdownString ? tooltip.value : String(tooltip);
        assert.ok(!JSON.stringify([label, description, text]).includes('u001b'), text);
        assert.ok(!text.includes('](command:') && !text.includes('**1'), text);
      }
    });
  });
}
