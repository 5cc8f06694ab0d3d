import assert from 'node:assert/strict';
import { CreateSecretCommand } from '@aws-sdk/client-secrets-manager';
import type * as Report from '../../src/core/targets/aws-batch/check/report.ts';
import type { JsonOf } from '../fixtures/json-of.ts';
import type { NeededBy } from '../../src/core/aws/policy/statements.ts';
import { policyDocument } from '../../src/core/aws/policy/policy-document.ts';
import {
  EXECUTION_ROLE,
  JOB_ROLE,
  KEY,
  LAUNCHER,
  makeAccount,
  type Otherwise,
  permissions,
  QUEUE,
} from '../fixtures/aws-account.ts';
import { AwsStandIn, type Fault } from '../fixtures/aws-stand-in.ts';
import { BatchNextflow } from '../fixtures/batch-nextflow.ts';
import { CLI, finished, type Result, Sandbox } from '../fixtures/sandbox.ts';
import { leftOfRuns } from '../fixtures/stand-in.ts';
import { fillVault } from '../fixtures/vault-values.ts';

interface AwsReport extends Omit<JsonOf<Report.AwsReport>, 'leftBehind'> {
  readonly leftBehind: readonly { readonly remedy: string }[];
}
type Check = JsonOf<Report.Check>;

const FOREIGN = 'tower-other-tools-secret';
const OPTIONS = ['--region', 'eu-west-1', '--queue', QUEUE];
const ROLES = ['--execution-role', EXECUTION_ROLE, '--job-role', 'tasks'];
const isChecked = (neededBy: NeededBy): boolean => neededBy === 'launch' || neededBy === 'sweep';
const DENIED = { code: 'AccessDeniedException', status: 400 } as const;

/** What AWS says of a refusal, in its own words. */
const refused = (action: string, resource: string, why: string): string =>
  `User: ${LAUNCHER} is not authorized to perform: ${action} on resource: ${resource} ${why}`;

describe('nf-secrets aws check @aws', () => {
  let aws: AwsStandIn;
  let sandbox: Sandbox;
  before(async () => {
    aws = await AwsStandIn.start();
  });
  after(() => {
    aws.stop();
  });
  beforeEach(async () => {
    await aws.reset();
    await aws.clients.secrets.send(new CreateSecretCommand({ Name: FOREIGN, SecretString: 'fake-foreign' }));
    sandbox = new Sandbox();
    Object.assign(sandbox.env, aws.env);
  });
  afterEach(() => {
    sandbox.remove();
  });

  const account = async (otherwise?: Otherwise): Promise<void> => {
    Object.assign(sandbox.env, await makeAccount(aws, otherwise));
  };
  const check = async (...args: string[]): Promise<Result> => sandbox.nfSecrets(['aws', 'check', ...args]);
  async function report(...args: string[]): Promise<AwsReport & { readonly exitCode: number | null }> {
    const { exitCode, stdout, stderr } = await check('--json', ...args);
    assert.ok(stdout.length > 0, stderr);
    return { ...(JSON.parse(String(stdout)) as AwsReport), exitCode };
  }
  const denials = ({ checks }: Pick<AwsReport, 'checks'>): Check[] =>
    checks.filter(({ result }) => result === 'denied');
  const named = (checks: readonly Check[]): string[] => checks.map(({ role, action }) => `${role} ${action}`);
  async function assertNothingLeft(): Promise<void> {
    assert.deepEqual(await aws.content(), [FOREIGN]);
    assert.deepEqual(leftOfRuns(sandbox), []);
  }

  it('finds nothing missing where nothing is, says what it looked at, and leaves nothing', async () => {
    await account({ kmsKey: KEY });
    const found = await report(...OPTIONS, ...ROLES, '--kms-key', KEY);
    assert.deepEqual(named(denials(found)), []);
    assert.deepEqual([found.exitCode, found.ok], [0, true]);
    assert.deepEqual(named(found.checks.filter(({ result }) => result === 'unknown')), []);
    // All that `aws policy` has for launches and sweeps, and the trust of both roles.
    const written = (['launcher', 'execution-role'] as const).flatMap((role) =>
      permissions(role, KEY).statements.flatMap(({ neededBy, actions, resources }) =>
        isChecked(neededBy) ? actions.flatMap((action) => resources.map(() => `${role} ${action}`)) : [],
      ),
    );
    assert.deepEqual(
      named(found.checks).sort(),
      [...written, 'execution-role sts:AssumeRole', 'head-job sts:AssumeRole'].sort(),
    );
    assert.deepEqual(found.roles, {
      ...{ launcher: LAUNCHER, executionRole: EXECUTION_ROLE, jobRole: JOB_ROLE, headRole: null },
    });
    assert.deepEqual(
      found.queues.map(({ name, computeEnvironments }) => [name, computeEnvironments]),
      [[QUEUE, [{ name: 'machines', type: 'UNMANAGED', state: 'ENABLED' }]]],
    );
    assert.deepEqual(found.leftBehind, []);
    await assertNothingLeft();
  });

  it('shows people a table, and the statements to add', async () => {
    await account({ executionPolicy: policyDocument(permissions('launcher')) });
    aws.fail({ ...DENIED, operation: 'CreateSecret' });
    const { exitCode, stdout, stderr } = await check(...OPTIONS, ...ROLES);
    assert.equal(exitCode, 77, stderr);
    const text = String(stdout);
    assert.match(text, /^launcher +secretsmanager:CreateSecret +denied +tried: AWS denies it/m);
    assert.match(
      text,
      /^execution-role +secretsmanager:GetSecretValue +denied +none of its policies allows it/m,
    );
    assert.match(
      text,
      /added to the policies of .*user\/launcher:\n {2}\{"Effect": "Allow", "Action": "secretsmanager:CreateSecret", "Resource": "arn:[^"]*:secret:tower-nfs-\*"\}/,
    );
    assert.match(stderr, /2 of \d+ are denied/);
    await assertNothingLeft();
  });

  describe('names the one action that the launcher lacks, and no other:', () => {
    const statement = (action: string): object[] =>
      permissions('launcher').statements.flatMap(({ actions, resources, condition }) =>
        actions.includes(action)
          ? resources.map((Resource) => ({ Action: action, Resource, conditional: condition !== undefined }))
          : [],
      );
    const actions = permissions('launcher').statements.flatMap((one) =>
      isChecked(one.neededBy) ? one.actions : [],
    );
    for (const action of actions.filter((one) => one !== 'iam:PassRole')) {
      it(action, async () => {
        await account();
        aws.fail({ ...DENIED, operation: action.split(':')[1] ?? '' });
        const found = await report(...OPTIONS, ...ROLES);
        assert.deepEqual(named(denials(found)), [`launcher ${action}`]);
        assert.deepEqual([found.exitCode, found.ok], [77, false]);
        const given = denials(found).map(({ statement: one }) => one as Record<string, string>);
        assert.deepEqual(
          given.map(({ Action, Resource, Condition }) => ({
            Action,
            Resource,
            conditional: Condition !== undefined,
          })),
          statement(action),
        );
        assert.deepEqual(found.leftBehind, []);
        await assertNothingLeft();
      });
    }

    const nested: [string, string, string, Fault][] = [
      ['iam:PassRole', EXECUTION_ROLE, 'PassRole', { operation: 'RegisterJobDefinition' }],
      ['iam:PassRole', JOB_ROLE, 'PassRole', { operation: 'RegisterJobDefinition' }],
      ['kms:GenerateDataKey', KEY, 'GenerateDataKey', { operation: 'CreateSecret' }],
    ];
    for (const [action, resource, , fault] of nested) {
      it(`${action} on ${resource}`, async () => {
        await account({ kmsKey: KEY });
        const message = refused(
          action,
          resource,
          `because no identity-based policy allows the ${action} action`,
        );
        aws.fail({ ...DENIED, ...fault, message });
        const found = await report(...OPTIONS, ...ROLES, '--kms-key', KEY);
        assert.deepEqual(
          denials(found).map((one) => [one.action, one.resource]),
          [[action, resource]],
        );
        const [{ statement: given } = {}] = denials(found);
        assert.match(
          JSON.stringify(given),
          /"Condition":\{"StringEquals":\{"(iam:PassedToService|kms:ViaService)"/,
        );
        await assertNothingLeft();
      });
    }

    it('and no statement where something else denies it explicitly', async () => {
      await account();
      const message = refused(
        'secretsmanager:CreateSecret',
        '*',
        'with an explicit deny in a service control policy',
      );
      aws.fail({ ...DENIED, operation: 'CreateSecret', message });
      const [denied, ...more] = denials(await report(...OPTIONS, ...ROLES));
      assert.deepEqual(more, []);
      assert.deepEqual([denied?.action, denied?.statement], ['secretsmanager:CreateSecret', null]);
      assert.match(denied?.reason ?? '', /the service control policy denies it explicitly/);
    });
  });

  it('leaves the optional permissions out, if told to', async () => {
    await account();
    aws.fail({ ...DENIED, operation: 'ListSecrets' }, { ...DENIED, operation: 'TerminateJob' });
    assert.equal((await report(...OPTIONS, ...ROLES, '--minimal')).exitCode, 0);
  });

  describe('invents nothing where it may not look:', () => {
    for (const operation of [
      'GetRole',
      'ListRolePolicies',
      'GetRolePolicy',
      'ListAttachedRolePolicies',
      'DescribeJobQueues',
      'DescribeComputeEnvironments',
    ]) {
      it(operation, async () => {
        await account();
        aws.fail({ ...DENIED, operation });
        const found = await report(...OPTIONS, ...ROLES);
        assert.deepEqual([named(denials(found)), found.exitCode], [[], 0]);
      });
    }
  });

  it('does not guess what it cannot try, and reads no policies of users', async () => {
    await account();
    aws.fail({ ...DENIED, operation: 'DeleteSecret' });
    const { checks } = await report(...OPTIONS, ...ROLES);
    const found = checks.find(({ action }) => action === 'secretsmanager:CreateSecret');
    assert.equal(found?.result, 'unknown');
    assert.match(found.reason, /not tried: a throw-away secret could not be deleted again/);
    assert.deepEqual(
      aws.requests.filter((operation) => operation.includes('User')),
      [],
    );
  });

  const policy = (...statements: object[]): object => ({ Version: '2012-10-17', Statement: statements });
  const allowAll = { Effect: 'Allow', Action: '*', Resource: '*' };
  const trusting = (Service: string): object =>
    policy({ Effect: 'Allow', Principal: { Service }, Action: 'sts:AssumeRole' });
  const roles: [string, Otherwise, string[], string[], RegExp, boolean][] = [
    [
      'an execution role without a statement for the secrets',
      { executionPolicy: policy({ ...allowAll, Action: 's3:*' }) },
      ROLES,
      ['execution-role secretsmanager:GetSecretValue'],
      /none of its policies allows it/,
      true,
    ],
    [
      'an execution role for secrets of another name',
      { executionPolicy: policy({ ...allowAll, Resource: 'arn:aws:secretsmanager:*:*:secret:prod-*' }) },
      ROLES,
      ['execution-role secretsmanager:GetSecretValue'],
      /none of its policies allows it/,
      true,
    ],
    [
      'an explicit denial',
      { executionPolicy: policy(allowAll, { ...allowAll, Effect: 'Deny', Action: 'secretsmanager:Get*' }) },
      ROLES,
      ['execution-role secretsmanager:GetSecretValue'],
      /policy secrets denies it explicitly/,
      false,
    ],
    [
      'a boundary',
      { boundary: policy({ ...allowAll, Action: ['logs:*', 'ecr:*'] }) },
      ROLES,
      ['execution-role secretsmanager:GetSecretValue'],
      /its permissions boundary fence does not allow it/,
      true,
    ],
    [
      'an execution role that is not for tasks',
      { executionTrust: trusting('ec2.amazonaws.com') },
      ROLES,
      ['execution-role sts:AssumeRole'],
      /its trust document does not let ecs-tasks\.amazonaws\.com assume it/,
      true,
    ],
    [
      'a job role that is not for tasks',
      { jobTrust: trusting('lambda.amazonaws.com') },
      ROLES,
      ['head-job sts:AssumeRole'],
      /does not let ecs-tasks/,
      true,
    ],
    [
      'a role with a misspelled name',
      {},
      ['--execution-role', 'ecsExecutoin'],
      ['execution-role sts:AssumeRole'],
      /there is no role ecsExecutoin\. Did you mean ecsExecution\?/,
      false,
    ],
    [
      'a role without its path',
      {},
      ['--execution-role', 'ecsExecution'],
      ['execution-role sts:AssumeRole'],
      /the role is called .*:role\/batch\/ecsExecution/,
      false,
    ],
    [
      'a head job’s role that may pass nothing',
      {},
      [...ROLES, '--head-job-role', EXECUTION_ROLE],
      ['head-job secretsmanager:ListSecrets', 'head-job iam:GetRole', 'head-job iam:PassRole'],
      /none of its policies allows it/,
      true,
    ],
  ];
  for (const [what, otherwise, args, expected, reason, helps] of roles) {
    it(`finds ${what}`, async () => {
      await account(otherwise);
      const found = await report(...OPTIONS, ...args);
      assert.deepEqual([named(denials(found)), found.exitCode], [expected, 77]);
      for (const { reason: given, statement } of denials(found)) {
        assert.match(given, reason);
        assert.equal(statement !== null, helps);
      }
      await assertNothingLeft();
    });
  }

  const simulation = (action: string, result: string): string =>
    '<SimulatePrincipalPolicyResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><SimulatePrincipalPolicyResult>' +
    `<EvaluationResults><member><EvalActionName>${action}</EvalActionName>${result}</member></EvaluationResults>` +
    '</SimulatePrincipalPolicyResult></SimulatePrincipalPolicyResponse>';
  const DENIAL = '<EvalDecision>implicitDeny</EvalDecision>';
  const simulated: [string, string, string[]][] = [
    ['a denial', DENIAL, ['execution-role secretsmanager:GetSecretValue']],
    [
      'a boundary',
      `${DENIAL}<PermissionsBoundaryDecisionDetail><AllowedByPermissionsBoundary>false</AllowedByPermissionsBoundary></PermissionsBoundaryDecisionDetail>`,
      ['execution-role secretsmanager:GetSecretValue'],
    ],
    [
      'a condition',
      `${DENIAL}<MissingContextValues><member>aws:SourceIp</member></MissingContextValues>`,
      [],
    ],
    [
      'an organisation',
      `${DENIAL}<OrganizationsDecisionDetail><AllowedByOrganizations>false</AllowedByOrganizations></OrganizationsDecisionDetail>`,
      [],
    ],
    ['an allowance', '<EvalDecision>allowed</EvalDecision>', []],
  ];
  for (const [what, result, expected] of simulated) {
    it(`believes IAM’s simulation, where it may be asked and knows: ${what}`, async () => {
      await account();
      const answer = simulation('secretsmanager:GetSecretValue', result);
      aws.fail({ operation: 'SimulatePrincipalPolicy', answer });
      const found = await report(...OPTIONS, ...ROLES);
      assert.deepEqual(named(denials(found)), expected);
    });
  }

  it('finds a queue that takes no jobs, and one that is misspelled', async () => {
    await account({ queue: 'DISABLED' });
    const disabled = denials(await report(...OPTIONS, ...ROLES));
    assert.deepEqual(
      [named(disabled), disabled[0]?.reason],
      [['launcher batch:SubmitJob'], 'the job queue is disabled'],
    );
    const [absent] = denials(await report('--region', 'eu-west-1', '--queue', 'nextlfow'));
    assert.match(absent?.reason ?? '', /there is no job queue nextlfow\. Did you mean nextflow\?/);
  });

  const hopeless: [string, Fault, Record<string, string>, string[], number, RegExp][] = [
    [
      'credentials that have expired',
      { operation: 'GetCallerIdentity', code: 'ExpiredToken' },
      {},
      [],
      77,
      /have expired[^]*aws sso login/,
    ],
    [
      'no credentials',
      {},
      { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', AWS_CONTAINER_CREDENTIALS_FULL_URI: '' },
      [],
      77,
      /or there are none/,
    ],
    [
      'an endpoint that nobody is at',
      {},
      { AWS_ENDPOINT_URL: 'http://127.0.0.1:9', AWS_MAX_ATTEMPTS: '1' },
      [],
      69,
      /cannot be reached[^]*Check the network/,
    ],
    [
      'a Secrets Manager that cannot be reached',
      {},
      { AWS_ENDPOINT_URL_SECRETS_MANAGER: 'http://127.0.0.1:9', AWS_MAX_ATTEMPTS: '1' },
      [],
      69,
      /cannot be reached.*secretsmanager:/,
    ],
    ['a prefix that no name can begin with', {}, {}, ['--prefix', 'a/b'], 64, /cannot begin with/],
    ['an option that it does not have', {}, {}, ['--quue', 'x'], 64, /Did you mean --queue/],
  ];
  for (const [what, fault, env, args, code, message] of hopeless) {
    it(`says what to do about ${what}`, async () => {
      if (fault.operation !== undefined) aws.fail(fault);
      Object.assign(sandbox.env, env);
      const { exitCode, stdout, stderr } = await check(...OPTIONS, ...args);
      assert.equal(exitCode, code, stderr);
      assert.match(stderr, message);
      assert.equal(stdout.length, 0);
      await assertNothingLeft();
    });
  }

  it('needs a region', async () => {
    const { exitCode, stderr } = await check();
    assert.equal(exitCode, 64, stderr);
    assert.match(stderr, /AWS_REGION/);
  });

  describe('killed with kill -9', () => {
    for (const operation of ['CreateSecret', 'RegisterJobDefinition', 'DeleteSecret']) {
      for (const when of ['before', 'after'] as const) {
        it(`${when} ${operation}: the next sweep leaves nothing`, async () => {
          const child = sandbox.spawn(process.execPath, [CLI, 'aws', 'check', ...OPTIONS, ...ROLES]);
          // The first DeleteSecret is about a secret that is not there.
          const call = operation === 'DeleteSecret' ? 2 : 1;
          aws.fail({ operation, call, [when]: () => void child.kill('SIGKILL') });
          const { signal, stderr } = await finished(child);
          assert.equal(signal, 'SIGKILL', stderr);
          await sandbox.ok(['sweep']);
          await assertNothingLeft();
        });
      }
    }
  });

  it('says what it could not remove, and the next sweep removes it', async () => {
    await account();
    aws.fail(
      { ...DENIED, operation: 'DeleteSecret', call: 2 },
      { ...DENIED, operation: 'DeleteSecret', call: 2 },
    );
    const found = await report(...OPTIONS, ...ROLES);
    assert.deepEqual(named(denials(found)), ['launcher secretsmanager:DeleteSecret']);
    assert.equal(found.leftBehind.length, 1);
    assert.match(found.leftBehind[0]?.remedy ?? '', /aws secretsmanager delete-secret/);
    aws.heal();
    await sandbox.ok(['sweep']);
    await assertNothingLeft();
  });

  describe('of a pipeline', () => {
    let nextflow: BatchNextflow;
    beforeEach(async () => {
      nextflow = new BatchNextflow(sandbox);
      nextflow.answers([{ name: 'P', secrets: ['TOKEN'], queue: QUEUE }], {
        executionRole: EXECUTION_ROLE,
        jobRole: JOB_ROLE,
      });
      await account();
    });
    afterEach(() => {
      nextflow.letGo();
    });

    it('starts no Nextflow, unless it is asked to', async () => {
      const { exitCode, stderr } = await check('--region', 'eu-west-1', 'main.nf');
      assert.equal(exitCode, 0, stderr);
      assert.match(stderr, /The check does not see computed settings\..* --preview/);
      assert.equal(nextflow.previews, 0);
      await assertNothingLeft();
    });

    it('finds queue and roles by Nextflow, which sees no secret', async () => {
      await fillVault('user', { TOKEN: 'fake-token-of-no-service' }, sandbox);
      const found = await report('--preview', 'main.nf', '-profile', 'x');
      assert.deepEqual(
        [found.pipeline, found.region, found.roles.executionRole, found.roles.jobRole, found.queues[0]?.name],
        ['main.nf', 'eu-west-1', EXECUTION_ROLE, JOB_ROLE, QUEUE],
      );
      assert.deepEqual([named(denials(found)), found.exitCode], [[], 0]);
      await assertNothingLeft();
    });

    it('reads the configs where there is no Nextflow', async () => {
      await sandbox.run('bash', [
        '-c',
        `printf '%s\\n' "process { executor = 'awsbatch'; queue = '${QUEUE}' }" "aws { region = 'eu-west-1'" "  batch { executionRole = '${EXECUTION_ROLE}' } }" > nextflow.config`,
      ]);
      const { exitCode, stdout, stderr } = await check(
        '--json',
        '--preview',
        '--nextflow',
        '/bin/false',
        'main.nf',
      );
      assert.equal(exitCode, 0, stderr);
      const found = JSON.parse(String(stdout)) as AwsReport;
      assert.deepEqual([found.queues[0]?.name, found.roles.executionRole], [QUEUE, EXECUTION_ROLE]);
      assert.match(stderr, /Settings that are plain text in the configs/);
      await assertNothingLeft();
    });

    const launch = async (): Promise<Result> => {
      await fillVault('user', { TOKEN: 'fake-token-of-no-service' }, sandbox);
      aws.requests = [];
      return sandbox.nfSecrets(['launch', 'main.nf']);
    };

    it('launches where nothing is missing, and where IAM says nothing', async () => {
      assert.equal((await launch()).exitCode, 0);
      aws.fail({ ...DENIED, operation: 'GetRole' }, { ...DENIED, operation: 'SimulatePrincipalPolicy' });
      aws.fail({ ...DENIED, operation: 'DescribeJobQueues' });
      assert.equal((await launch()).exitCode, 0);
      assert.equal(nextflow.starts.length, 2);
    });

    it('launches where IAM never answers', async () => {
      let answer: () => void = () => undefined;
      const never = new Promise<void>((resolve) => (answer = resolve));
      aws.fail({ operation: 'GetRole', before: async () => never });
      assert.equal((await launch()).exitCode, 0);
      answer();
    });

    it('stops a launch before anything is made where IAM’s simulation denies something', async () => {
      const answer = simulation('secretsmanager:CreateSecret', DENIAL);
      aws.fail({ operation: 'SimulatePrincipalPolicy', answer });
      const { exitCode, stderr } = await launch();
      assert.equal(exitCode, 77, stderr);
      assert.match(
        stderr,
        /"Action": "secretsmanager:CreateSecret", "Resource": "arn:[^"]*:secret:tower-nfs-\*"/,
      );
      assert.ok(!aws.requests.includes('CreateSecret'));
      await assertNothingLeft();
    });

    const stops: [string, Otherwise, object, number, RegExp][] = [
      [
        'the execution role is not for tasks',
        { executionTrust: trusting('ec2.amazonaws.com') },
        {},
        77,
        /added to the trust document of [^]*"Service": "ecs-tasks\.amazonaws\.com"/,
      ],
      [
        'the queue is disabled',
        { queue: 'DISABLED' },
        {},
        69,
        /takes no jobs in nextflow: the job queue is disabled/,
      ],
      [
        'there is no such role',
        {},
        { executionRole: 'arn:aws:iam::123456789012:role/batch/ecsExecutoin' },
        77,
        /there is no role ecsExecutoin\. Did you mean ecsExecution/,
      ],
    ];
    for (const [what, otherwise, settings, code, message] of stops) {
      it(`stops a launch before anything is made where ${what}`, async () => {
        await aws.reset();
        await aws.clients.secrets.send(
          new CreateSecretCommand({ Name: FOREIGN, SecretString: 'fake-foreign' }),
        );
        await account(otherwise);
        nextflow.answers([{ name: 'P', secrets: ['TOKEN'], queue: QUEUE }], {
          executionRole: EXECUTION_ROLE,
          jobRole: JOB_ROLE,
          ...settings,
        });
        const { exitCode, stderr } = await launch();
        assert.equal(exitCode, code, stderr);
        assert.match(stderr, message);
        assert.ok(!aws.requests.includes('CreateSecret'));
        assert.deepEqual(nextflow.starts, []);
        await assertNothingLeft();
      });
    }
  });
});
