import assert from 'node:assert/strict';
import { BatchClient, DescribeJobsCommand, ListJobsCommand } from '@aws-sdk/client-batch';
import { isCancellable } from '../../src/core/targets/aws-batch/aws-job.ts';
import { jobsInNeed } from '../../src/core/targets/aws-batch/jobs-in-need.ts';

/** AWS Batch with one array job, whose only child goes on to the next status when a list of its status is asked for. */
class MovingChild extends BatchClient {
  #statuses = ['RUNNABLE', 'STARTING'];

  override send = (async (command: unknown) => {
    await Promise.resolve();
    const [now] = this.#statuses;
    if (command instanceof DescribeJobsCommand) {
      const arrayProperties = { size: 1, statusSummary: { [now ?? '']: 1 } };
      return { jobs: [{ jobId: 'parent', status: 'PENDING', arrayProperties }] };
    }
    assert.ok(command instanceof ListJobsCommand);
    if (command.input.jobStatus === now && this.#statuses.length > 1) {
      this.#statuses.shift();
      return { jobSummaryList: [] };
    }
    return { jobSummaryList: command.input.jobStatus === now ? [{ jobId: 'parent:0', status: now }] : [] };
  }) as BatchClient['send'];
}

describe('children of an array job', () => {
  it('that go on while they are listed are still seen', async () => {
    const batch = new MovingChild({ region: 'eu-west-1' });
    const parent = { id: 'parent', queue: 'queue', status: 'PENDING', isArray: true };
    assert.deepEqual(await jobsInNeed([parent], batch), [
      { id: 'parent:0', queue: 'queue', status: 'STARTING' },
    ]);
  });

  it('are not there yet: a sweep neither ends their parent nor says that it would', () => {
    const parent = { id: 'a1', queue: 'queue', status: 'PENDING' };
    assert.equal(isCancellable({ ...parent, childless: true }), false);
    assert.equal(isCancellable(parent), true);
    assert.equal(isCancellable({ ...parent, status: 'RUNNING' }), false);
  });
});
