import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  evaluate,
  isLike,
  type NamedPolicy,
  type PermissionRequest,
  trustOf,
} from '../../src/core/targets/aws-batch/check/evaluate.ts';
import { principalOf } from '../../src/core/targets/aws-batch/check/iam.ts';
import { missingStatement } from '../../src/core/aws/policy/missing-statement.ts';
import { refusalOf } from '../../src/core/aws/aws-error.ts';

const SECRET = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:';
const REQUEST: PermissionRequest = {
  action: 'secretsmanager:GetSecretValue',
  resource: `${SECRET}tower-nfs-abcdefghijkl/KEY-AbCdEf`,
  context: { 'iam:passedtoservice': 'ecs-tasks.amazonaws.com' },
};
const document = (...Statement: unknown[]): unknown => ({ Version: '2012-10-17', Statement });
const named = (...statements: unknown[]): NamedPolicy[] => [{ name: 'p', document: document(...statements) }];
const allow = (rest: object): object => ({ Effect: 'Allow', Action: '*', Resource: '*', ...rest });
const deny = (rest: object): object => ({ ...allow(rest), Effect: 'Deny' });

describe('The evaluation of policies', () => {
  // Rules of "Policy evaluation logic" and "IAM JSON policy elements" in the IAM User Guide.
  const cases: [string, unknown[], 'allowed' | 'denied' | 'unknown'][] = [
    ['no statement', [], 'denied'],
    ['everything', [allow({})], 'allowed'],
    ['an action in other case', [allow({ Action: 'SecretsManager:getsecretvalue' })], 'allowed'],
    [
      'an action with a wildcard inside',
      [allow({ Action: ['s3:*', 'secretsmanager:Get*Value'] })],
      'allowed',
    ],
    ['an action with a question mark', [allow({ Action: 'secretsmanager:GetSecretValu?' })], 'allowed'],
    ['another action', [allow({ Action: 'secretsmanager:GetSecret' })], 'denied'],
    ['all but another action', [allow({ Action: undefined, NotAction: 'iam:*' })], 'allowed'],
    ['all but this action', [allow({ Action: undefined, NotAction: 'secretsmanager:*' })], 'denied'],
    ['the resource', [allow({ Resource: [`${SECRET}a*`, `${SECRET}tower-*`] })], 'allowed'],
    ['the resource in other case', [allow({ Resource: `${SECRET}TOWER-*` })], 'denied'],
    ['all but the resource', [allow({ Resource: undefined, NotResource: `${SECRET}tower-*` })], 'denied'],
    ['a variable', [allow({ Resource: `${SECRET}\${aws:username}-*` })], 'unknown'],
    ['a denial beside', [allow({}), deny({ Action: 'secretsmanager:*' })], 'denied'],
    ['a denial of something else', [allow({}), deny({ Action: 'iam:*' })], 'allowed'],
    [
      'a denial that depends',
      [allow({}), deny({ Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'false' } } })],
      'unknown',
    ],
    [
      'a denial that depends, and nothing else',
      [deny({ Condition: { Bool: { 'aws:x': 'false' } } })],
      'denied',
    ],
    [
      'an allowance that depends',
      [allow({ Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } })],
      'unknown',
    ],
    [
      'a condition that holds',
      [allow({ Condition: { StringEquals: { 'iam:PassedToService': ['x', 'ecs-tasks.amazonaws.com'] } } })],
      'allowed',
    ],
    [
      'a condition that does not',
      [allow({ Condition: { StringLike: { 'iam:PassedToService': 'ec2*' } } })],
      'denied',
    ],
    [
      'a negated condition',
      [allow({ Condition: { StringNotEquals: { 'iam:PassedToService': 'x' } } })],
      'unknown',
    ],
    [
      'a denial by a negated condition',
      [allow({}), deny({ Condition: { StringNotEquals: { 'iam:PassedToService': 'x' } } })],
      'unknown',
    ],
    [
      'a condition with IfExists',
      [allow({ Condition: { StringEqualsIfExists: { 'iam:PassedToService': 'x' } } })],
      'unknown',
    ],
    [
      'a condition with a variable',
      [allow({ Condition: { StringEquals: { 'iam:PassedToService': '${aws:PrincipalTag/x}' } } })],
      'unknown',
    ],
    ['a condition that is none', [allow({ Condition: 'x' })], 'unknown'],
    [
      'one condition of two that does not hold',
      [allow({ Condition: { StringEquals: { 'iam:PassedToService': 'x', 'aws:y': 'z' } } })],
      'denied',
    ],
    ['something that is no statement', ['x'], 'unknown'],
  ];
  for (const [what, statements, result] of cases) {
    it(`${what}: ${result}`, () => {
      assert.equal(evaluate(named(...statements), undefined, REQUEST).result, result);
    });
  }

  it('takes one statement that is not in a list', () => {
    const policy = { name: 'p', document: { Statement: allow({}) } };
    assert.equal(evaluate([policy], undefined, REQUEST).result, 'allowed');
  });

  const order = { denied: 0, unknown: 1, allowed: 2 };
  it('a boundary never allows more, and a denial never either', () => {
    const one = fc.constantFrom(...cases.map(([, statements]) => statements));
    fc.assert(
      fc.property(one, one, (own, bound) => {
        const [boundary] = named(...bound);
        const without = evaluate(named(...own), undefined, REQUEST).result;
        const within = evaluate(named(...own), boundary, REQUEST).result;
        assert.ok(order[within] <= order[without]);
        assert.ok(order[within] <= order[evaluate(named(...bound), undefined, REQUEST).result]);
        assert.equal(evaluate([...named(...own), ...named(deny({}))], boundary, REQUEST).result, 'denied');
      }),
    );
  });

  it('matches patterns as the same regular expression does', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', ':'), maxLength: 12 });
    const pattern = fc.string({ unit: fc.constantFrom('a', 'b', ':', '*', '?'), maxLength: 8 });
    fc.assert(
      fc.property(pattern, text, (wanted, given) => {
        const expression = new RegExp(`^${wanted.replaceAll('*', '.*').replaceAll('?', '.')}$`);
        assert.equal(isLike(wanted, given), expression.test(given));
      }),
    );
    assert.equal(isLike(`${'*a'.repeat(200)}b`, 'a'.repeat(5000)), false);
  });

  const TRUST: [string, object, 'allowed' | 'denied' | 'unknown'][] = [
    ['the service', { Principal: { Service: 'ecs-tasks.amazonaws.com' } }, 'allowed'],
    [
      'one of several',
      { Principal: { Service: ['ec2.amazonaws.com', 'ecs-tasks.amazonaws.com'] } },
      'allowed',
    ],
    ['another', { Principal: { Service: 'ecs.amazonaws.com' } }, 'denied'],
    ['an account', { Principal: { AWS: 'arn:aws:iam::123456789012:root' } }, 'denied'],
    ['everybody', { Principal: '*' }, 'allowed'],
    [
      'the account by condition',
      {
        Principal: { Service: 'ecs-tasks.amazonaws.com' },
        Condition: { StringEquals: { 'aws:SourceAccount': '123456789012' } },
      },
      'allowed',
    ],
    [
      'another condition',
      {
        Principal: { Service: 'ecs-tasks.amazonaws.com' },
        Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o' } },
      },
      'unknown',
    ],
  ];
  for (const [what, statement, result] of TRUST) {
    it(`trust of ${what}: ${result}`, () => {
      const trust = document({ Effect: 'Allow', Action: 'sts:AssumeRole', ...statement });
      const context = { 'aws:sourceaccount': '123456789012' };
      assert.equal(trustOf(trust, 'ecs-tasks.amazonaws.com', context).result, result);
    });
  }
});

describe('Who launches', () => {
  const callers: [string, string | undefined][] = [
    ['arn:aws:iam::123456789012:user/team/anna', 'user anna arn:aws:iam::123456789012:user/team/anna'],
    [
      'arn:aws-cn:sts::123456789012:assumed-role/batch/i-0123',
      'role batch arn:aws-cn:iam::123456789012:role/batch',
    ],
    ['arn:aws:iam::123456789012:role/a/b', 'role b arn:aws:iam::123456789012:role/a/b'],
    ['arn:aws:iam::123456789012:root', undefined],
    ['arn:aws:sts::123456789012:federated-user/x', undefined],
    ['', undefined],
  ];
  for (const [arn, expected] of callers) {
    it(`${arn || 'nobody'}: ${expected ?? 'neither user nor role'}`, () => {
      const found = principalOf(arn);
      assert.equal(found && [found.kind, found.name, found.arn].join(' '), expected);
    });
  }
});

describe('A statement that is missing', () => {
  const definition = 'arn:aws:batch:eu-west-1:123456789012:job-definition/';
  const cases: [string, string, string][] = [
    ['secretsmanager:CreateSecret', `${SECRET}team-nfs-abcdefghijkl/KEY`, `${SECRET}team-nfs-*`],
    ['secretsmanager:ListSecrets', '*', '*'],
    ['batch:RegisterJobDefinition', `${definition}tower-nfs-0f0f-12ab:3`, `${definition}tower-nfs-*`],
    ['batch:DescribeJobDefinitions', `${definition}tower-nfs-0f0f-12ab`, '*'],
    ['batch:ListJobs', 'arn:aws:batch:eu-west-1:123456789012:job-queue/x', '*'],
    ['s3:GetObject', 'a "name" with \u001b[31m', '*'],
  ];
  for (const [action, resource, expected] of cases) {
    it(`${action}: holds for every run`, () => {
      assert.deepEqual(missingStatement(action, resource), {
        ...{ Effect: 'Allow', Action: action, Resource: expected },
      });
    });
  }

  // Sentences of "Troubleshoot access denied error messages" in the IAM User Guide.
  const messages: [string, string, boolean][] = [
    ['because no identity-based policy allows the batch:ListJobs action', '', true],
    ['because no permissions boundary allows the batch:ListJobs action', 'the permissions boundary', true],
    ['because no VPC endpoint policy allows the batch:ListJobs action', 'the VPC endpoint policy', true],
    [
      'because no service control policy allows the batch:ListJobs action',
      'the service control policy',
      true,
    ],
    ['with an explicit deny in a service control policy', 'the service control policy', false],
    [
      'with an explicit deny in an identity-based policy: arn:aws:iam::1:policy/x',
      'the identity-based policy',
      false,
    ],
    ['with an explicit deny in a permissions boundary', 'the permissions boundary', false],
  ];
  for (const [words, place, helps] of messages) {
    it(words, () => {
      const text = `User: arn:aws:iam::123456789012:user/a is not authorized to perform: batch:ListJobs on resource: * ${words}`;
      const error = Object.assign(new Error(text), { name: 'AccessDeniedException', $metadata: {} });
      const refusal = refusalOf(error, { action: 'batch:ListJobs', resource: 'x' });
      assert.deepEqual([String(refusal?.policies ?? ''), refusal?.statement !== undefined], [place, helps]);
      assert.equal(refusal?.principal, 'arn:aws:iam::123456789012:user/a');
    });
  }
});
