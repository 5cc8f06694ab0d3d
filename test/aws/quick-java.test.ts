import assert from 'node:assert/strict';
import { useAwsLab } from '../fixtures/aws-lab.ts';
import type { BatchNextflow } from '../fixtures/batch-nextflow.ts';
import type { Sandbox } from '../fixtures/sandbox.ts';
import { fillVault } from '../fixtures/vault-values.ts';

describe('The Java of a Nextflow that is asked before a run in AWS Batch @aws', () => {
  let sandbox: Sandbox;
  let nextflow: BatchNextflow;
  useAwsLab(async (lab) => {
    ({ sandbox, nextflow } = lab);
    nextflow.answers([{ name: 'ALIGN', secrets: ['TOKEN'] }]);
    await fillVault('user', { TOKEN: 'fake-token-of-no-service' }, sandbox);
  });

  it('has options of its own, which the run does not have', async () => {
    const { exitCode, stderr } = await sandbox.nfSecrets(['launch', 'main.nf'], {
      env: { NXF_JVM_ARGS: '-Xmx1g' },
    });
    assert.equal(exitCode, 0, stderr);
    assert.match(nextflow.previewEnv.get('NXF_JVM_ARGS') ?? '', /^-Xmx1g .*-XX:TieredStopAtLevel=1/);
    assert.equal(nextflow.previewEnv.get('NXF_DISABLE_CHECK_LATEST'), 'true');
    const run = nextflow.starts[0]?.env;
    assert.equal(run?.get('NXF_JVM_ARGS'), '-Xmx1g');
    assert.equal(run.has('NXF_DISABLE_CHECK_LATEST'), false);
  });

  it('is started without them if it refuses them', async () => {
    nextflow.refuseJavaOptions();
    const { exitCode, stderr } = await sandbox.nfSecrets(['launch', 'main.nf']);
    assert.equal(exitCode, 0, stderr);
    assert.equal(nextflow.previews, 1);
    assert.equal(nextflow.starts.length, 1);
    assert.equal(nextflow.previewEnv.has('NXF_JVM_ARGS'), false);
    assert.ok(!stderr.includes('Java Virtual Machine'), stderr);
  });
});
