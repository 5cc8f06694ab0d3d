import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { HumanError } from '../../../src/core/system/human-error.ts';
import { readDefinition } from '../../../src/extension/launch/launch-definition.ts';
import { launchTask } from '../../../src/extension/launch/launch-task.ts';
import { until } from '../../fixtures/until.ts';

const TYPE = 'nextflow-secrets';

/** Tasks as VS Code gets them. */
export function describeTasks(): void {
  describe('tasks', () => {
    const cli = '/somewhere/dist/cli.js';
    const folder = (): vscode.WorkspaceFolder => {
      const [first] = vscode.workspace.workspaceFolders ?? [];
      assert.ok(first !== undefined);
      return first;
    };
    const set = (name: string, value: unknown): Thenable<void> =>
      vscode.workspace
        .getConfiguration('nextflowSecrets')
        .update(name, value, vscode.ConfigurationTarget.Global);

    it('are offered for each pipeline', async () => {
      const tasks = await vscode.tasks.fetchTasks({ type: TYPE });
      assert.deepEqual(
        tasks.map(({ definition }) => definition['pipeline'] as unknown),
        ['main.nf'],
      );
    });

    it('run the built command as a process, with names and paths only', () => {
      const definition = readDefinition({
        ...{ type: TYPE, pipeline: 'main.nf', profile: 'test,docker', paramsFile: 'p.yml', resume: true },
        ...{ secrets: ['A_KEY', 'B_KEY'], arguments: ['--outdir', 'a b'] },
      });
      const { execution, name } = launchTask(definition, folder(), { cli });
      assert.ok(execution instanceof vscode.ProcessExecution);
      assert.equal(execution.process, process.execPath);
      assert.deepEqual(execution.args, [
        ...[cli, 'launch', '--only', 'A_KEY', '--only', 'B_KEY'],
        ...['main.nf', '-profile', 'test,docker', '-params-file', 'p.yml', '-resume', '--outdir', 'a b'],
      ]);
      assert.equal(execution.options?.cwd, folder().uri.fsPath);
      assert.deepEqual(execution.options.env, { ELECTRON_RUN_AS_NODE: '1' });
      assert.equal(name, 'main.nf (test,docker)');
    });

    it('take what the settings say', async () => {
      await set('nextflowPath', '/opt/nextflow');
      await set('runRoot', '/scratch/me');
      await set('launch.arguments', ['-ansi-log', 'false']);
      await set('aws.region', 'eu-west-1');
      await set('launch.target', 'aws-batch');
      try {
        const { execution } = launchTask(readDefinition({ type: TYPE, pipeline: 'main.nf' }), folder(), {
          cli,
        });
        assert.ok(execution instanceof vscode.ProcessExecution);
        assert.deepEqual(execution.args.slice(2), [
          ...['--target', 'aws-batch', '--nextflow', '/opt/nextflow', '--run-root', '/scratch/me'],
          ...['main.nf', '-ansi-log', 'false'],
        ]);
        assert.equal(execution.options?.env?.['AWS_REGION'], 'eu-west-1');
      } finally {
        for (const name of ['nextflowPath', 'runRoot', 'launch.arguments', 'aws.region', 'launch.target'])
          await set(name, undefined);
      }
    });

    it('go where they say themselves, before the settings', async () => {
      await set('launch.target', 'aws-batch');
      await set('aws.region', 'eu-west-1');
      try {
        const of = (properties: object): vscode.ProcessExecution => {
          const definition = readDefinition({ type: TYPE, pipeline: 'main.nf', ...properties });
          const { execution } = launchTask(definition, folder(), { cli });
          assert.ok(execution instanceof vscode.ProcessExecution);
          return execution;
        };
        const own = of({ target: 'local', awsRegion: 'us-east-2', awsProfile: 'the lab' });
        assert.deepEqual(own.args, [cli, 'launch', '--target', 'local', 'main.nf']);
        const env = { ELECTRON_RUN_AS_NODE: '1', AWS_REGION: 'us-east-2', AWS_PROFILE: 'the lab' };
        assert.deepEqual(own.options?.env, env);
        assert.deepEqual(of({ target: 'auto' }).args, [cli, 'launch', 'main.nf']);
      } finally {
        for (const name of ['launch.target', 'aws.region']) await set(name, undefined);
      }
    });

    it('run a prelude in a login shell that then becomes the command', async () => {
      await set('launch.prelude', 'module load nextflow');
      try {
        const { execution } = launchTask(readDefinition({ type: TYPE, pipeline: 'main.nf' }), folder(), {
          cli,
        });
        assert.ok(execution instanceof vscode.ProcessExecution);
        assert.equal(execution.process, 'bash');
        assert.deepEqual(execution.args.slice(0, 5), [
          ...['-lc', 'module load nextflow\nexec "$@"', 'nf-secrets', process.execPath, cli],
        ]);
      } finally {
        await set('launch.prelude', undefined);
      }
    });

    it('that are terminated leave nothing', async () => {
      const { env } = process;
      const filesIn = (directory: string): string[] => (existsSync(directory) ? readdirSync(directory) : []);
      const ledger = join(env['NF_SECRETS_HOME'] ?? '', 'runs');
      const root = join(env['NXF_HOME'] ?? '', 'secrets', 'runs');
      const [task] = await vscode.tasks.fetchTasks({ type: TYPE });
      assert.ok(task !== undefined);
      const definition = readDefinition({ ...task.definition, allowMissing: true });
      const extension = vscode.extensions.getExtension('nextflow-secrets.nextflow-secrets');
      const built = join(extension?.extensionPath ?? '', 'dist', 'cli.js');
      const ended = new Promise<void>((resolve) => {
        const listener = vscode.tasks.onDidEndTask(() => {
          listener.dispose();
          resolve();
        });
      });
      const execution = await vscode.tasks.executeTask(launchTask(definition, folder(), { cli: built }));
      await until('Nextflow runs', () =>
        filesIn(root).some((run) => existsSync(join(root, run, 'store.json'))),
      );
      execution.terminate();
      await ended;
      await until('nothing is left', () => filesIn(root).length + filesIn(ledger).length === 0);
    });

    const wrong: [string, Record<string, unknown>, RegExp][] = [
      ['without a pipeline', {}, /no pipeline/],
      [
        'with an unknown property',
        { pipeline: 'main.nf', profil: 'test' },
        /no property profil\. Did you mean profile/,
      ],
      ['with an option in place of the pipeline', { pipeline: '--all' }, /value of pipeline/],
      ['with an option in place of a profile', { pipeline: 'main.nf', profile: '-bg' }, /value of profile/],
      ['with a number for a flag', { pipeline: 'main.nf', resume: 1 }, /value of resume/],
      ['with a target that there is not', { pipeline: 'main.nf', target: 'cloud' }, /value of target/],
      ['with a region that is none', { pipeline: 'main.nf', awsRegion: 'eu/../x' }, /value of awsRegion/],
      ['with a profile of two lines', { pipeline: 'main.nf', awsProfile: 'a\nb' }, /value of awsProfile/],
      ['with a text for a list', { pipeline: 'main.nf', secrets: 'A_KEY' }, /value of secrets/],
    ];
    for (const [what, properties, message] of wrong) {
      it(`are refused ${what}`, () => {
        assert.throws(
          () => readDefinition({ type: TYPE, ...properties }),
          (error) => error instanceof HumanError && message.test(error.message),
        );
      });
    }
  });
}
