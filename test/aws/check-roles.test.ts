import assert from 'node:assert/strict';
import { CreateRoleCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { AssumeRoleCommand } from '@aws-sdk/client-sts';
import { CreateSecretCommand, DescribeSecretCommand } from '@aws-sdk/client-secrets-manager';
import { rolePermissions } from '../../src/core/aws/policy/role-permissions.ts';
import { WORKSPACE_ROLES, type WorkspaceRole } from '../../src/core/aws/policy/workspace-statements.ts';
import { policyDocument } from '../../src/core/aws/policy/policy-document.ts';
import type * as Report from '../../src/core/targets/aws-batch/check/report.ts';
import { EXECUTION_ROLE, makeAccount, permissions, QUEUE } from '../fixtures/aws-account.ts';
import {
  ACCOUNT,
  type AwsWorkspace,
  denials,
  PREFIX,
  REGION,
  useAwsWorkspace,
} from '../fixtures/aws-workspace.ts';
import { simulatedBy } from '../fixtures/iam-simulation.ts';
import type { JsonOf } from '../fixtures/json-of.ts';
import { assertRefused, assertRefusedWithRemedy } from '../fixtures/refusal.ts';

type AwsReport = JsonOf<Report.AwsReport>;
type Found = AwsReport & { readonly exitCode: number | null };

const OWN = `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:${PREFIX}/*`;
const KEY = `arn:aws:kms:${REGION}:${ACCOUNT}:key/00000000-aaaa-bbbb-cccc-111111111111`;

/** The actions of a role by its policy, in the order in which it has them. */
const actionsOf = (role: WorkspaceRole): string[] =>
  rolePermissions({
    ...{ partition: 'aws', account: ACCOUNT, region: REGION, prefix: 'tower-', kmsKey: undefined },
    ...{ executionRole: 'execution', jobRole: undefined, headRole: 'custom' },
    workspace: { region: REGION, prefix: PREFIX, names: new Map() },
  })
    .filter((one) => one.role === role)
    .flatMap(({ statements }) => statements.flatMap(({ actions }) => actions));

/** What no request that changes nothing can tell. */
const UNTRIED = new Set(['secretsmanager:CreateSecret']);
const WITHOUT_BATCH = WORKSPACE_ROLES.filter((role) => role !== 'launch');

describe('nf-secrets aws check of roles in a workspace in AWS @aws', () => {
  let lab: AwsWorkspace;
  useAwsWorkspace(async (made) => {
    lab = made;
    await lab.init();
    await lab.set('TOKEN', 'fake-token');
  });

  /** From now on the person is a user of IAM. */
  const asUser = async (): Promise<void> => void Object.assign(lab.sandbox.env, await makeAccount(lab.aws));
  async function report(...args: string[]): Promise<Found> {
    lab.aws.requests = [];
    const { exitCode, stdout, stderr } = await lab.run(['aws', 'check', '--json', ...args]);
    assert.ok(stdout.length > 0, stderr);
    return { ...(JSON.parse(String(stdout)) as AwsReport), exitCode };
  }
  const named = ({ checks }: Pick<AwsReport, 'checks'>, wanted: string): string[] =>
    checks.filter(({ result }) => result === wanted).map(({ action, resource }) => `${action} ${resource}`);
  const roles = ({ workspace }: AwsReport): string[] =>
    workspace?.roles.map(({ role, result }) => `${role} ${result}`) ?? [];
  const on = (action: string): string =>
    /:(List|BatchGet)Secret/.test(action) && !action.endsWith('Ids') ? '*' : OWN;

  const described = async (name: string): Promise<object> => {
    const { $metadata, ...secret } = await lab.aws.clients.secrets.send(
      new DescribeSecretCommand({ SecretId: `${PREFIX}/${name}` }),
    );
    assert.equal($metadata.httpStatusCode, 200);
    return secret;
  };

  for (const role of WITHOUT_BATCH) {
    describe(`for ${role}`, () => {
      it('finds nothing missing where nothing is, and changes nothing', async () => {
        await asUser();
        lab.aws.fail(simulatedBy(() => true));
        const before = await described('TOKEN');
        const found = await report('--role', role);
        assert.deepEqual([named(found, 'denied'), named(found, 'unknown'), found.exitCode], [[], [], 0]);
        assert.deepEqual(found.checks.map(({ action }) => action).sort(), actionsOf(role).sort());
        assert.deepEqual(roles(found), [`${role} yes`]);
        assert.ok(!lab.aws.requests.some((one) => /^Create|^Register/.test(one)));
        assert.deepEqual(await described('TOKEN'), before);
        assert.equal(await lab.valueInAws(`${PREFIX}/TOKEN`), 'fake-token');
        assert.deepEqual(await lab.aws.content(), [`${PREFIX}/TOKEN`]);
      });

      for (const action of actionsOf(role)) {
        it(`names ${action} alone where it is denied, with the statement to add`, async () => {
          await asUser();
          const [, operation = ''] = action.split(':');
          lab.aws.fail(simulatedBy((asked) => asked !== action));
          if (!UNTRIED.has(action)) lab.deny(operation);
          const found = await report('--role', role);
          assert.deepEqual(named(found, 'denied'), [`${action} ${on(action)}`]);
          assert.deepEqual([found.ok, found.exitCode], [false, 77]);
          const statement = found.checks.find(({ result }) => result === 'denied')?.statement;
          assert.deepEqual(statement, { Effect: 'Allow', Action: action, Resource: on(action) });
          const [summary] = found.workspace?.roles ?? [];
          // Without it values are read one by one.
          if (action === 'secretsmanager:BatchGetSecretValue')
            assert.deepEqual([summary?.result, summary?.optional], ['yes', [action]]);
          else assert.deepEqual([summary?.result, summary?.denied], ['no', [action]]);
        });
      }
    });
  }

  it('says of what it can neither try nor read that it is unknown', async () => {
    const found = await report('--role', 'maintain');
    assert.deepEqual(named(found, 'unknown'), [`secretsmanager:CreateSecret ${OWN}`]);
    assert.deepEqual([roles(found), found.exitCode], [['maintain unknown'], 0]);
    assert.match(
      found.checks.find(({ result }) => result === 'unknown')?.reason ?? '',
      /not tried|IAM does not tell/,
    );
    const { stdout } = await lab.run(['aws', 'check', '--role', 'maintain']);
    assert.match(String(stdout), /^maintain +unknown +not known: secretsmanager:CreateSecret/m);
  });

  for (const [what, without, result] of [
    ['all of its role', '', 'yes'],
    ['all but CreateSecret', 'secretsmanager:CreateSecret', 'no'],
  ] as const) {
    it(`reads the policies of a role where IAM simulates nothing: ${what}`, async () => {
      const { iam, sts } = lab.aws.clients;
      const RoleName = 'maintainer';
      const Statement = actionsOf('maintain')
        .filter((action) => action !== without)
        .map((Action) => ({ Effect: 'Allow', Action, Resource: on(Action) }));
      const AssumeRolePolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [] });
      const { Role } = await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument }));
      const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement });
      await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'own', PolicyDocument }));
      const { Credentials: own } = await sts.send(
        new AssumeRoleCommand({ RoleArn: Role?.Arn ?? '', RoleSessionName: 'ann' }),
      );
      Object.assign(lab.sandbox.env, {
        AWS_ACCESS_KEY_ID: own?.AccessKeyId ?? '',
        AWS_SECRET_ACCESS_KEY: own?.SecretAccessKey ?? '',
        AWS_SESSION_TOKEN: own?.SessionToken ?? '',
      });
      const found = await report('--role', 'maintain');
      assert.deepEqual(roles(found), [`maintain ${result}`]);
      assert.deepEqual(named(found, 'denied'), without === '' ? [] : [`${without} ${OWN}`]);
      assert.match(found.principal, /:assumed-role\/maintainer\/ann$/);
    });
  }

  it('shows people a table of roles, and the statements', async () => {
    lab.deny('GetSecretValue', 'PutSecretValue');
    const { exitCode, stdout, stderr } = await lab.run(['aws', 'check', '--role', 'owner']);
    assert.equal(exitCode, 77, stderr);
    assert.match(
      String(stdout),
      /^owner +no +missing: secretsmanager:GetSecretValue, secretsmanager:PutSecretValue/m,
    );
    assert.match(
      String(stdout),
      /"Action": "secretsmanager:PutSecretValue", "Resource": "arn:[^"]*nf-secrets\/lab\/\*"/,
    );
  });

  describe('of secrets with names and keys of their own', () => {
    let arn: string;
    let keyed: string;
    beforeEach(async () => {
      const { secrets } = lab.aws.clients;
      const make = async (Name: string, more: object = {}): Promise<string> =>
        (
          await secrets.send(
            new CreateSecretCommand({ Name, SecretString: '{"password":"fake-db"}', ...more }),
          )
        ).ARN ?? '';
      arn = await make('prod/token', { KmsKeyId: KEY });
      keyed = await make('prod/db');
      lab.write({
        ...{ store: 'aws', region: REGION, account: ACCOUNT, prefix: PREFIX },
        names: { API_TOKEN: arn, DB_PASSWORD: `${keyed}:password::` },
      });
      await asUser();
    });

    it('looks at each, reads none, and asks about the key', async () => {
      const asked: string[] = [];
      lab.aws.fail(simulatedBy((action, resource) => asked.push(`${action} ${resource}`) > 0));
      const found = await report('--role', 'owner');
      assert.deepEqual([named(found, 'denied'), named(found, 'unknown')], [[], []]);
      const rows = new Set(named(found, 'allowed'));
      for (const one of [
        ...[arn, keyed].map((resource) => `secretsmanager:GetSecretValue ${resource}`),
        ...['PutSecretValue', 'RestoreSecret'].map((action) => `secretsmanager:${action} ${arn}`),
        `kms:Decrypt ${KEY}`,
        `kms:GenerateDataKey ${KEY}`,
      ])
        assert.ok(rows.has(one), one);
      assert.ok(!rows.has(`secretsmanager:PutSecretValue ${keyed}`), 'a key of a JSON object is not set');
      assert.ok(asked.includes(`kms:Decrypt ${KEY}`));
      const { LastAccessedDate } = await lab.aws.clients.secrets.send(
        new DescribeSecretCommand({ SecretId: keyed }),
      );
      assert.equal(LastAccessedDate, undefined);
    });

    it('names the one that cannot be read', async () => {
      lab.aws.fail(simulatedBy(() => true));
      const [denial] = denials(['GetSecretValue']);
      lab.aws.fail({ ...denial, call: 2 });
      const found = await report('--role', 'launch-local');
      const [denied = '', ...more] = named(found, 'denied');
      assert.deepEqual(more, []);
      assert.match(denied, /^secretsmanager:GetSecretValue arn:/);
      assert.equal(found.exitCode, 77);
    });

    it('does not conclude from IAM alone that a key is denied: it has a policy of its own', async () => {
      lab.aws.fail(simulatedBy((action) => !action.startsWith('kms:')));
      const found = await report('--role', 'launch-local');
      assert.deepEqual([named(found, 'unknown'), found.exitCode], [[`kms:Decrypt ${KEY}`], 0]);
      assert.deepEqual(roles(found), ['launch-local unknown']);
    });
  });

  describe('with AWS Batch', () => {
    const OPTIONS = ['--region', REGION, '--queue', QUEUE, '--execution-role', EXECUTION_ROLE];
    const workspace = { region: REGION, prefix: PREFIX, names: new Map() };
    const execution = rolePermissions({
      ...{ partition: 'aws', account: ACCOUNT, region: REGION, prefix: 'tower-', kmsKey: undefined },
      ...{ executionRole: EXECUTION_ROLE, jobRole: undefined, headRole: 'custom', workspace },
    }).find(({ role }) => role === 'execution-role');
    assert.ok(execution !== undefined);
    const account = async (executionPolicy: object = policyDocument(execution)): Promise<void> => {
      Object.assign(lab.sandbox.env, await makeAccount(lab.aws, { executionPolicy }));
    };

    it('says that all roles are there', async () => {
      await account();
      lab.aws.fail(simulatedBy(() => true));
      const found = await report(...OPTIONS);
      assert.deepEqual([named(found, 'denied'), found.exitCode], [[], 0]);
      assert.deepEqual(
        roles(found),
        WORKSPACE_ROLES.map((role) => `${role} yes`),
      );
      assert.deepEqual(await lab.aws.content(), [`${PREFIX}/TOKEN`]);
    });

    it('finds an execution role that cannot read the secrets of the workspace', async () => {
      await account(policyDocument(permissions('execution-role')));
      const found = await report(...OPTIONS, '--role', 'launch');
      assert.deepEqual(
        found.checks
          .filter(({ result }) => result === 'denied')
          .map(({ role, action, resource }) => [role, action, resource]),
        [['execution-role', 'secretsmanager:GetSecretValue', OWN]],
      );
      assert.equal(found.exitCode, 77);
      assert.deepEqual(found.checks.find(({ result }) => result === 'denied')?.statement, {
        ...{ Effect: 'Allow', Action: 'secretsmanager:GetSecretValue', Resource: OWN },
      });
      assert.deepEqual(roles(found), ['launch yes']);
    });

    it('asks of the launch of a pipeline for no right to read or change', async () => {
      await account();
      lab.deny('GetSecretValue', 'BatchGetSecretValue', 'PutSecretValue', 'UpdateSecret');
      await lab.sandbox.run('bash', [
        '-c',
        'echo "process.executor = \'awsbatch\'" > nextflow.config; touch main.nf',
      ]);
      const found = await report(...OPTIONS, 'main.nf');
      assert.deepEqual([named(found, 'denied'), found.exitCode], [[], 0]);
      assert.deepEqual(roles(found), ['launch yes']);
    });

    for (const action of [
      'batch:RegisterJobDefinition',
      'secretsmanager:ListSecretVersionIds',
      'secretsmanager:DescribeSecret',
    ]) {
      it(`says that launch is missing where ${action} is denied`, async () => {
        await account();
        lab.aws.fail({ operation: action.split(':')[1] ?? '', code: 'AccessDeniedException' });
        const found = await report(...OPTIONS, '--role', 'launch');
        assert.deepEqual([roles(found), found.exitCode], [['launch no'], 77]);
        assert.deepEqual(found.workspace?.roles[0]?.denied, [action]);
      });
    }

    it('asks for the values where tasks run in another region', async () => {
      await account();
      lab.deny('GetSecretValue');
      const found = await report('--region', 'us-east-1', '--role', 'launch');
      assert.deepEqual(named(found, 'denied'), [`secretsmanager:GetSecretValue ${OWN}`]);
      assert.match(JSON.stringify(found.hints), /a launch copies them for its run, so it has to read them/);
    });
  });

  it('says that the credentials are of another account: 77', async () => {
    lab.write({ store: 'aws', region: REGION, account: '999999999999', prefix: PREFIX });
    assertRefused(await lab.run(['aws', 'check', '--role', 'list']), 77, '999999999999', ACCOUNT);
  });

  it('says that a workspace without a store in AWS has no such roles: 64', async () => {
    const result = await lab.run(['aws', 'check', '--role', 'list', '--workspace', lab.sandbox.root]);
    assertRefusedWithRemedy(result, 64, 'list is a role of a workspace in AWS', 'workspace init --aws');
  });

  it('says that AWS cannot be reached: 69', async () => {
    lab.aws.fail({ operation: 'PutSecretValue', cut: 'before' });
    lab.sandbox.env['AWS_MAX_ATTEMPTS'] = '1';
    assertRefused(await lab.run(['aws', 'check', '--role', 'maintain']), 69, 'cannot be reached');
  });
});
