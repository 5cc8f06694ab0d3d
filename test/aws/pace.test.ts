import assert from 'node:assert/strict';
import { ALL_TESTS } from '../fixtures/all-tests.ts';
import { useAwsLab } from '../fixtures/aws-lab.ts';
import type { AwsStandIn } from '../fixtures/aws-stand-in.ts';
import type { AnsweredProcess, BatchNextflow } from '../fixtures/batch-nextflow.ts';
import type { Sandbox } from '../fixtures/sandbox.ts';
import { leftOfRuns } from '../fixtures/stand-in.ts';
import { fillVault } from '../fixtures/vault-values.ts';

/** What AWS Batch takes: so many requests a second, and as many at once. */
const RATE = 10;

describe('the pace of requests to AWS Batch @aws', () => {
  let aws: AwsStandIn;
  let sandbox: Sandbox;
  let nextflow: BatchNextflow;
  useAwsLab(async (lab) => {
    ({ aws, sandbox, nextflow } = lab);
    await fillVault('user', { TOKEN: 'fake-token-of-no-service', KEY: 'fake-key' }, sandbox);
  });

  const different = (count: number): AnsweredProcess[] =>
    Array.from({ length: count }, (_, number) => ({
      name: `P${number}`,
      secrets: ['TOKEN'],
      image: `image:${number}`,
    }));
  const requests = (operation: string): number => aws.requests.filter((one) => one === operation).length;

  /** The most requests of these kinds that came within a second. */
  function mostInASecond(...operations: string[]): number {
    const times = aws.spans.filter(({ operation }) => operations.includes(operation)).map(({ from }) => from);
    times.sort((a, b) => a - b);
    return Math.max(...times.map((start) => times.filter((at) => at >= start && at < start + 1000).length));
  }

  for (const count of ALL_TESTS ? [100, 500] : [100]) {
    it(`is one that AWS takes, for ${count} processes: all of it is made, and removed`, async () => {
      nextflow.answers(different(count));
      aws.throttle(RATE, RATE);
      const { exitCode, stderr } = await sandbox.nfSecrets(['launch', 'main.nf']);
      assert.equal(exitCode, 0, stderr);
      assert.equal(nextflow.starts.length, 1);
      assert.deepEqual(await aws.content(), []);
      assert.deepEqual(leftOfRuns(sandbox), []);
      const most = mostInASecond('RegisterJobDefinition', 'DeregisterJobDefinition');
      assert.ok(most <= 2 * RATE, `${most} in a second`);
      assert.ok(aws.tooMany <= count / 10, `${aws.tooMany} refused`);
    });
  }

  it('gets slower where others use the account as well', async () => {
    nextflow.answers(different(60));
    aws.throttle(RATE / 3, RATE / 3);
    const { exitCode, stderr } = await sandbox.nfSecrets(['launch', 'main.nf']);
    assert.equal(exitCode, 0, stderr);
    assert.deepEqual(await aws.content(), []);
    assert.deepEqual(leftOfRuns(sandbox), []);
    assert.ok(aws.tooMany <= 60, `${aws.tooMany} refused`);
  });

  it('is saved where definitions are equal: processes share them', async () => {
    const same = different(100).map((process) => ({ ...process, image: 'image:1' }));
    nextflow.answers([
      ...same,
      { name: 'OTHER_SECRETS', secrets: ['TOKEN', 'KEY'], image: 'image:1' },
      { name: 'THE_SAME', secrets: ['KEY', 'TOKEN'], image: 'image:1' },
      { name: 'OTHER_OPTIONS', secrets: ['TOKEN'], image: 'image:1', options: { e: ['A=b'] } },
    ]);
    nextflow.hold();
    const end = sandbox.nfSecrets(['launch', 'main.nf']);
    await nextflow.untilStarted();
    const config = nextflow.starts[0]?.config ?? '';
    const of = (name: string): string | undefined =>
      new RegExp(`'\\(\\?:${name}\\)' \\{ container = '([^']+)'`).exec(config)?.[1];
    assert.ok(of('P0'));
    for (const { name } of same) assert.equal(of(name), of('P0'));
    assert.equal(of('OTHER_SECRETS'), of('THE_SAME'));
    assert.equal(new Set(['P0', 'OTHER_SECRETS', 'OTHER_OPTIONS'].map(of)).size, 3);
    nextflow.letGo();
    const { exitCode, stderr } = await end;
    assert.equal(exitCode, 0, stderr);
    assert.deepEqual([requests('RegisterJobDefinition'), requests('DeregisterJobDefinition')], [3, 3]);
    assert.deepEqual(await aws.content(), []);
  });

  it('of a release that was throttled for good: what is left is said, and a sweep goes on from there', async () => {
    nextflow.answers(different(40));
    nextflow.hold();
    sandbox.env['AWS_MAX_ATTEMPTS'] = '2';
    const end = sandbox.nfSecrets(['launch', 'main.nf']);
    await nextflow.untilStarted();
    let done = 0;
    const throttled = { operation: 'DeregisterJobDefinition', code: 'TooManyRequestsException', status: 429 };
    aws.fail({
      operation: 'DeregisterJobDefinition',
      times: 15,
      after: () => {
        done += 1;
      },
    });
    aws.fail(throttled);
    nextflow.letGo();
    const { exitCode, stderr } = await end;
    assert.equal(exitCode, 75, stderr);
    assert.equal(done, 15);
    assert.match(stderr, /Not removed: .*AWS throttles batch:DeregisterJobDefinition/);
    const left = await aws.content();
    assert.equal(left.length, 25);
    for (const name of left) assert.ok(stderr.includes(name), name);
    const [run] = JSON.parse((await sandbox.ok(['runs', '--json'])).toString()) as { items: string[] }[];
    assert.deepEqual(run?.items.map((item) => item.split('/').at(-1)).sort(), left);
    // No more than those that were under way: each would have been refused as long.
    assert.ok(
      requests('DeregisterJobDefinition') <= 15 + 2 * 10,
      String(requests('DeregisterJobDefinition')),
    );
    const half = await sandbox.nfSecrets(['sweep']);
    assert.equal(half.exitCode, 75, half.stderr);
    assert.match(half.stderr, /AWS throttles batch:DeregisterJobDefinition/);
    aws.heal();
    aws.requests = [];
    const swept = await sandbox.nfSecrets(['sweep']);
    assert.equal(swept.exitCode, 0, swept.stderr);
    assert.equal(requests('DeregisterJobDefinition'), 25);
    assert.deepEqual(await aws.content(), []);
    assert.deepEqual(leftOfRuns(sandbox), []);
  });
});
