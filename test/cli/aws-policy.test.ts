import assert from 'node:assert/strict';
import { Sandbox } from '../fixtures/sandbox.ts';

const PLACE = ['--account', '123456789012', '--region', 'eu-west-1'];

describe('nf-secrets aws policy', () => {
  let sandbox: Sandbox;
  beforeEach(() => (sandbox = new Sandbox()));
  afterEach(() => {
    sandbox.remove();
  });

  const json = async (...args: string[]): Promise<Record<string, unknown>> =>
    JSON.parse(String(await sandbox.ok(['aws', 'policy', ...args, ...PLACE]))) as Record<string, unknown>;

  it('writes one policy as IAM takes it, and says on stderr what each statement is for', async () => {
    const { exitCode, stdout, stderr } = await sandbox.nfSecrets(['aws', 'policy', 'launcher', ...PLACE]);
    assert.equal(exitCode, 0, stderr);
    const policy = JSON.parse(String(stdout)) as { Version: string; Statement: { Sid: string }[] };
    assert.equal(policy.Version, '2012-10-17');
    for (const { Sid } of policy.Statement) assert.match(stderr, new RegExp(`^  ${Sid}: \\w`, 'm'));
  });

  it('writes all roles, with their trust, without one', async () => {
    const all = await json();
    assert.deepEqual(Object.keys(all), ['launcher', 'execution-role', 'head-job']);
    assert.deepEqual(Object.keys(all['execution-role'] as object), ['policy', 'trust', 'managedPolicies']);
  });

  it('follows the prefix of launches and the region of the environment', async () => {
    const env = { NF_SECRETS_AWS_PREFIX: 'team-a-', AWS_REGION: 'cn-north-1' };
    const text = String(await sandbox.ok(['aws', 'policy', '--account', '123456789012'], { env }));
    assert.match(text, /arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:team-a-nfs-\*/);
    assert.doesNotMatch(text, /tower-/);
  });

  it('keeps in the minimal policy all that the end of an aborted run takes', async () => {
    const { Statement } = (await json('launcher', '--minimal')) as { Statement: { Action: string[] }[] };
    const actions = Statement.flatMap(({ Action }) => Action);
    for (const needed of [
      ...['batch:ListJobs', 'batch:DescribeJobs', 'batch:DescribeJobQueues', 'batch:DescribeJobDefinitions'],
      ...['batch:DeregisterJobDefinition', 'secretsmanager:DeleteSecret', 'secretsmanager:DescribeSecret'],
    ])
      assert.ok(actions.includes(needed), needed);
    for (const optional of ['batch:CancelJob', 'secretsmanager:ListSecrets', 'iam:GetRole'])
      assert.ok(!actions.includes(optional), optional);
  });

  it('writes a trust document alone', async () => {
    const trust = await json('execution-role', '--trust');
    assert.match(JSON.stringify(trust), /ecs-tasks\.amazonaws\.com.*sts:AssumeRole/);
  });

  for (const format of ['terraform', 'cloudformation']) {
    it(`writes ${format} with the purposes as comments`, async () => {
      const text = String(await sandbox.ok(['aws', 'policy', '--format', format, ...PLACE]));
      assert.match(text, /# Makes the secrets of a run/);
    });
  }

  const refused: [string, string[], RegExp][] = [
    ['an unknown role', ['lancher', ...PLACE], /Did you mean launcher/],
    ['an unknown format', ['--format', 'teraform', ...PLACE], /Did you mean terraform/],
    ['an account that is none', ['--account', '12', '--region', 'eu-west-1'], /not the id of an AWS account/],
    ['the trust of no role', ['--trust', ...PLACE], /Name the role/],
    ['the trust of the launcher', ['launcher', '--trust', ...PLACE], /has no trust document/],
  ];
  for (const [what, args, message] of refused) {
    it(`refuses ${what} with 64`, async () => {
      const { exitCode, stdout, stderr } = await sandbox.nfSecrets(['aws', 'policy', ...args]);
      assert.equal(exitCode, 64, stderr);
      assert.match(stderr, message);
      assert.equal(stdout.length, 0);
    });
  }
});
