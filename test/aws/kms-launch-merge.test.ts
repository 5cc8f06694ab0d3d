import assert from 'node:assert/strict';
import { GitClone } from '../fixtures/git-clone.ts';
import { KmsVault, useKmsVault } from '../fixtures/kms-vault.ts';
import { assertRefusedWithRemedy } from '../fixtures/refusal.ts';
import { leftOfRuns, StandIn } from '../fixtures/stand-in.ts';
import type { Result } from '../fixtures/sandbox.ts';

describe('a vault with a key of AWS KMS, for a person without an age key @aws @sops', () => {
  let lab: KmsVault;
  let arn: string;
  useKmsVault(async (made) => {
    lab = made;
    arn = await lab.newKey('alias/lab');
    await lab.owner.ok(['set', 'TOKEN', '--scope', 'workspace'], { input: 'fake-token' });
    await lab.addBySops(arn);
    lab.aws.requests = [];
  });

  describe('in a launch', () => {
    let nextflow: StandIn;
    beforeEach(() => {
      nextflow = new StandIn(lab.reader);
      nextflow.letGo();
    });
    const launch = (...options: string[]): Promise<Result> =>
      lab.reader.nfSecrets(['launch', '--workspace', lab.owner.workspace, ...options, 'main.nf']);

    it('is asked for after the person has accepted the key, once, and nothing is left of the run', async () => {
      assertRefusedWithRemedy(await launch(), 77, 'AWS was not asked', '--accept-members');
      assert.deepEqual(lab.aws.requests, []);
      assert.equal(nextflow.hasStarted, false);
      const result = await launch('--accept-members');
      assert.equal(result.exitCode, 0, result.stderr);
      assert.match(result.stderr, /TOKEN +workspace/);
      assert.deepEqual(lab.aws.requests, ['Decrypt']);
      assert.equal(nextflow.hasStarted, true);
      assert.deepEqual(leftOfRuns(lab.reader), []);
    });

    it('stops before Nextflow starts if KMS denies it: 77, with the statement', async () => {
      await lab.reader.nfSecrets(['get', 'TOKEN', '--accept-members'], { cwd: lab.owner.workspace });
      lab.deny('Decrypt', arn);
      assertRefusedWithRemedy(await launch(), 77, arn, 'kms:Decrypt');
      assert.equal(nextflow.hasStarted, false);
      assert.deepEqual(leftOfRuns(lab.reader), []);
    });

    it('stops before Nextflow starts if AWS cannot be reached: 69', async () => {
      await lab.reader.nfSecrets(['get', 'TOKEN', '--accept-members'], { cwd: lab.owner.workspace });
      lab.aws.fail({ cut: 'before' });
      const result = await launch();
      assert.equal(result.exitCode, 69, result.stderr);
      assert.equal(nextflow.hasStarted, false);
    });
  });

  describe('is merged by git', () => {
    let clone: GitClone;
    beforeEach(async () => {
      clone = new GitClone(lab.reader, lab.owner.workspace);
      await clone.git('init', '-q');
      await clone.ok(['get', 'TOKEN', '--accept-members']);
      await clone.ok(['merge', 'install', '--yes']);
      await clone.commit();
      await clone.branch('theirs', 'main', () => clone.set('THEIRS', 'fake-theirs'));
      await clone.branch('ours', 'main', () => clone.set('OURS', 'fake-ours'));
    });

    it('with the secrets of both sides, and sops reads it', async () => {
      await clone.git('merge', '-q', 'theirs');
      assert.deepEqual(await clone.values(), {
        DB_PASSWORD: 'fake-db',
        OURS: 'fake-ours',
        THEIRS: 'fake-theirs',
        TOKEN: 'fake-token',
      });
      assert.equal(String(await lab.sops.extract(lab.file, ['secrets', 'THEIRS'])), 'fake-theirs');
      assert.equal(lab.entries.length, 1);
    });

    it('or is left as a conflict if KMS denies it, with nothing lost, and resolve merges it later', async () => {
      lab.deny('Decrypt', arn);
      const merge = await clone.tryGit('merge', '-q', 'theirs');
      assert.notEqual(merge.exitCode, 0);
      assert.match(merge.stderr, /kms:Decrypt/);
      assert.equal((await clone.unmerged()).length > 0, true);
      lab.aws.heal();
      await clone.ok(['resolve']);
      assert.deepEqual(Object.keys(await clone.values()).sort(), ['DB_PASSWORD', 'OURS', 'THEIRS', 'TOKEN']);
    });
  });
});
