import assert from 'node:assert/strict';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NEXTFLOW_VARIANTS, type NextflowSandbox, Sandboxes } from '../fixtures/nextflow-sandbox.ts';

// A remote pipeline is read at the revision that will run: real git, real nextflow pull, from a repository on disk.

for (const variant of NEXTFLOW_VARIANTS) {
  describe(`a remote pipeline, ${variant.title} @nextflow`, function () {
    this.timeout(300_000);
    const sandboxes = new Sandboxes();
    let sandbox: NextflowSandbox;
    /** What Nextflow is told to run. */
    let url: string;
    let clone: string;

    before(async () => {
      sandbox = await sandboxes.create(variant);
      const source = join(sandbox.root, 'source');
      const repository = join(sandbox.root, 'lab', 'pipeline.git');
      const git = async (directory: string, ...args: string[]): Promise<void> => {
        const { exitCode, stderr } = await sandbox.run('git', ['-C', directory, ...args]);
        assert.equal(exitCode, 0, stderr);
      };
      const commit = async (name: string): Promise<void> => {
        const main = join(source, 'main.nf');
        writeFileSync(main, `include { P } from './modules/p'\nworkflow { P() }\n`);
        writeFileSync(
          join(source, 'modules', 'p.nf'),
          `process P {\n  secret '${name}'\n  script:\n  "echo got \\$${name}"\n}\n`,
        );
        writeFileSync(
          join(source, 'nextflow.config'),
          "process.debug = true\nmanifest.mainScript = 'main.nf'\n",
        );
        await git(source, 'add', '.');
        await git(source, '-c', 'user.name=a', '-c', 'user.email=a@example.org', 'commit', '-qm', name);
      };
      await sandbox.run('git', ['init', '-q', '-b', 'master', source]);
      await sandbox.run('mkdir', [join(source, 'modules'), join(sandbox.root, 'lab')]);
      await commit('KEY_V1');
      await git(source, 'tag', 'v1');
      await git(source, 'checkout', '-qb', 'dev');
      await commit('KEY_DEV');
      await git(source, 'checkout', '-q', 'master');
      await commit('KEY_MASTER');
      await git(sandbox.root, 'clone', '-q', '--bare', source, repository);
      url = `file:${repository}`;
      clone = join(sandbox.nextflowHome, 'assets', 'local', 'pipeline');
    });
    after(() => {
      sandboxes.removeAll();
    });

    const missing = async (...args: string[]): Promise<string[]> => {
      const { stdout, stderr } = await sandbox.launch(['--dry-run', '--json', ...args]);
      assert.notEqual(stdout.length, 0, stderr);
      const plan = JSON.parse(stdout.toString()) as { missing: { name: string; uses: { file: string }[] }[] };
      return plan.missing.map(({ name, uses }) => `${name} ${uses[0]?.file ?? ''}`);
    };

    it('is not pulled for a plan, unless Nextflow is to be asked', async () => {
      const plan = await sandbox.launch(['--dry-run', url, '-r', 'v1']);
      assert.equal(plan.exitCode, 69, plan.stderr);
      assert.match(plan.stderr, /There is no clone of .*A plan downloads nothing/);
      assert.ok(plan.stderr.includes(`nextflow pull ${url} -r v1`), plan.stderr);
      assert.ok(!existsSync(clone));
    });

    it('is pulled for a preview, and read at its default branch, a tag, and a branch', async () => {
      assert.deepEqual(await missing('--preview', url), ['KEY_MASTER modules/p.nf']);
      assert.deepEqual(await missing(url, '-r', 'v1'), ['KEY_V1 modules/p.nf']);
      assert.deepEqual(await missing(url, '-r', 'dev'), ['KEY_DEV modules/p.nf']);
      assert.deepEqual(await missing(url, '-r', 'master', '-latest'), ['KEY_MASTER modules/p.nf']);
    });

    it('is read at that revision, whatever its clone has at the moment', async () => {
      writeFileSync(
        join(clone, 'modules', 'p.nf'),
        "process P {\n  secret 'KEY_EDITED'\n  script:\n  'true'\n}\n",
      );
      assert.deepEqual(await missing(url, '-r', 'v1'), ['KEY_V1 modules/p.nf']);
      await sandbox.run('git', ['-C', clone, 'checkout', '-q', '.']);
    });

    it('runs with the secrets of that revision', async () => {
      await sandbox.fillVault('user', { KEY_V1: 'fake-v1', KEY_MASTER: 'fake-master', KEY_DEV: 'fake-dev' });
      const { exitCode, stdout, stderr } = await sandbox.launch(['--grant', 'KEY_V1', url, '-r', 'v1']);
      assert.equal(exitCode, 0, stderr);
      assert.match(stdout.toString(), /got fake-v1/);
      assert.match(stderr, /1 secret for/);
    });

    it('that cannot be had is refused, unless it is said what it gets', async () => {
      const nowhere = `file:${join(sandbox.root, 'nowhere.git')}`;
      const refused = await sandbox.launch([nowhere]);
      assert.equal(refused.exitCode, 69, refused.stderr);
      assert.match(refused.stderr, /cannot be read/);
      rmSync(clone, { recursive: true });
      const revision = await sandbox.launch(['--dry-run', url, '-r', 'nothing']);
      assert.equal(revision.exitCode, 69, revision.stderr);
    });
  });
}
