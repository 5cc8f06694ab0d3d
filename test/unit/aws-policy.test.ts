import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isLike } from '../../src/core/targets/aws-batch/check/evaluate.ts';
import { cloudFormation } from '../../src/core/aws/policy/cloudformation.ts';
import { policyDocument, policyJson, trustDocument } from '../../src/core/aws/policy/policy-document.ts';
import type { PolicyOptions } from '../../src/core/aws/policy/policy-options.ts';
import { partitionOf } from '../../src/core/aws/policy/arns.ts';
import {
  DEFAULT_EXECUTION_ROLE,
  rolePermissions,
  type RolePermissions,
} from '../../src/core/aws/policy/role-permissions.ts';
import { POLICY_ROLES, type PolicyRole } from '../../src/core/aws/policy/roles.ts';
import { BATCH_ROLES } from '../../src/core/aws/policy/statements.ts';
import { terraform } from '../../src/core/aws/policy/terraform.ts';
import { HumanError } from '../../src/core/system/human-error.ts';

const ACCOUNT = '123456789012';
const REGIONS = ['eu-west-1', 'cn-north-1', 'us-gov-west-1'];

function plain(region: string): PolicyOptions {
  return {
    ...{ partition: partitionOf(region), account: ACCOUNT, region, prefix: 'tower-' },
    ...{ executionRole: DEFAULT_EXECUTION_ROLE, jobRole: undefined, kmsKey: undefined },
    headRole: 'instance',
  };
}

const full = (region: string): PolicyOptions => ({
  ...plain(region),
  prefix: 'team-a-',
  executionRole: 'batch/ecsExecution',
  jobRole: `arn:${partitionOf(region)}:iam::${ACCOUNT}:role/batchTasks`,
  kmsKey: `arn:${partitionOf(region)}:kms:${region}:${ACCOUNT}:key/00000000-aaaa-bbbb-cccc-111111111111`,
  headRole: 'custom',
  workspace: {
    region,
    prefix: 'nf-secrets/lab',
    names: new Map([
      ['DB_PASSWORD', { arn: `${secretArn(region)}prod/db-AbCdEf`, jsonKey: 'password' }],
      ['API_TOKEN', { arn: `${secretArn(region)}prod/token-GhIjKl` }],
    ]),
  },
});

const secretArn = (region: string): string =>
  `arn:${partitionOf(region)}:secretsmanager:${region}:${ACCOUNT}:secret:`;

const of = (role: PolicyRole, options: PolicyOptions): RolePermissions => {
  const found = rolePermissions(options).find((one) => one.role === role);
  assert.ok(found !== undefined);
  return found;
};

describe('AWS policies', () => {
  describe('are those of the files in test/fixtures/aws-policy (UPDATE_GOLDEN=1 writes them)', () => {
    for (const region of REGIONS) {
      for (const [title, options] of [
        ['plain', plain(region)],
        ['full', full(region)],
      ] as const) {
        const roles = rolePermissions(options);
        const written: [string, () => string][] = [
          ['json', () => `${JSON.stringify(policyJson(roles), undefined, 2)}\n`],
          ['tf', () => terraform(roles)],
          ['yaml', () => cloudFormation(roles)],
        ];
        for (const [format, write] of written) {
          it(`${title}, ${region}, ${format}`, () => {
            const file = join(import.meta.dirname, `../fixtures/aws-policy/${title}-${region}.${format}`);
            const text = write();
            if (process.env['UPDATE_GOLDEN'] !== undefined) writeFileSync(file, text);
            assert.ok(existsSync(file), 'the file is there');
            assert.equal(text, readFileSync(file, 'utf8'));
          });
        }
      }
    }
  });

  // What the documentation of Tower asks for (April 2023), and what its platform's narrower policies have today:
  // each is allowed for what a launch makes, and for nothing else where the action knows resources.
  const SECRET = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:';
  const RUN = `${SECRET}tower-nfs-abcdefghijkl/NCBI_API_KEY-AbCdEf`;
  const DEFINITION = 'arn:aws:batch:eu-west-1:123456789012:job-definition/tower-nfs-0f0f-0123456789ab:3';
  const ROLE = `arn:aws:iam::123456789012:role/${DEFAULT_EXECUTION_ROLE}`;
  const ASKED: [PolicyRole, string, string, string | undefined][] = [
    ['launcher', 'secretsmanager:CreateSecret', RUN, `${SECRET}database-AbCdEf`],
    ['launcher', 'secretsmanager:DescribeSecret', RUN, `${SECRET}database-AbCdEf`],
    ['launcher', 'secretsmanager:DeleteSecret', RUN, `${SECRET}tower-other-AbCdEf`],
    ['launcher', 'secretsmanager:ListSecrets', '*', undefined],
    ['launcher', 'batch:RegisterJobDefinition', DEFINITION, DEFINITION.replace('tower-nfs', 'mine')],
    ['launcher', 'batch:DeregisterJobDefinition', DEFINITION, DEFINITION.replace('tower-nfs', 'mine')],
    ['launcher', 'batch:DescribeJobDefinitions', '*', undefined],
    ['launcher', 'batch:ListJobs', '*', undefined],
    ['launcher', 'batch:DescribeJobs', '*', undefined],
    ['launcher', 'iam:PassRole', ROLE, 'arn:aws:iam::123456789012:role/admin'],
    ['execution-role', 'secretsmanager:GetSecretValue', RUN, `${SECRET}database-AbCdEf`],
    ['head-job', 'secretsmanager:ListSecrets', '*', undefined],
    ['head-job', 'secretsmanager:GetSecretValue', RUN, `${SECRET}database-AbCdEf`],
    ['head-job', 'iam:GetRole', ROLE, 'arn:aws:iam::123456789012:role/admin'],
    ['head-job', 'iam:PassRole', ROLE, 'arn:aws:iam::123456789012:role/admin'],
  ];
  for (const [role, action, needed, foreign] of ASKED) {
    it(`allow the ${role} ${action}, and nothing else with it`, () => {
      const permissions = of(role, { ...plain('eu-west-1'), headRole: 'custom' });
      assert.ok(allows(permissions, action, needed), needed);
      if (foreign !== undefined) assert.ok(!allows(permissions, action, foreign), foreign);
    });
  }

  // What those ask for and ours do not have, and why.
  const ABSENT: [PolicyRole, string, string][] = [
    ['launcher', 'batch:TagResource', 'nothing that is made has tags'],
    ['launcher', 'secretsmanager:TagResource', 'nothing that is made has tags'],
    ['launcher', 'batch:SubmitJob', 'Nextflow submits jobs, with permissions that it needs without us too'],
  ];
  for (const [role, action, reason] of ABSENT) {
    it(`do not allow the ${role} ${action}: ${reason}`, () => {
      assert.ok(!JSON.stringify(of(role, full('eu-west-1'))).includes(action));
    });
  }

  it('allow the execution role what the documentation gives to all secrets of an account, for those of runs', () => {
    const asked = 'arn:aws:secretsmanager:eu-west-1:*:secret:*';
    const { statements } = of('execution-role', plain('eu-west-1'));
    assert.deepEqual(
      statements.flatMap(({ actions, resources }) => actions.map((action) => [action, resources.length])),
      [['secretsmanager:GetSecretValue', 1]],
    );
    assert.ok(isLike(asked, statements[0]?.resources[0] ?? ''));
  });

  it('never let the launcher read a secret, or the roles of tasks write one', () => {
    for (const options of REGIONS.flatMap((region) => [plain(region), full(region)])) {
      assert.ok(!JSON.stringify(of('launcher', options)).includes('GetSecretValue'));
      for (const role of ['execution-role', 'head-job'] as const) {
        assert.doesNotMatch(JSON.stringify(of(role, options)), /CreateSecret|PutSecret|DeleteSecret/);
      }
    }
  });

  it('give the execution role its managed policy and the trust of the ECS agent', () => {
    const role = of('execution-role', plain('us-gov-west-1'));
    assert.deepEqual(role.managedPolicies, [
      'arn:aws-us-gov:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy',
    ]);
    assert.deepEqual(trustDocument(role)?.Statement[0]?.['Principal'], {
      Service: 'ecs-tasks.amazonaws.com',
    });
    assert.equal(trustDocument(of('launcher', plain('eu-west-1'))), undefined);
  });

  it('have an id for each statement that IAM takes and no other of the policy has', () => {
    for (const options of REGIONS.map(full)) {
      for (const role of POLICY_ROLES) {
        const ids = policyDocument(of(role, options)).Statement.map((statement) => String(statement['Sid']));
        for (const id of ids) assert.match(id, /^[A-Za-z0-9]+$/);
        assert.equal(new Set(ids).size, ids.length);
      }
    }
  });

  describe('of a workspace in AWS', () => {
    const WORKSPACE = `${SECRET}nf-secrets/lab/TOKEN-AbCdEf`;
    const MAPPED = `${SECRET}prod/token-GhIjKl`;
    const KEYED = `${SECRET}prod/db-AbCdEf`;
    const OTHERS = [`${SECRET}nf-secrets/lab2/TOKEN-AbCdEf`, `${SECRET}prod/other-AbCdEf`, RUN];
    const READING = ['secretsmanager:GetSecretValue', 'secretsmanager:BatchGetSecretValue'];
    const WRITING = /Create|Put|Update|Delete|Restore|Tag|Rotate|Cancel|Remove/;
    const options = full('eu-west-1');

    it('are there only where there is one', () => {
      assert.deepEqual(
        rolePermissions(plain('eu-west-1')).map(({ role }) => role),
        BATCH_ROLES,
      );
      assert.deepEqual(
        rolePermissions(options).map(({ role }) => role),
        POLICY_ROLES,
      );
    });

    const may: [PolicyRole, string, string[]][] = [
      ['list', 'DescribeSecret', [WORKSPACE, MAPPED, KEYED]],
      ['list', 'ListSecretVersionIds', [WORKSPACE, MAPPED, KEYED]],
      ['launch-local', 'GetSecretValue', [WORKSPACE, MAPPED, KEYED]],
      ['execution-role', 'GetSecretValue', [WORKSPACE, MAPPED, KEYED]],
      ['maintain', 'CreateSecret', [WORKSPACE]],
      ['maintain', 'DeleteSecret', [WORKSPACE]],
      ['maintain', 'PutSecretValue', [WORKSPACE, MAPPED]],
      ['maintain', 'UpdateSecret', [WORKSPACE, MAPPED]],
      ['maintain', 'RestoreSecret', [WORKSPACE, MAPPED]],
      ['maintain', 'UpdateSecretVersionStage', [WORKSPACE, MAPPED]],
      ['owner', 'PutResourcePolicy', [WORKSPACE]],
    ];
    for (const [role, operation, resources] of may) {
      it(`allow ${role} ${operation} on what is of the workspace, and on nothing else`, () => {
        const permissions = of(role, options);
        const action = `secretsmanager:${operation}`;
        for (const resource of [WORKSPACE, MAPPED, KEYED])
          assert.equal(allows(permissions, action, resource), resources.includes(resource), resource);
        const others = role === 'execution-role' ? OTHERS.filter((one) => one !== RUN) : OTHERS;
        for (const resource of others) assert.ok(!allows(permissions, action, resource), resource);
      });
    }

    const allowed = (role: PolicyRole): string[] =>
      of(role, options).statements.flatMap(({ actions }) => actions);

    it('let nobody read a value who lists, maintains, or launches on AWS Batch', () => {
      for (const role of ['list', 'maintain', 'launch'] as const)
        assert.deepEqual(
          allowed(role).filter((action) => READING.includes(action)),
          [],
          role,
        );
    });

    it('let nobody change a secret who lists or launches here, and only those of runs who launches on AWS Batch', () => {
      for (const role of ['list', 'launch-local'] as const)
        assert.deepEqual(
          allowed(role).filter((action) => WRITING.test(action)),
          [],
          role,
        );
      const launch = of('launch', options);
      for (const action of allowed('launch').filter((one) => WRITING.test(one)))
        assert.ok(!allows(launch, action, WORKSPACE), action);
    });

    it('have everything on * only where AWS knows nothing narrower', () => {
      for (const role of ['list', 'launch-local', 'maintain', 'owner'] as const) {
        const wide = of(role, options).statements.filter(({ resources }) => resources.includes('*'));
        assert.deepEqual(
          wide.flatMap(({ actions }) => actions).filter((action) => !/:(List|BatchGet)Secrets?/.test(action)),
          [],
        );
      }
    });

    it('take a key only through Secrets Manager, in the region of the secrets', () => {
      const elsewhere = { ...options, region: 'us-east-1' };
      for (const role of ['launch-local', 'maintain', 'owner'] as const) {
        const onKey = of(role, elsewhere).statements.filter(({ actions }) =>
          actions.some((action) => action.startsWith('kms:')),
        );
        assert.equal(onKey.length, 1, role);
        assert.deepEqual(onKey[0]?.condition, {
          StringEquals: { 'kms:ViaService': ['secretsmanager.eu-west-1.amazonaws.com'] },
        });
      }
    });

    it('let a launch in another region read the values, which are copied there, and its tasks not', () => {
      const elsewhere = { ...options, region: 'us-east-1', kmsKey: undefined };
      assert.ok(allows(of('launch', elsewhere), 'secretsmanager:GetSecretValue', WORKSPACE));
      assert.ok(!allows(of('execution-role', elsewhere), 'secretsmanager:GetSecretValue', WORKSPACE));
    });

    it('have names that differ between workspaces, and that IAM takes', () => {
      const names = ['lab/a', 'lab/b', 'x'.repeat(200), `${'x'.repeat(200)}/y`, 'odd_+=.@-'].flatMap(
        (prefix) =>
          rolePermissions({ ...options, workspace: { region: 'eu-west-1', prefix, names: new Map() } })
            .slice(BATCH_ROLES.length)
            .map(({ name }) => name),
      );
      for (const name of names) assert.match(name, /^[\w+=,.@-]{1,128}$/);
      assert.equal(new Set(names).size, names.length);
    });

    for (const prefix of [
      '*',
      'lab*',
      'la?',
      'lab/',
      '/lab',
      'a//b',
      '',
      '${aws:username}',
      'a"b',
      'a b',
      'lab\n',
    ])
      it(`refuse the prefix ${JSON.stringify(prefix)}`, () => {
        assert.throws(
          () => rolePermissions({ ...options, workspace: { region: 'eu-west-1', prefix, names: new Map() } }),
          (error) => error instanceof HumanError && error.exitCode === 64,
        );
      });
  });

  const wrong: [string, Partial<PolicyOptions>, RegExp][] = [
    ['a short account', { account: '1234' }, /not the id of an AWS account/],
    ['a zone for a region', { region: 'eu-west-1a' }, /not an AWS region/],
    ['a role with a quote', { executionRole: 'a"b' }, /neither the name of a role nor its ARN/],
    ['a role with an expression of Terraform', { jobRole: '${file("x")}' }, /neither the name of a role/],
    [
      'an alias for a key',
      { kmsKey: 'arn:aws:kms:eu-west-1:123456789012:alias/mine' },
      /not the ARN of a KMS/,
    ],
    [
      'a key of another partition',
      { kmsKey: 'arn:aws-cn:kms:cn-north-1:123456789012:key/a' },
      /not the ARN of a KMS/,
    ],
  ];
  for (const [title, change, message] of wrong) {
    it(`refuse ${title}`, () => {
      assert.throws(
        () => rolePermissions({ ...plain('eu-west-1'), ...change }),
        (error) => error instanceof HumanError && error.exitCode === 64 && message.test(error.message),
      );
    });
  }
});

/** What IAM would say, of what these policies use: `*` in resources, no negations, conditions taken as met. */
function allows({ statements }: RolePermissions, action: string, resource: string): boolean {
  return statements.some(
    ({ actions, resources }) =>
      actions.includes(action) &&
      resources.some((pattern) =>
        pattern.endsWith('*') ? resource.startsWith(pattern.slice(0, -1)) : resource === pattern,
      ),
  );
}
