import assert from 'node:assert/strict';
import { CancelJobCommand, DeleteJobQueueCommand, UpdateJobQueueCommand } from '@aws-sdk/client-batch';
import { useAwsLab } from '../fixtures/aws-lab.ts';
import type { AwsStandIn, Fault } from '../fixtures/aws-stand-in.ts';
import type { BatchNextflow } from '../fixtures/batch-nextflow.ts';
import { CLI, finished, type Result, Sandbox } from '../fixtures/sandbox.ts';
import { guardianOf, leftOfRuns } from '../fixtures/stand-in.ts';
import { until } from '../fixtures/until.ts';
import { fillVault } from '../fixtures/vault-values.ts';

const PROCESSES = [{ name: 'MAIN:ALIGN', secrets: ['TOKEN'] }];

describe('jobs that may wait in AWS Batch @aws', () => {
  let aws: AwsStandIn;
  let sandbox: Sandbox;
  let nextflow: BatchNextflow;
  useAwsLab(async (lab) => {
    ({ aws, sandbox, nextflow } = lab);
    Object.assign(sandbox.env, { AWS_MAX_ATTEMPTS: '2' });
    nextflow.answers(PROCESSES);
    await fillVault('user', { TOKEN: 'fake-token-of-no-service' }, sandbox);
    await aws.addQueue('queue');
  });

  interface Aborted {
    readonly end: Result;
    readonly runId: string;
    readonly job: string;
  }

  /** A run that ends with exit code 1 and leaves a job in the queue. @param fault - from its end on. */
  async function abortedRun(fault: Fault, queue = 'queue'): Promise<Aborted> {
    nextflow.answers([{ ...PROCESSES[0], name: 'MAIN:ALIGN', secrets: ['TOKEN'], queue }]);
    nextflow.hold();
    const end = finished(sandbox.spawn(process.execPath, [CLI, 'launch', 'main.nf']));
    await nextflow.untilStarted();
    const [start] = nextflow.starts;
    const [, definition = ''] = /job-definition:\/\/([\w-]+)/.exec(start?.config ?? '') ?? [];
    const job = await aws.submitJob('queue', definition);
    aws.fail(fault);
    nextflow.letGo(1);
    return { end: await end, runId: start?.env.get('NF_SECRETS_RUN') ?? '', job };
  }

  const faults: [string, Fault, string, RegExp][] = [
    [
      'every ListJobs is throttled',
      { operation: 'ListJobs', code: 'TooManyRequestsException', status: 429 },
      'queue',
      /throttles batch:ListJobs on queue queue.*Try again in a minute/s,
    ],
    [
      'ListJobs is throttled without a code',
      { operation: 'ListJobs', code: 'Unheard', status: 429 },
      'queue',
      /throttles batch:ListJobs/,
    ],
    [
      'ListJobs is not allowed',
      { operation: 'ListJobs', code: 'AccessDeniedException', status: 403 },
      'queue',
      /does not let you do batch:ListJobs.*"batch:ListJobs"/s,
    ],
    [
      'the queue is computed and no queue may be described',
      { operation: 'DescribeJobQueues', code: 'AccessDeniedException', status: 403 },
      '*',
      /do batch:DescribeJobQueues/,
    ],
    [
      'what answers has no list in it',
      { operation: 'ListJobs', answer: {} },
      'queue',
      /does not answer well: batch:ListJobs/,
    ],
    [
      'a page of a proxy answers',
      { operation: 'ListJobs', answer: '<html>Log in first</html>' },
      'queue',
      /does not answer well: batch:ListJobs/,
    ],
    [
      'the queue is computed and the list of queues is none',
      { operation: 'DescribeJobQueues', answer: {} },
      '*',
      /does not answer well: batch:DescribeJobQueues/,
    ],
    [
      'nobody is let in',
      { operation: 'GetCallerIdentity', code: 'ExpiredToken', status: 403 },
      'queue',
      /credentials have expired|ListJobs/,
    ],
  ];
  for (const [what, fault, queue, why] of faults) {
    it(`keep their secrets where ${what}, which is said, until AWS answers`, async () => {
      const { end, runId, job } = await abortedRun(
        fault.operation === 'GetCallerIdentity' ? { ...fault, operation: 'ListJobs' } : fault,
        queue,
      );
      if (fault.operation === 'GetCallerIdentity') aws.fail(fault);
      assert.equal(end.exitCode, 1, end.stderr);
      assert.match(end.stderr, /it is not known whether jobs of it still wait in AWS Batch/);
      if (fault.operation !== 'GetCallerIdentity') assert.match(end.stderr, why);
      assert.equal((await aws.content()).length, 2);
      const [run] = JSON.parse((await sandbox.ok(['runs', '--json'])).toString()) as {
        state: string;
        reason: string;
      }[];
      assert.equal(run?.state, 'unknown');
      const swept = await sandbox.nfSecrets(['sweep']);
      assert.match(swept.stderr, /is kept: .*not known whether jobs of it still wait/);
      assert.match(swept.stderr, why);
      const cancelled = await sandbox.nfSecrets(['sweep', '--cancel-jobs']);
      assert.match(cancelled.stderr, /is kept: .*nothing of it can be cancelled/);
      assert.ok(!cancelled.stderr.includes('cancelled: '), cancelled.stderr);
      assert.equal((await aws.content()).length, 2);
      aws.heal();
      const known = await sandbox.nfSecrets(['sweep']);
      assert.match(known.stderr, /AWS Batch has jobs of it that wait or start/);
      assert.equal((await aws.content()).length, 2);
      await aws.clients.batch.send(new CancelJobCommand({ jobId: job, reason: 'test' }));
      await until('the guardian has removed it', () => leftOfRuns(sandbox).length === 0);
      assert.deepEqual(await aws.content(), [], runId);
    });
  }

  it('are not said to be cancelled where the list fails only when they are to be', async () => {
    const { runId, job } = await abortedRun({ operation: 'Nothing' });
    process.kill(guardianOf(runId), 'SIGKILL');
    // The look before, of six statuses, has an answer; the seventh list has none, however often it is tried.
    const fault = { operation: 'ListJobs', call: 7, code: 'ThrottlingException', status: 429 };
    aws.fail(fault, fault, fault);
    const { stderr } = await sandbox.nfSecrets(['sweep', '--cancel-jobs']);
    assert.match(stderr, /is kept: its AWS Batch jobs were not all cancelled: AWS throttles batch:ListJobs/);
    assert.notEqual(await aws.jobStatus(job), 'FAILED');
    assert.equal((await aws.content()).length, 2);
  });

  it('are gone with their queue', async () => {
    nextflow.hold();
    const end = finished(sandbox.spawn(process.execPath, [CLI, 'launch', 'main.nf']));
    await nextflow.untilStarted();
    await aws.clients.batch.send(new UpdateJobQueueCommand({ jobQueue: 'queue', state: 'DISABLED' }));
    await aws.clients.batch.send(new DeleteJobQueueCommand({ jobQueue: 'queue' }));
    nextflow.letGo(1);
    const { exitCode, stderr } = await end;
    assert.equal(exitCode, 1, stderr);
    assert.match(stderr, /Its secrets are removed/);
    assert.deepEqual(await aws.content(), []);
  });

  it('are listed by as many requests for 60 processes as for one', async () => {
    nextflow.answers(
      Array.from({ length: 60 }, (_, number) => ({
        name: `P${number}`,
        secrets: ['TOKEN'],
        image: `image:${number}`,
      })),
    );
    nextflow.letGo(1);
    const { exitCode, stderr } = await sandbox.nfSecrets(['launch', 'main.nf']);
    assert.equal(exitCode, 1, stderr);
    assert.equal(aws.requests.filter((name) => name === 'ListJobs').length, 6);
    assert.deepEqual(await aws.content(), []);
  });
});
