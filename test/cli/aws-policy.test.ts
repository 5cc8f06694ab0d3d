import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { assertRefused, assertRefusedWithRemedy } from '../fixtures/refusal.ts';
import { type Result, Sandbox } from '../fixtures/sandbox.ts';

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

  describe('in a workspace in AWS', () => {
    const STORE = { store: 'aws', region: 'eu-west-1', account: '123456789012', prefix: 'nf-secrets/lab' };
    const OWN = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:nf-secrets/lab/*';
    const KEYED = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-AbCdEf';
    const write = (change: object = {}): void => {
      mkdirSync(join(sandbox.workspace, '.nf-secrets'), { recursive: true });
      writeFileSync(
        join(sandbox.workspace, '.nf-secrets', 'workspace.json'),
        JSON.stringify({ ...STORE, ...change }),
      );
    };
    const policy = async (...args: string[]): Promise<Result> =>
      sandbox.nfSecrets(['aws', 'policy', ...args]);

    it('writes the roles of that, for its account and region, without a network', async () => {
      write({ names: { DB: `${KEYED}:password::` } });
      const { exitCode, stdout, stderr } = await policy('--accept-members');
      assert.equal(exitCode, 0, stderr);
      const all = JSON.parse(String(stdout)) as Record<string, { policy: object }>;
      assert.deepEqual(Object.keys(all).slice(3), ['list', 'launch', 'launch-local', 'maintain', 'owner']);
      for (const role of ['list', 'launch-local', 'execution-role'])
        for (const arn of [OWN, KEYED])
          assert.ok(JSON.stringify(all[role]?.policy).includes(`"${arn}"`), role);
      assert.match(
        stderr,
        /account 123456789012, region eu-west-1, secrets nf-secrets\/lab\/NAME and 1 with ARNs/,
      );
    });

    it('asks for the acceptance of its file, except for roles that have no part in it', async () => {
      write();
      for (const role of ['maintain', 'execution-role'])
        assertRefusedWithRemedy(await policy(role), 77, 'has to be accepted first', '--accept-members');
      for (const role of ['launcher', 'head-job']) {
        const { exitCode, stderr } = await policy(role, ...PLACE);
        assert.equal(exitCode, 0, stderr);
      }
      assert.equal((await policy('maintain', '--accept-members')).exitCode, 0);
      assert.equal((await policy('maintain')).exitCode, 0);
      write({ prefix: 'prod' });
      assertRefused(await policy('maintain'), 77, 'prefix: prod, was nf-secrets/lab');
    });

    it('of a prefix that is given reads no file', async () => {
      write();
      const written = await json('list', '--workspace-prefix', 'lab/other');
      assert.match(JSON.stringify(written), /:secret:lab\/other\/\*/);
      assert.doesNotMatch(JSON.stringify(written), /nf-secrets\/lab/);
    });

    it('takes tasks of another region for ones that get copies', async () => {
      write();
      const { stdout, stderr } = await policy('--accept-members', '--region', 'us-east-1');
      const all = JSON.parse(String(stdout)) as Record<string, object>;
      assert.ok(!JSON.stringify(all['execution-role']).includes(OWN), stderr);
      assert.match(JSON.stringify(all['launch']), /GetSecretValue/);
      assert.match(stderr, /values of the workspace are read in eu-west-1, and copied/);
    });

    for (const format of ['terraform', 'cloudformation']) {
      it(`writes ${format}`, async () => {
        write();
        const text = String(
          await sandbox.ok(['aws', 'policy', 'maintain', '--format', format, '--accept-members']),
        );
        assert.match(text, /nf-secrets-lab-maintain/);
        assert.ok(text.includes(OWN));
        assert.doesNotMatch(text, /GetSecretValue['"]/);
      });
    }

    for (const [region, partition] of [
      ['cn-north-1', 'aws-cn'],
      ['us-gov-west-1', 'aws-us-gov'],
    ] as const) {
      it(`is of the partition ${partition} in ${region}`, async () => {
        write({ region });
        const text = String(await sandbox.ok(['aws', 'policy', 'maintain', '--accept-members']));
        assert.ok(
          text.includes(`arn:${partition}:secretsmanager:${region}:123456789012:secret:nf-secrets/lab/*`),
        );
        const wrong = await policy('maintain', '--partition', 'aws', '--accept-members');
        assertRefused(wrong, 64, 'which is not in the partition aws');
        write({
          names: { TOKEN: `arn:aws:secretsmanager:${region}:123456789012:secret:prod-AbCdEf` },
          region,
        });
        assertRefused(await policy('maintain', '--accept-members'), 65, 'in a partition of AWS');
      });
    }

    for (const prefix of [
      '*',
      'nf-secrets/*',
      'nf-secrets/la?',
      '${aws:username}',
      'a"',
      'lab/',
      '/lab',
      'a//b',
    ]) {
      it(`refuses a file with the prefix ${prefix}: 65, and nothing is written`, async () => {
        write({ prefix });
        const result = await policy('owner', '--accept-members');
        assertRefused(result, 65, 'is not used');
        assert.equal(result.stdout.length, 0);
        assertRefused(await policy('owner', '--workspace-prefix', prefix, ...PLACE), 64);
      });
    }

    it('refuses another account for its roles, and leaves them out of the rest', async () => {
      write();
      const other = ['--account', '999999999999', '--region', 'eu-west-1', '--accept-members'];
      assertRefused(await policy('owner', ...other), 64, '999999999999', '123456789012');
      const { stdout, stderr } = await policy(...other);
      assert.deepEqual(Object.keys(JSON.parse(String(stdout)) as object), [
        'launcher',
        'execution-role',
        'head-job',
      ]);
      assert.match(stderr, /names account 123456789012, so these policies do not have its secrets/);
    });
  });

  it('refuses a role of a workspace in AWS where there is none', async () => {
    const result = await sandbox.nfSecrets(['aws', 'policy', 'maintain', ...PLACE]);
    assertRefusedWithRemedy(result, 64, 'maintain is a role of a workspace in AWS', 'workspace init --aws');
  });

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
