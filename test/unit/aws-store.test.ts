import assert from 'node:assert/strict';
import {
  BatchGetSecretValueCommand,
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  ListSecretVersionIdsCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { mockClient } from 'aws-sdk-client-mock';
import { SecretValue } from '../../src/core/secrets/secret-value.ts';
import { setSecret } from '../../src/core/stores/aws/changes.ts';
import { listPlace } from '../../src/core/stores/aws/listing.ts';
import { historyOf, undoLast } from '../../src/core/stores/aws/past.ts';
import type { Place } from '../../src/core/stores/aws/place.ts';
import { readValues } from '../../src/core/stores/aws/values.ts';
import { parseWorkspaceFile } from '../../src/core/stores/workspace-file.ts';
import { ExitCode, HumanError } from '../../src/core/system/human-error.ts';
import { awsFailure } from '../fixtures/aws-model.ts';
import { fakeWorld } from '../fixtures/world.ts';

const ARN = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:';
const FILE = parseWorkspaceFile(
  Buffer.from(
    JSON.stringify({
      ...{ store: 'aws', region: 'eu-west-1', account: '123456789012', prefix: 'lab' },
      names: { DB: `${ARN}prod/db-AbCdEf:password::` },
    }),
  ),
  '/w/.nf-secrets/workspace.json',
);

/** What moto does not do: answers in pieces, errors of single secrets, dates of other kinds. */
describe('the store of a workspace in AWS', () => {
  const aws = mockClient(SecretsManagerClient);
  let place: Place & { readonly world: ReturnType<typeof fakeWorld> };
  beforeEach(() => {
    aws.reset();
    const client = new SecretsManagerClient({ region: 'eu-west-1' });
    const account = { partition: 'aws', account: FILE.account, region: FILE.region, profile: null };
    const session = { aws: account, caller: '', secrets: client, placed: { region: FILE.region } };
    place = {
      file: FILE,
      client,
      session,
      world: fakeWorld({ env: { NF_SECRETS_HOME: '/proc/nf-secrets' } }),
    };
  });
  after(() => {
    aws.restore();
  });

  const rejects = async (work: Promise<unknown>, exitCode: ExitCode, message: RegExp): Promise<void> => {
    await assert.rejects(work, (error) => {
      assert.ok(error instanceof HumanError, String(error));
      assert.equal(error.exitCode, exitCode, error.message);
      assert.match(error.message, message);
      return true;
    });
  };

  it('reads one by one what an answer for several leaves out, and all pieces of an answer', async () => {
    aws
      .on(BatchGetSecretValueCommand)
      .resolvesOnce({
        SecretValues: [{ Name: 'lab/A1', ARN: `${ARN}lab/A1-x`, SecretString: 'fake-a' }],
        NextToken: 'next',
      })
      .resolvesOnce({
        SecretValues: [
          { Name: 'prod/db', ARN: `${ARN}prod/db-AbCdEf`, SecretString: '{"password":"fake-db"}' },
        ],
        Errors: [{ SecretId: 'lab/B1', ErrorCode: 'DecryptionFailure', Message: 'of KMS' }],
      });
    aws
      .on(GetSecretValueCommand, { SecretId: 'lab/B1' })
      .resolves({ SecretString: 'fake-b', VersionId: 'v' });
    aws.on(GetSecretValueCommand, { SecretId: 'lab/C1' }).rejects(awsFailure('ResourceNotFoundException'));
    const read = await readValues(place, ['A1', 'B1', 'C1', 'DB', 'no name']);
    assert.deepEqual(
      [...read].map(([name, { value }]) => [name, value.reveal()]),
      [
        ['A1', 'fake-a'],
        ['B1', 'fake-b'],
        ['DB', 'fake-db'],
      ],
    );
  });

  for (const text of [
    'fake-text',
    '[]',
    '{"password":{}}',
    '{"other":"fake"}',
    'null',
    '{"__proto__":{"password":"x"}}',
  ])
    it(`refuses ${text} for an object with a key, and shows nothing of it`, async () => {
      aws.on(GetSecretValueCommand).resolves({ SecretString: text });
      await assert.rejects(readValues(place, ['DB']), (error) => {
        assert.ok(error instanceof HumanError);
        assert.equal(error.exitCode, ExitCode.data);
        assert.ok(!error.message.includes('fake'));
        return true;
      });
    });

  it('lists all pages, without what is deleted, of others, or no name', async () => {
    const page = (...names: string[]): object[] =>
      names.map((name) => ({ Name: `lab/${name}`, SecretVersionsToStages: { v1: ['AWSCURRENT'] } }));
    aws
      .on(ListSecretsCommand)
      .resolvesOnce({
        SecretList: [
          ...page('B1', 'sub/C1', 'a-b'),
          { Name: 'lab2/X1' },
          { Name: 'lab/GONE', DeletedDate: new Date() },
        ],
        NextToken: 'next',
      })
      .resolvesOnce({ SecretList: page('A1') });
    aws.on(DescribeSecretCommand).rejects(awsFailure('ResourceNotFoundException'));
    const listed = await listPlace(place);
    assert.deepEqual([...listed.keys()], ['A1', 'B1']);
    assert.equal(listed.get('A1')?.version, 'v1');
    assert.deepEqual(aws.commandCalls(ListSecretsCommand)[0]?.args[0].input.Filters, [
      { Key: 'name', Values: ['lab/'] },
    ]);
  });

  it('takes an answer without a list for none', async () => {
    aws.on(ListSecretsCommand).resolves({});
    await rejects(listPlace(place), ExitCode.unavailable, /cannot be reached, or does not answer well/);
  });

  it('says until when a deleted one can be put back only if the date is one to come', async () => {
    for (const [date, expected] of [
      ['2026-01-09T00:00:00Z', /can be put back until 2026-01-09T00:00:00Z/],
      ['2026-01-01T00:00:00Z', /can be put back for some days/],
    ] as const) {
      const world = fakeWorld();
      aws.on(DescribeSecretCommand).resolves({ ARN: `${ARN}lab/KEY-x`, DeletedDate: new Date(date) });
      aws.on(ListSecretsCommand).resolves({ SecretList: [] });
      assert.deepEqual([...(await listPlace({ ...place, world }, { asked: ['KEY'] })).keys()], []);
      assert.match(world.said.join('\n'), expected);
    }
  });

  it('sends a value again with the same token, whether the secret is made or updated', async () => {
    aws.on(PutSecretValueCommand).rejectsOnce(awsFailure('ResourceNotFoundException')).resolves({});
    aws.on(CreateSecretCommand).rejects(awsFailure('ResourceExistsException'));
    assert.equal(await setSecret(place, 'KEY', { value: new SecretValue('fake-one') }), 'updated');
    const tokens = [...aws.commandCalls(PutSecretValueCommand), ...aws.commandCalls(CreateSecretCommand)].map(
      ({ args: [{ input }] }) => input.ClientRequestToken,
    );
    assert.equal(tokens.length, 3);
    assert.equal(new Set(tokens).size, 1);
    assert.match(tokens[0] ?? '', /^[0-9a-f-]{36}$/);
  });

  it('ends where others make and delete a secret all the time', async () => {
    aws.on(PutSecretValueCommand).rejects(awsFailure('ResourceNotFoundException'));
    aws.on(CreateSecretCommand).rejects(awsFailure('ResourceExistsException'));
    await rejects(
      setSecret(place, 'KEY', { value: new SecretValue('fake-one') }),
      ExitCode.unavailable,
      /by others all the time/,
    );
  });

  describe('undoes', () => {
    const stages = (current: string, previous: string): object[] => [
      { VersionId: 'old', CreatedDate: new Date(1_000_000), VersionStages: [] },
      { VersionId: previous, CreatedDate: new Date(2_000_000), VersionStages: ['AWSPREVIOUS'] },
      { VersionId: current, CreatedDate: new Date(2_000_000), VersionStages: ['AWSCURRENT'] },
    ];
    beforeEach(() => {
      aws.on(DescribeSecretCommand).resolves({ ARN: 'arn', VersionIdsToStages: { two: ['AWSCURRENT'] } });
      aws.on(ListSecretVersionIdsCommand).resolves({ Versions: stages('two', 'one') });
    });

    it('to the previous one, and numbers them from the newest', async () => {
      const { versions } = await historyOf(place, 'KEY');
      assert.deepEqual(
        versions.map(({ number, version }) => [number, version]),
        [
          [1, 'two'],
          [2, 'one'],
          [3, 'old'],
        ],
      );
      aws.on(UpdateSecretVersionStageCommand).resolves({});
      await undoLast(place, 'KEY', undefined);
      await undoLast(place, 'KEY', 3);
      assert.deepEqual(
        aws
          .commandCalls(UpdateSecretVersionStageCommand)
          .map(({ args: [{ input }] }) => [input.MoveToVersionId, input.RemoveFromVersionId]),
        [
          ['one', 'two'],
          ['old', 'two'],
        ],
      );
    });

    it('nothing if it was set meanwhile', async () => {
      aws.on(UpdateSecretVersionStageCommand).rejects(awsFailure('InvalidParameterException'));
      await rejects(undoLast(place, 'KEY', undefined), ExitCode.usage, /was set in AWS meanwhile/);
    });

    it('it once if the answer was lost', async () => {
      aws.on(UpdateSecretVersionStageCommand).rejects(awsFailure('InvalidParameterException'));
      aws
        .on(DescribeSecretCommand)
        .resolvesOnce({ ARN: 'arn', VersionIdsToStages: { two: ['AWSCURRENT'] } })
        .resolves({ ARN: 'arn', VersionIdsToStages: { one: ['AWSCURRENT'] } });
      assert.equal((await undoLast(place, 'KEY', undefined)).what, 'value');
    });

    it('nothing of a key of a JSON object', async () => {
      await rejects(
        undoLast(place, 'DB', undefined),
        ExitCode.usage,
        /it is the key password of the JSON object/,
      );
    });
  });
});
