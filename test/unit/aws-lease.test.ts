import assert from 'node:assert/strict';
import { remedyCommand } from '../../src/cli/words/remedies.ts';
import { ExitCode, HumanError } from '../../src/core/system/human-error.ts';
import type { AwsItem } from '../../src/core/targets/aws-batch/items.ts';
import { SecretValue } from '../../src/core/secrets/secret-value.ts';
import { type AwsAccess, openAws } from '../../src/core/targets/aws-batch/access.ts';
import type { BatchProcess } from '../../src/core/targets/aws-batch/job-definition.ts';
import { type AwsPlan, plannedItems, provisionAws } from '../../src/core/targets/aws-batch/provision.ts';
import { releaseAws } from '../../src/core/targets/aws-batch/release.ts';
import { ACCOUNT, AwsModel, awsFailure, CALLER, type Fault, REGION } from '../fixtures/aws-model.ts';
import { fakeWorld } from '../fixtures/world.ts';
import { remedyText } from '../fixtures/remedy-text.ts';

const RUN = 'abcdefghijkl';
const FOREIGN = 'tower-nfs-zzzzzzzzzzzz/TOKEN_1';
const world = fakeWorld({ env: { AWS_REGION: REGION } });

const process_ = (number: number): BatchProcess => ({
  name: `MAIN:P${number}`,
  image: `image:${number}`,
  containerOptions: {},
  disk: null,
  arch: null,
  queues: ['queue'],
  secrets: [`TOKEN_${number}`, 'TOKEN_0'],
});

const PLAN: AwsPlan = {
  runId: RUN,
  prefix: 'tower-',
  sessionId: '0b5f3c1e-1111-4222-8333-444455556666',
  started: '2026-01-02T03:04:05Z',
  settings: {
    region: REGION,
    profile: null,
    jobRole: null,
    executionRole: 'arn:aws:iam::123456789012:role/execution',
    logsGroup: null,
    cliPath: null,
    volumes: [],
    fargate: false,
  },
  processes: [process_(1), process_(2)],
  references: new Map(),
  values: new Map([0, 1, 2].map((number) => [`TOKEN_${number}`, new SecretValue(`fake-value-${number}`)])),
  kmsKey: undefined,
};

/** Every code that the APIs in use document, and those that any service of AWS and the network answer. */
const COMMON: [string, ExitCode, number?][] = [
  ['AccessDeniedException', ExitCode.notPermitted],
  ['ExpiredTokenException', ExitCode.notPermitted],
  ['UnrecognizedClientException', ExitCode.notPermitted],
  ['InvalidClientTokenId', ExitCode.notPermitted],
  ['InvalidSignatureException', ExitCode.notPermitted],
  ['CredentialsProviderError', ExitCode.notPermitted],
  ['ThrottlingException', ExitCode.unavailable],
  ['TooManyRequestsException', ExitCode.unavailable],
  ['ServiceUnavailable', ExitCode.unavailable, 503],
  ['InternalFailure', ExitCode.unavailable, 500],
  ['TimeoutError', ExitCode.unavailable],
  ['ECONNRESET', ExitCode.unavailable],
  ['ENOTFOUND', ExitCode.unavailable],
];
const OF_OPERATION: Readonly<Record<string, [string, ExitCode, number?][]>> = {
  GetCallerIdentity: [],
  CreateSecret: [
    ['DecryptionFailure', ExitCode.cannotCreate],
    ['EncryptionFailure', ExitCode.cannotCreate],
    ['InternalServiceError', ExitCode.unavailable, 500],
    ['InvalidParameterException', ExitCode.cannotCreate],
    ['InvalidRequestException', ExitCode.cannotCreate],
    ['LimitExceededException', ExitCode.cannotCreate],
    ['MalformedPolicyDocumentException', ExitCode.cannotCreate],
    ['PreconditionNotMetException', ExitCode.cannotCreate],
    ['ResourceNotFoundException', ExitCode.cannotCreate],
  ],
  RegisterJobDefinition: [
    ['ClientException', ExitCode.cannotCreate],
    ['ServerException', ExitCode.unavailable, 500],
  ],
};

describe('a lease in AWS', () => {
  let aws: AwsModel;
  /** As the ledger has it. */
  let items: readonly AwsItem[];
  beforeEach(() => {
    aws = new AwsModel();
    aws.secrets.set(FOREIGN, { value: 'fake-foreign', token: 'x', description: '', kmsKey: undefined });
    items = [];
  });
  afterEach(() => {
    aws.restore();
  });

  async function provision(plan = PLAN): Promise<AwsAccess> {
    const access = await openAws(plan.settings, world);
    const planned = plannedItems(plan);
    items = planned.items;
    const onForeign = (foreign: string): Promise<void> => {
      items = items.filter((item) => item.kind !== 'aws-secret' || item.name !== foreign);
      return Promise.resolve();
    };
    const made = await provisionAws(plan, planned, access, { onForeign });
    items = made.items;
    return access;
  }

  const release = async (): Promise<{ item: string; reason: string; remedy: string }[]> => {
    const place = { partition: 'aws', account: ACCOUNT, region: REGION, profile: null };
    const left = await releaseAws({ runId: RUN, items }, place, world);
    return left.map(({ item, reason, remedy }) => ({
      ...{ item, reason: String(reason), remedy: remedyCommand(remedy) },
    }));
  };

  it('has what the tasks need, and is gone afterwards', async () => {
    await provision({ ...PLAN, kmsKey: 'alias/my-key' });
    assert.deepEqual(
      aws.content.filter((name) => name !== FOREIGN),
      [
        ...[0, 1, 2].map((number) => `tower-nfs-${RUN}/TOKEN_${number}`),
        ...items.flatMap((item) => (item.kind === 'aws-job-definition' ? [`${item.name}:1`] : [])),
      ].sort(),
    );
    const secret = aws.secrets.get(`tower-nfs-${RUN}/TOKEN_1`);
    assert.deepEqual([secret?.value, secret?.kmsKey], ['fake-value-1', 'alias/my-key']);
    assert.ok(secret?.description.startsWith(`nf-secrets: run ${RUN} of ${CALLER}`));
    assert.deepEqual(
      [...aws.definitions.values()].map((definition) => (definition as { secrets: unknown }).secrets),
      [1, 2].map((number) => [
        { name: `TOKEN_${number}`, valueFrom: aws.arn(`tower-nfs-${RUN}/TOKEN_${number}`) },
        { name: 'TOKEN_0', valueFrom: aws.arn(`tower-nfs-${RUN}/TOKEN_0`) },
      ]),
    );
    assert.deepEqual(await release(), []);
    assert.deepEqual(aws.content, [FOREIGN]);
    assert.deepEqual(await release(), [], 'twice is as good as once');
    assert.ok(!aws.calls.includes('DescribeJobDefinitions'), 'released by revision, not by a listing');
  });

  for (const [operation, own] of Object.entries(OF_OPERATION)) {
    for (const [code, exitCode, status] of [...COMMON, ...own]) {
      for (const done of operation === 'GetCallerIdentity' ? [false] : [false, true]) {
        it(`${code} at ${operation}${done ? ', which AWS has done' : ''}: ${exitCode}, and all can be released`, async () => {
          for (const call of operation === 'GetCallerIdentity' ? [1] : [1, 2]) {
            const before = aws.calls.length;
            aws.calls.splice(0, before);
            aws.fail({ operation, call, error: awsFailure(code, undefined, status), done });
            await assert.rejects(provision(), (error) => {
              assert.ok(error instanceof HumanError, String(error));
              assert.equal(error.exitCode, exitCode, error.message);
              assert.ok(remedyText(error) !== '');
              assert.ok(!`${error.message} ${remedyText(error)}`.includes('fake-value'));
              if (exitCode === ExitCode.notPermitted) assert.match(error.message, new RegExp(operation));
              return true;
            });
            aws.heal();
            assert.deepEqual(await release(), []);
            assert.deepEqual(aws.content, [FOREIGN]);
          }
        });
      }
    }
  }

  const RELEASE_STEPS = ['GetCallerIdentity', 'DeleteSecret', 'DescribeSecret', 'DeregisterJobDefinition'];
  for (const operation of RELEASE_STEPS) {
    for (const [code, , status] of COMMON) {
      it(`${code} at ${operation} of a release: said with a command, and the next one succeeds`, async () => {
        await provision();
        aws.calls.splice(0);
        world.said.splice(0);
        aws.fail({ operation, call: 1, error: awsFailure(code, undefined, status) });
        const leftovers = await release();
        const believed = operation === 'DescribeSecret' && code === 'AccessDeniedException';
        assert.equal(leftovers.length > 0, !believed);
        assert.equal(
          world.said.some((line) =>
            line.includes('AWS denies secretsmanager:DescribeSecret, so nobody can tell'),
          ),
          believed,
        );
        for (const { reason, remedy } of leftovers) {
          assert.notEqual(reason, '');
          assert.match(remedy, /^aws (secretsmanager delete-secret|batch deregister-job-definition) /);
        }
        aws.heal();
        assert.deepEqual(await release(), []);
        assert.deepEqual(aws.content, [FOREIGN]);
      });
    }
  }

  it('of a launcher that died is found by name and by what it refers to', async () => {
    const other = { ...PLAN, runId: 'mnopqrstuvwx' };
    await provision(other);
    const theirs = aws.content;
    await provision();
    items = plannedItems(PLAN).items;
    assert.deepEqual(await release(), []);
    assert.deepEqual(aws.content, theirs, 'another run of the session has the same names of definitions');
  });

  it('is released with credentials of its own account only', async () => {
    await provision();
    const before = aws.content;
    aws.account = '999999999999';
    const leftovers = await release();
    assert.equal(leftovers.length, items.length);
    assert.match(leftovers[0]?.reason ?? '', /account 123456789012.*account 999999999999/);
    assert.deepEqual(aws.content, before);
  });

  it('takes a secret that its own lost request made, and no other', async () => {
    const name = `tower-nfs-${RUN}/TOKEN_1`;
    const exists: Fault = {
      operation: 'CreateSecret',
      call: 2,
      error: awsFailure('ResourceExistsException'),
      done: true,
    };
    aws.fail(exists);
    await provision();
    aws.heal();
    assert.deepEqual(await release(), []);
    aws.secrets.set(name, { value: 'fake-theirs', token: 'theirs', description: '', kmsKey: undefined });
    await assert.rejects(provision(), /There is a secret .*TOKEN_1 already/);
    assert.deepEqual(await release(), []);
    assert.deepEqual(aws.content, [name, FOREIGN].sort());
  });

  for (const code of ['AccessDeniedException', 'ThrottlingException', 'ResourceNotFoundException']) {
    it(`keeps in the ledger what its lost request may have made: ${code} when it looks`, async () => {
      const exists = awsFailure('ResourceExistsException');
      aws.fail({ operation: 'CreateSecret', call: 2, error: exists, done: true });
      aws.fail({ operation: 'DescribeSecret', error: awsFailure(code) });
      await assert.rejects(provision(), /secretsmanager:DescribeSecret/);
      aws.heal();
      assert.equal(items.filter(({ kind }) => kind === 'aws-secret').length, 3);
      assert.deepEqual(await release(), []);
      assert.deepEqual(aws.content, [FOREIGN]);
    });
  }

  const SCHEDULED = [
    "You can't create this secret because a secret with this name is already scheduled for deletion.",
    "You can't perform this operation on the secret because it was marked for deletion.",
    "You tried to perform the operation on a secret that's currently marked deleted.",
  ];
  for (const message of SCHEDULED) {
    it(`says what blocks a name, and leaves it alone: ${message}`, async () => {
      const name = `tower-nfs-${RUN}/TOKEN_1`;
      aws.secrets.set(name, { value: 'fake-theirs', token: 'theirs', description: '', kmsKey: undefined });
      const error = awsFailure('InvalidRequestException', message);
      aws.fail({ operation: 'CreateSecret', call: 2, error });
      await assert.rejects(provision(), /scheduled for deletion, which blocks its name/);
      assert.deepEqual(await release(), []);
      assert.deepEqual(aws.content, [name, FOREIGN].sort());
    });

    it(`says that somebody else has scheduled a deletion: ${message}`, async () => {
      await provision();
      const error = awsFailure('InvalidRequestException', message);
      aws.fail({ operation: 'DeleteSecret', call: 1, error });
      const [left, ...others] = await release();
      assert.deepEqual(others, []);
      assert.match(left?.reason ?? '', /somebody has scheduled its deletion/);
      assert.match(
        left?.remedy ?? '',
        /^aws secretsmanager restore-secret .* && aws secretsmanager delete-secret /,
      );
      aws.heal();
      assert.deepEqual(await release(), []);
    });
  }

  it('names the action and the role that a policy lacks', async () => {
    const message =
      `User: ${CALLER} is not authorized to perform: iam:PassRole on resource: arn:aws:iam::123456789012:role/execution ` +
      'because no identity-based policy allows the iam:PassRole action';
    aws.fail({
      operation: 'RegisterJobDefinition',
      error: awsFailure('AccessDeniedException', message, 403),
    });
    await assert.rejects(provision(), (error) => {
      assert.ok(error instanceof HumanError);
      assert.match(error.message, /does not let arn:aws:iam::123456789012:user\/tester do iam:PassRole/);
      assert.match(
        remedyText(error),
        /"Action": "iam:PassRole", "Resource": "arn:aws:iam::123456789012:role\/execution"/,
      );
      return true;
    });
  });

  it('needs a region', async () => {
    const nowhere = fakeWorld({ env: {} });
    const settings = { region: null, profile: null };
    const own = process.env;
    process.env = { PATH: own['PATH'], HOME: '/nonexistent', AWS_CONFIG_FILE: '/nonexistent' };
    try {
      await assert.rejects(openAws(settings, nowhere), /not known in which AWS region/);
    } finally {
      process.env = own;
    }
  });
});
