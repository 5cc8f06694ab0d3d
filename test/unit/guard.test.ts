import assert from 'node:assert/strict';
import { noticeLine } from '../../src/cli/words/remedies.ts';
import { guard } from '../../src/core/runs/guard.ts';
import { readLease, recordLease } from '../../src/core/runs/ledger.ts';
import { ownProcess } from '../../src/core/system/process-identity.ts';
import type { AwsItem } from '../../src/core/targets/aws-batch/items.ts';
import type { LedgerEntry } from '../../src/core/targets/lease-entry.ts';
import type { World } from '../../src/core/system/world.ts';
import { ACCOUNT, AwsModel, awsFailure, REGION } from '../fixtures/aws-model.ts';
import { Sandbox } from '../fixtures/sandbox.ts';
import { fakeWorld } from '../fixtures/world.ts';

const RUN = 'abcdefghijkl';
const NAME = 'tower-nfs-0b5f3c1e-1111-4222-8333-444455556666-0123456789ab';

describe('a guardian that AWS Batch does not answer', () => {
  let aws: AwsModel;
  let sandbox: Sandbox;
  let world: World;
  beforeEach(async () => {
    aws = new AwsModel();
    sandbox = new Sandbox();
    world = fakeWorld({
      env: { ...sandbox.env, AWS_REGION: REGION, PATH: '/nowhere' },
      homeDir: sandbox.root,
    });
    aws.definitions.set(`${NAME}:1`, {});
    aws.jobs.set('job', { queue: 'queue', definition: `${NAME}:1`, status: 'RUNNABLE' });
    const definition: AwsItem = {
      ...{ kind: 'aws-job-definition', name: NAME, revision: 1, queues: ['queue'] },
    };
    const entry: LedgerEntry = {
      ...{ format: 1, runId: RUN, pipeline: 'main.nf', target: 'aws-batch', keep: false },
      started: '2026-01-02T03:04:05Z',
      launcher: { ...ownProcess(process.platform), pid: 2 ** 22 - 1, startTime: '1' },
      ...{ child: null, slurmJob: null, slurm: null },
      aws: { partition: 'aws', account: ACCOUNT, region: REGION, profile: null },
      items: [definition],
    };
    await recordLease(entry, world);
  });
  afterEach(() => {
    aws.restore();
    sandbox.remove();
  });
  const patience = { silentLooks: 4, pause: () => 0 };

  it('gives up some time, leaves the lease to a sweep, and tells why and what to do', async () => {
    aws.fail({ operation: 'ListJobs', error: awsFailure('TooManyRequestsException') });
    const notices = await guard(RUN, world, patience);
    assert.equal(aws.calls.filter((call) => call === 'ListJobs').length, 4);
    assert.ok(await readLease(RUN, world));
    assert.deepEqual(aws.content, [`${NAME}:1`]);
    const told = notices.map(({ fact, remedy }) => noticeLine(fact, remedy)).join('\n');
    assert.match(told, /throttles batch:ListJobs/);
    assert.match(told, new RegExp(`nf-secrets sweep --run ${RUN}`));
  });

  it('counts looks in a row only, and releases when AWS answers that nothing waits', async () => {
    let looks = 0;
    aws.fail({ operation: 'ListJobs', error: awsFailure('TooManyRequestsException') });
    aws.before('ListJobs', () => {
      looks += 1;
      if (looks === 3) {
        aws.heal();
        aws.jobs.clear();
      }
    });
    assert.deepEqual(await guard(RUN, world, patience), []);
    assert.equal(await readLease(RUN, world), undefined);
    assert.deepEqual(aws.content, []);
  });
});
