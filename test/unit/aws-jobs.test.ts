import assert from 'node:assert/strict';
import type { JobStatus } from '@aws-sdk/client-batch';
import type { AwsJobDefinition } from '../../src/core/runs/ledger.ts';
import { type AwsRun, awsJobsInNeed, cancelAwsJobs } from '../../src/core/targets/aws-batch/jobs.ts';
import { ACCOUNT, AwsModel, awsFailure, REGION } from '../fixtures/aws-model.ts';
import { fakeWorld } from '../fixtures/world.ts';

const NAME = 'tower-nfs-0b5f3c1e-1111-4222-8333-444455556666-0123456789ab';
const world = fakeWorld({ env: { AWS_REGION: REGION } });
const definition = (revision: number | null, ...queues: string[]): AwsJobDefinition => ({
  kind: 'aws-job-definition',
  name: NAME,
  revision,
  queues,
});
const run = (...items: AwsJobDefinition[]): AwsRun => ({
  runId: 'abcdefghijkl',
  items,
  aws: { partition: 'aws', account: ACCOUNT, region: REGION, profile: null },
});

describe('jobs in AWS Batch', () => {
  let aws: AwsModel;
  beforeEach(() => {
    aws = new AwsModel();
  });
  afterEach(() => {
    aws.restore();
  });

  const add = (id: string, status: JobStatus, revision = 2, queue = 'queue'): void => {
    aws.jobs.set(id, { queue, definition: `${NAME}:${revision}`, status });
  };
  const statuses = (): Record<string, string> =>
    Object.fromEntries([...aws.jobs].map(([id, { status }]) => [id, status]));

  const cases: [JobStatus, 'waits' | 'does not', string?][] = [
    ['SUBMITTED', 'waits', 'CancelJob'],
    ['PENDING', 'waits', 'CancelJob'],
    ['RUNNABLE', 'waits', 'CancelJob'],
    ['STARTING', 'waits', 'TerminateJob'],
    ['RUNNING', 'does not'],
    ['SUCCEEDED', 'does not'],
    ['FAILED', 'does not'],
  ];
  for (const [status, waits, how] of cases) {
    it(`${status}: ${waits} need its secrets${how === undefined ? '' : `, and is ended by ${how}`}`, async () => {
      add('job', status);
      const found = await awsJobsInNeed(run(definition(2, 'queue')), world);
      assert.deepEqual(found, waits === 'waits' ? [{ id: 'job', queue: 'queue', status }] : []);
      assert.deepEqual(await cancelAwsJobs(run(definition(2, 'queue')), world), []);
      assert.deepEqual(
        aws.calls.filter((call) => call.endsWith('Job')),
        how === undefined ? [] : [how],
      );
      assert.deepEqual(statuses(), { job: how === undefined ? status : 'FAILED' });
    });
  }

  it('of other runs, with the same definition in another revision, are left alone', async () => {
    add('ours', 'RUNNABLE');
    add('elsewhere', 'RUNNABLE', 2, 'other-queue');
    add('later', 'RUNNABLE', 3);
    add('twentieth', 'RUNNABLE', 20);
    assert.deepEqual(await cancelAwsJobs(run(definition(2, 'queue')), world), []);
    const rest = { elsewhere: 'RUNNABLE', later: 'RUNNABLE', twentieth: 'RUNNABLE' };
    assert.deepEqual(statuses(), { ours: 'FAILED', ...rest });
  });

  it('of a revision that was not recorded are found by what it refers to', async () => {
    add('ours', 'RUNNABLE');
    add('theirs', 'RUNNABLE', 3);
    const secrets = (runId: string): object => ({
      secrets: [{ name: 'TOKEN', valueFrom: aws.arn(`tower-nfs-${runId}/TOKEN`) }],
    });
    aws.definitions.set(`${NAME}:2`, secrets('abcdefghijkl'));
    aws.definitions.set(`${NAME}:3`, secrets('mnopqrstuvwx'));
    assert.deepEqual(
      (await awsJobsInNeed(run(definition(null, 'queue')), world)).map(({ id }) => id),
      ['ours'],
    );
  });

  it('are terminated if they start while they are cancelled', async () => {
    let looks = 0;
    let ended = false;
    aws.jobs.set('job', {
      queue: 'queue',
      definition: `${NAME}:2`,
      get status() {
        return ended ? 'FAILED' : looks++ === 0 ? 'RUNNABLE' : 'STARTING';
      },
      set status(_) {
        ended = true;
      },
    });
    assert.deepEqual(await cancelAwsJobs(run(definition(2, 'queue')), world), []);
    assert.deepEqual(
      aws.calls.filter((call) => call.endsWith('Job')),
      ['CancelJob', 'TerminateJob'],
    );
  });

  it('are not asked for in another account, or where AWS does not answer', async () => {
    add('job', 'RUNNABLE');
    aws.account = '999999999999';
    assert.deepEqual(await awsJobsInNeed(run(definition(2, 'queue')), world), []);
    aws.account = ACCOUNT;
    aws.fail({ operation: 'ListJobs', error: awsFailure('AccessDeniedException') });
    assert.deepEqual(await awsJobsInNeed(run(definition(2, 'queue')), world), []);
    await assert.rejects(cancelAwsJobs(run(definition(2, 'queue')), world), /do batch:ListJobs/);
  });
});
