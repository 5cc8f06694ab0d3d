import assert from 'node:assert/strict';
import type { JobStatus } from '@aws-sdk/client-batch';
import type { AwsJobDefinition } from '../../src/core/targets/aws-batch/items.ts';
import type { AwsJob } from '../../src/core/targets/aws-batch/aws-job.ts';
import { type AwsRun, awsJobsInNeed, cancelAwsJobs } from '../../src/core/targets/aws-batch/jobs.ts';
import { jobMessages } from '../../src/core/targets/aws-batch/job-messages.ts';
import { remedyText } from '../fixtures/remedy-text.ts';
import { ACCOUNT, AwsModel, awsFailure, type ModelJob, REGION } from '../fixtures/aws-model.ts';
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
  async function found(of: AwsRun): Promise<readonly AwsJob[]> {
    const look = await awsJobsInNeed(of, world);
    assert.ok(look.known, JSON.stringify(look));
    return look.jobs;
  }
  const idsInNeed = async (of: AwsRun): Promise<string[]> => (await found(of)).map(({ id }) => id);
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
      const look = await awsJobsInNeed(run(definition(2, 'queue')), world);
      const jobs = waits === 'waits' ? [{ id: 'job', queue: 'queue', status }] : [];
      assert.deepEqual(look, { known: true, jobs });
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
    assert.deepEqual(await idsInNeed(run(definition(null, 'queue'))), ['ours']);
  });

  it('are terminated if they start while they are cancelled', async () => {
    add('job', 'RUNNABLE');
    const job = aws.jobs.get('job');
    assert.ok(job);
    // It starts between the look and its cancellation, which does nothing then.
    aws.before('CancelJob', () => (job.status = 'STARTING'));
    assert.deepEqual(await cancelAwsJobs(run(definition(2, 'queue')), world), []);
    assert.deepEqual(
      aws.calls.filter((call) => call.endsWith('Job')),
      ['CancelJob', 'TerminateJob'],
    );
    assert.deepEqual(statuses(), { job: 'FAILED' });
  });

  it('that go on while they are listed are not missed', async () => {
    const steps: JobStatus[] = ['SUBMITTED', 'PENDING', 'RUNNABLE', 'STARTING'];
    for (const first of steps) {
      for (const moveAt of [2, 3, 4]) {
        aws.jobs.clear();
        aws.calls.length = 0;
        add('job', first);
        const job = aws.jobs.get('job');
        assert.ok(job);
        const next = steps[steps.indexOf(first) + 1] ?? 'RUNNING';
        aws.before('ListJobs', () => {
          if (aws.calls.filter((call) => call === 'ListJobs').length === moveAt) job.status = next;
        });
        const ids = await idsInNeed(run(definition(2, 'queue')));
        if (next !== 'RUNNING') assert.deepEqual(ids, ['job'], `${first}, list ${moveAt}`);
      }
    }
  });

  it('are found on every page, by a few lists a queue whatever the number of definitions', async () => {
    aws.pageSize = 3;
    const definitions = Array.from({ length: 40 }, (_, number) => ({
      ...definition(2, 'queue', 'other-queue'),
      name: NAME.replace('0123456789ab', String(number).padStart(12, '0')),
    }));
    for (const [number, { name }] of definitions.entries())
      aws.jobs.set(`job${number}`, { queue: 'other-queue', definition: `${name}:2`, status: 'RUNNABLE' });
    add('theirs', 'RUNNABLE', 2, 'other-queue');
    assert.equal((await idsInNeed(run(...definitions))).length, 40);
    const lists = aws.calls.filter((call) => call === 'ListJobs').length;
    assert.equal(lists, 2 * 6 + Math.ceil(41 / 3) - 1);
    aws.pageSize = 100;
    aws.calls.length = 0;
    await idsInNeed(run(...definitions));
    assert.equal(aws.calls.filter((call) => call === 'ListJobs').length, 2 * 6);
  });

  it('whose queue is computed may be in any queue', async () => {
    add('elsewhere', 'RUNNABLE', 2, 'other-queue');
    assert.deepEqual(await idsInNeed(run(definition(2, '*'))), ['elsewhere']);
    assert.deepEqual(await idsInNeed(run(definition(2, 'queue', '*'))), ['elsewhere']);
  });

  it('of a queue that was deleted are gone', async () => {
    add('job', 'RUNNABLE');
    aws.queues.delete('queue');
    assert.deepEqual(await idsInNeed(run(definition(2, 'queue'))), []);
    assert.deepEqual(await cancelAwsJobs(run(definition(2, 'queue')), world), []);
    add('other', 'RUNNABLE', 2, 'other-queue');
    assert.deepEqual(await idsInNeed(run(definition(2, 'queue', 'other-queue'))), ['other']);
  });

  const failing: [string, string, string, RegExp][] = [
    ['ListJobs', 'AccessDeniedException', 'queue', /do batch:ListJobs on queue queue/],
    ['ListJobs', 'TooManyRequestsException', 'queue', /throttles batch:ListJobs on queue queue/],
    ['ListJobs', 'ThrottlingException', 'queue', /throttles batch:ListJobs/],
    ['ListJobs', 'ClientException', 'queue', /refused batch:ListJobs/],
    ['ListJobs', 'ServerException', 'queue', /ListJobs/],
    ['ListJobs', 'ECONNRESET', 'queue', /cannot be reached/],
    ['ListJobs', 'SomethingNew', 'queue', /SomethingNew/],
    ['DescribeJobQueues', 'TooManyRequestsException', '*', /throttles batch:DescribeJobQueues/],
    ['DescribeJobQueues', 'AccessDeniedException', '*', /do batch:DescribeJobQueues/],
    ['GetCallerIdentity', 'ExpiredToken', 'queue', /credentials have expired/],
    ['GetCallerIdentity', 'ENOTFOUND', 'queue', /cannot be reached/],
  ];
  for (const [operation, code, queue, why] of failing) {
    it(`are not known where ${operation} fails with ${code}, and none is said to be cancelled`, async () => {
      add('job', 'RUNNABLE');
      aws.fail({ operation, error: awsFailure(code) });
      const look = await awsJobsInNeed(run(definition(2, queue)), world);
      assert.ok(!look.known);
      assert.match(String(look.reason), why);
      assert.doesNotMatch(String(look.reason), /\n|\.$/);
      assert.notEqual(remedyText(look), '');
      await assert.rejects(cancelAwsJobs(run(definition(2, queue)), world), why);
      assert.deepEqual(statuses(), { job: 'RUNNABLE' });
    });
  }

  it('are not known, and not cancelled, where the second page of a list fails', async () => {
    aws.pageSize = 1;
    add('job', 'RUNNABLE');
    add('other', 'RUNNABLE');
    aws.fail({ operation: 'ListJobs', call: 4, error: awsFailure('TooManyRequestsException') });
    assert.equal((await awsJobsInNeed(run(definition(2, 'queue')), world)).known, false);
  });

  it('are not known where it is not known which revision is the run’s', async () => {
    add('job', 'RUNNABLE');
    aws.fail({ operation: 'DescribeJobDefinitions', error: awsFailure('ThrottlingException') });
    assert.equal((await awsJobsInNeed(run(definition(null, 'queue')), world)).known, false);
  });

  it('are not known with the credentials of another account, and said not to be cancelled', async () => {
    add('job', 'RUNNABLE');
    aws.account = '999999999999';
    const look = await awsJobsInNeed(run(definition(2, 'queue')), world);
    assert.ok(!look.known);
    assert.match(
      String(look.reason),
      /in AWS account 123456789012, and these credentials are of account 999999999999/,
    );
    assert.match(remedyText(look), /AWS_PROFILE/);
    await assert.rejects(cancelAwsJobs(run(definition(2, 'queue')), world), /account 999999999999/);
    assert.deepEqual(statuses(), { job: 'RUNNABLE' });
  });

  /** An array job of these children. */
  const array = (
    id: string,
    status: JobStatus,
    children: readonly JobStatus[],
    more: Partial<ModelJob> = {},
  ): void => {
    const parent = { queue: 'queue', definition: `${NAME}:2`, status, ...more };
    aws.jobs.set(id, { ...parent, children: children.map((one) => ({ status: one })) });
  };
  const inNeed = async (): Promise<string[]> =>
    (await found(run(definition(2, 'queue')))).map(({ id, status }) => `${id} ${status}`);
  const words = async (): Promise<string> => {
    const { runId, aws: place } = run();
    const { state, remedies = [] } = jobMessages(await found(run(definition(2, 'queue'))), runId, place);
    return `${String(state)}. ${remedyText({ remedies })}`;
  };

  it('of an array are its children, and only those that wait are ended', async () => {
    array('array', 'PENDING', [
      'RUNNING',
      'RUNNABLE',
      'STARTING',
      'SUCCEEDED',
      'FAILED',
      'SUBMITTED',
      'PENDING',
    ]);
    const waiting = ['array:5 SUBMITTED', 'array:6 PENDING', 'array:1 RUNNABLE', 'array:2 STARTING'];
    assert.deepEqual(await inNeed(), waiting);
    assert.deepEqual(await cancelAwsJobs(run(definition(2, 'queue')), world), []);
    const after = aws.jobs.get('array')?.children?.map(({ status }) => status);
    assert.deepEqual(after, ['RUNNING', 'FAILED', 'FAILED', 'SUCCEEDED', 'FAILED', 'FAILED', 'FAILED']);
    assert.deepEqual(statuses(), { array: 'PENDING' });
  });

  const done: [string, JobStatus, JobStatus[]][] = [
    ['run', 'PENDING', ['RUNNING', 'RUNNING']],
    ['run or have ended', 'PENDING', ['RUNNING', 'SUCCEEDED', 'FAILED']],
    ['have succeeded', 'SUCCEEDED', ['SUCCEEDED', 'SUCCEEDED']],
    ['have ended', 'FAILED', ['SUCCEEDED', 'FAILED']],
  ];
  for (const [what, status, children] of done) {
    it(`are none of an array whose children all ${what}`, async () => {
      array('array', status, children);
      assert.deepEqual(await inNeed(), []);
      assert.deepEqual(await cancelAwsJobs(run(definition(2, 'queue')), world), []);
      assert.deepEqual(
        aws.calls.filter((call) => /^(Cancel|Terminate)/.test(call)),
        [],
      );
    });
  }

  it('of an array that has failed already are those of its children that still wait', async () => {
    array('array', 'FAILED', ['FAILED', 'RUNNABLE']);
    assert.deepEqual(await inNeed(), ['array:1 RUNNABLE']);
  });

  it('are the array itself as long as it has no children, and it is not ended, for some may start', async () => {
    const parent = { queue: 'queue', definition: `${NAME}:2`, status: 'SUBMITTED' as JobStatus };
    const children: { status: JobStatus }[] = [];
    aws.jobs.set('array', { ...parent, children });
    assert.deepEqual(await inNeed(), ['array SUBMITTED']);
    assert.doesNotMatch(await words(), /aws batch (cancel|terminate)-job/);
    const ended = cancelAwsJobs(run(definition(2, 'queue')), world);
    children.push({ status: 'RUNNING' }, { status: 'RUNNABLE' });
    assert.deepEqual(await ended, []);
    assert.deepEqual(
      children.map(({ status }) => status),
      ['RUNNING', 'FAILED'],
    );
  });

  const retried: [string, Partial<ModelJob>, boolean][] = [
    ['may be started twice', { tries: 2 }, true],
    ['is in the last of its attempts', { tries: 2, over: 1 }, false],
    ['is in the last but one', { tries: 5, over: 3 }, true],
    ['may be started once', {}, false],
    ['was terminated', { tries: 5, terminated: true }, false],
  ];
  for (const [what, job, is] of retried) {
    it(`a job that runs and ${what}: ${is ? 'needs' : 'does not need'} its secrets again, and is left alone`, async () => {
      aws.jobs.set('job', { queue: 'queue', definition: `${NAME}:2`, status: 'RUNNING', ...job });
      assert.deepEqual(await inNeed(), is ? ['job RUNNING'] : []);
      if (is)
        assert.match(
          await words(),
          /jobs of it that run \(job\): they read their secrets again if they are retried.*terminate-job/,
        );
      assert.deepEqual(await cancelAwsJobs(run(definition(2, 'queue')), world), []);
      assert.deepEqual(statuses(), { job: 'RUNNING' });
    });
  }

  it('children of an array that run count if they may be started anew', async () => {
    const parent = { queue: 'queue', definition: `${NAME}:2`, status: 'PENDING' as JobStatus, tries: 2 };
    aws.jobs.set('array', { ...parent, children: [{ status: 'RUNNING' }, { status: 'RUNNING', over: 1 }] });
    assert.deepEqual(await inNeed(), ['array:0 RUNNING']);
  });

  it('that run are asked about a hundred at a time', async () => {
    for (let index = 0; index < 250; index++)
      aws.jobs.set(`job-${index}`, { queue: 'queue', definition: `${NAME}:2`, status: 'RUNNING', tries: 2 });
    assert.equal((await inNeed()).length, 250);
    assert.equal(aws.calls.filter((call) => call === 'DescribeJobs').length, 3);
    assert.match(await words(), /job-9 and 240 more/);
  });

  it('are ended by the command that their state needs', async () => {
    add('first', 'RUNNABLE');
    add('second', 'STARTING');
    array('array', 'PENDING', ['RUNNING', 'PENDING']);
    const end = (verb: string, id: string): string =>
      `aws batch ${verb} --region 'eu-west-1' --reason cancelled --job-id '${id}'`;
    const commands = [
      end('cancel-job', 'array:1'),
      end('cancel-job', 'first'),
      end('terminate-job', 'second'),
    ];
    assert.equal(
      await words(),
      `AWS Batch has jobs of it that wait or start. To end them before they start (after that: terminate-job): ${commands.join('; ')}`,
    );
  });

  it('one that has come to run before it is terminated goes on', async () => {
    add('job', 'STARTING');
    const job = aws.jobs.get('job');
    assert.ok(job);
    // The look itself asks about no job that starts.
    aws.before('DescribeJobs', () => (job.status = 'RUNNING'));
    assert.deepEqual(await cancelAwsJobs(run(definition(2, 'queue')), world), []);
    assert.deepEqual(statuses(), { job: 'RUNNING' });
  });

  it('are not known where a job cannot be asked whether it may be started anew', async () => {
    add('job', 'RUNNING');
    aws.fail({ operation: 'DescribeJobs', error: awsFailure('AccessDeniedException') });
    const look = await awsJobsInNeed(run(definition(2, 'queue')), world);
    assert.ok(!look.known);
    assert.match(String(look.reason), /do batch:DescribeJobs on job job/);
  });
});
