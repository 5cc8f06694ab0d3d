import assert from 'node:assert/strict';
import { SubmitJobCommand } from '@aws-sdk/client-batch';
import { useAwsLab } from '../fixtures/aws-lab.ts';
import type { AwsStandIn } from '../fixtures/aws-stand-in.ts';
import type { BatchNextflow } from '../fixtures/batch-nextflow.ts';
import type { Sandbox } from '../fixtures/sandbox.ts';
import { leftOfRuns } from '../fixtures/stand-in.ts';
import { until } from '../fixtures/until.ts';
import { fillVault } from '../fixtures/vault-values.ts';

interface SweptJson {
  readonly kept: readonly { readonly reason: string }[];
  readonly cancelled: readonly { readonly jobs: readonly { readonly id: string }[] }[];
}

describe('jobs of AWS Batch that a run leaves @aws', () => {
  let aws: AwsStandIn;
  let sandbox: Sandbox;
  let nextflow: BatchNextflow;
  useAwsLab(async (lab) => {
    ({ aws, sandbox, nextflow } = lab);
    await aws.addQueue('queue');
    nextflow.answers([{ name: 'ALIGN', secrets: ['TOKEN'] }]);
    await fillVault('user', { TOKEN: 'fake-token-of-no-service' }, sandbox);
  });

  /** A launch that fails, and leaves this. @returns what it said. */
  async function failedLaunch(leave: (definition: string) => Promise<void>): Promise<string> {
    nextflow.hold();
    const end = sandbox.nfSecrets(['launch', 'main.nf']);
    await nextflow.untilStarted();
    const [, definition = ''] = /job-definition:\/\/([\w-]+)/.exec(nextflow.starts[0]?.config ?? '') ?? [];
    await leave(definition);
    nextflow.letGo(1);
    const { exitCode, stderr } = await end;
    assert.equal(exitCode, 1, stderr);
    return stderr;
  }
  const sweep = async (...args: string[]): Promise<SweptJson> =>
    JSON.parse((await sandbox.ok(['sweep', '--json', ...args])).toString()) as SweptJson;

  it('of an array only the children are named, and are ended one by one', async () => {
    let parent = '';
    const said = await failedLaunch(async (definition) => {
      const input = { jobName: 'array', jobQueue: 'queue', jobDefinition: definition };
      const dependsOn = [{ jobId: 'none' }];
      const { jobId = '' } = await aws.clients.batch.send(
        new SubmitJobCommand({ ...input, dependsOn, arrayProperties: { size: 3 } }),
      );
      parent = jobId;
    });
    const children = [0, 1, 2].map((index) => `${parent}:${index}`);
    assert.ok(said.includes(children[2] ?? 'none'), said);
    assert.ok(!new RegExp(`${parent}(?!:)`).test(said), said);
    const [kept] = (await sweep()).kept;
    assert.ok(!new RegExp(`${parent}(?!:)`).test(kept?.reason ?? ''), kept?.reason);
    assert.match(
      kept?.reason ?? '',
      /aws batch cancel-job --region 'eu-west-1' --reason cancelled --job-id '/,
    );
    const before = await aws.jobStatus(parent);
    const { cancelled } = await sweep('--cancel-jobs');
    assert.deepEqual(cancelled[0]?.jobs.map(({ id }) => id).sort(), children);
    for (const child of children) assert.equal(await aws.jobStatus(child), 'FAILED');
    assert.equal(await aws.jobStatus(parent), before);
    assert.deepEqual(leftOfRuns(sandbox), []);
  });

  it('one that runs and may be retried keeps the secrets, and is not cancelled; in its last attempt it does not', async () => {
    const job = 'b1c3c1f0-0000-4000-8000-000000000001';
    let listed: object = {};
    const isThere = (attempts: object[]): void => {
      const described = { jobId: job, status: 'RUNNING', retryStrategy: { attempts: 2 }, attempts };
      aws.heal();
      aws.fail(
        { operation: 'ListJobs', answer: { jobSummaryList: [listed] } },
        { operation: 'DescribeJobs', answer: { jobs: [described] } },
      );
    };
    const said = await failedLaunch(async (definition) => {
      const jobDefinition = `arn:aws:batch:eu-west-1:123456789012:job-definition/${definition}:1`;
      listed = { jobId: job, jobName: 'task', status: 'RUNNING', jobDefinition };
      isThere([]);
      await Promise.resolve();
    });
    assert.match(
      said,
      new RegExp(`its AWS Batch jobs ${job} run, and read their secrets again if they are retried`),
    );
    const { kept, cancelled } = await sweep('--cancel-jobs');
    assert.deepEqual(cancelled, []);
    assert.match(kept[0]?.reason ?? '', /To end one and lose its work: aws batch terminate-job .*b1c3c1f0/);
    assert.equal((await aws.content()).length, 2);
    assert.ok(!aws.requests.some((operation) => /^(Cancel|Terminate)Job$/.test(operation)));
    isThere([{ stoppedAt: 1 }]);
    await until('the guardian has removed it', () => leftOfRuns(sandbox).length === 0);
    assert.deepEqual(await aws.content(), []);
  });
});
