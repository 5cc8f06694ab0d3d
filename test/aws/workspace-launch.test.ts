import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DescribeJobDefinitionsCommand } from '@aws-sdk/client-batch';
import {
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
} from '@aws-sdk/client-secrets-manager';
import {
  ACCOUNT,
  type AwsWorkspace,
  PREFIX,
  READING,
  REGION,
  useAwsWorkspace,
} from '../fixtures/aws-workspace.ts';
import { type AnsweredProcess, BatchNextflow } from '../fixtures/batch-nextflow.ts';
import { assertRefused, assertRefusedWithRemedy } from '../fixtures/refusal.ts';
import { CLI, finished, type Result } from '../fixtures/sandbox.ts';
import { leftOfRuns } from '../fixtures/stand-in.ts';
import { fillVault } from '../fixtures/vault-values.ts';

const PROCESSES: readonly AnsweredProcess[] = [{ name: 'MAIN:ALIGN', secrets: ['TOKEN', 'KEY'] }];
const ARN = `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:${PREFIX}`;

describe('a launch in AWS Batch from a workspace in AWS @aws', () => {
  let lab: AwsWorkspace;
  let nextflow: BatchNextflow;
  useAwsWorkspace(async (made) => {
    lab = made;
    nextflow = new BatchNextflow(lab.sandbox);
    nextflow.answers(PROCESSES);
    await lab.init();
    await lab.set('TOKEN', 'fake-token');
    await lab.set('KEY', 'fake-key');
    lab.aws.requests = [];
  });
  const launch = async (...args: string[]): Promise<Result> =>
    lab.run(['launch', ...args, '--accept-members', 'main.nf']);

  /** What job definitions name for each secret, while the run lasts. */
  async function namedInBatch(): Promise<Map<string | undefined, string | undefined>> {
    const { jobDefinitions = [] } = await lab.aws.clients.batch.send(
      new DescribeJobDefinitionsCommand({ status: 'ACTIVE' }),
    );
    return new Map(
      jobDefinitions
        .flatMap(({ containerProperties: properties }) => properties?.secrets ?? [])
        .map(({ name, valueFrom }) => [name, valueFrom]),
    );
  }

  /** Starts a launch whose run waits. @returns what definitions name, and the end. */
  async function during(...args: string[]): Promise<{ named: Map<unknown, unknown>; end: Result }> {
    nextflow.hold();
    const end = finished(
      lab.sandbox.spawn(process.execPath, [CLI, 'launch', ...args, '--accept-members', 'main.nf']),
    );
    const ended = end.then((result) => {
      throw new Error(`ended early: ${result.stderr}`);
    });
    await Promise.race([nextflow.untilStarted(), ended]);
    const named = await namedInBatch().finally(() => {
      nextflow.letGo();
    });
    ended.catch(() => undefined);
    return { named, end: await end };
  }

  const current = async (name: string): Promise<string> => {
    const { ARN: arn = '', VersionIdsToStages: stages = {} } = await lab.aws.clients.secrets.send(
      new DescribeSecretCommand({ SecretId: `${PREFIX}/${name}` }),
    );
    const version = Object.entries(stages).find(([, labels]) => labels.includes('AWSCURRENT'))?.[0] ?? '';
    return `${arn}:::${version}`;
  };

  it('copies nothing: definitions name the secrets and their versions, and these stay', async () => {
    const { named, end } = await during();
    assert.equal(end.exitCode, 0, end.stderr);
    assert.equal(named.get('TOKEN'), await current('TOKEN'));
    assert.equal(named.get('KEY'), await current('KEY'));
    // As an agent of ECS reads it: secret, and version.
    const [, arn = '', version = ''] = /^(arn(?::[^:]*){6}):::(.*)$/.exec(String(named.get('TOKEN'))) ?? [];
    const input = new GetSecretValueCommand({ SecretId: arn, VersionId: version });
    assert.equal((await lab.aws.clients.secrets.send(input)).SecretString, 'fake-token');
    assert.match(end.stderr, /2 secrets are in AWS Secrets Manager .*no copy is made/);
    assert.deepEqual(await lab.aws.content(), [`${PREFIX}/KEY`, `${PREFIX}/TOKEN`]);
    assert.deepEqual(leftOfRuns(lab.sandbox), []);
  });

  it('needs no right to read, make or delete a secret', async () => {
    lab.deny(...READING, 'CreateSecret', 'DeleteSecret', 'PutSecretValue');
    const { named, end } = await during();
    assert.equal(end.exitCode, 0, end.stderr);
    assert.equal(named.get('TOKEN'), await current('TOKEN'));
    assert.doesNotMatch(end.stderr, /plain text in/);
    assert.deepEqual(leftOfRuns(lab.sandbox), []);
  });

  it('asks for its names alone, each once, and for the credentials once: it needs no right to list', async () => {
    await lab.set('OTHER', 'fake-other');
    lab.deny('ListSecrets', ...READING);
    lab.aws.requests = [];
    const result = await launch();
    assert.equal(result.exitCode, 0, result.stderr);
    const count = (operation: string): number =>
      lab.aws.requests.filter((request) => request === operation).length;
    assert.deepEqual(
      ['GetCallerIdentity', 'DescribeSecret', 'ListSecrets', 'BatchGetSecretValue', 'GetSecretValue'].map(
        count,
      ),
      [1, 2, 0, 1, 2],
    );
  });

  it('lists the names if it is about to stop because one is missing: it may be misspelled', async () => {
    await lab.sandbox.ok(['delete', 'TOKEN', '--yes']);
    await lab.set('TOKENS', 'fake-token');
    const code = "process P {\n  secret 'TOKEN'\n  script:\n  'true'\n}\nworkflow { P() }\n";
    writeFileSync(join(lab.sandbox.workspace, 'main.nf'), code);
    const result = await launch();
    assertRefused(result, 66, 'TOKEN', 'Did you mean TOKENS?');
  });

  it('of somebody who may not read them is planned without a value, too', async () => {
    lab.deny(...READING);
    for (const options of [[], ['--preview']]) {
      await lab.run(['list', '--accept-members']);
      const result = await launch('--dry-run', ...options, '--json');
      assert.equal(result.exitCode, 0, result.stderr);
      const { secrets } = JSON.parse(String(result.stdout)) as {
        secrets: { name: string; scope: string; delivery: string }[];
      };
      assert.deepEqual(
        secrets.map(({ name, delivery }) => [name, delivery]),
        [
          ['KEY', 'secrets-manager'],
          ['TOKEN', 'secrets-manager'],
        ],
      );
    }
  });

  it('copies what the user overrides, and nothing else', async () => {
    await fillVault('user', { KEY: 'fake-own-key' }, lab.sandbox);
    const { named, end } = await during();
    assert.equal(end.exitCode, 0, end.stderr);
    assert.equal(named.get('TOKEN'), await current('TOKEN'));
    assert.match(String(named.get('KEY')), /:secret:tower-nfs-[a-z0-9]+\/KEY/);
    assert.match(end.stderr, /of 1 of them.*no copy/);
    assert.match(end.stderr, /KEY +user, overrides workspace/);
    assert.deepEqual(await lab.aws.content(), [`${PREFIX}/KEY`, `${PREFIX}/TOKEN`]);
  });

  it('names the key of a mapped secret', async () => {
    const { secrets } = lab.aws.clients;
    const { ARN: arn = '' } = await secrets.send(
      new CreateSecretCommand({ Name: 'prod/db', SecretString: '{"password":"fake-db"}' }),
    );
    lab.write({
      ...{ store: 'aws', region: REGION, account: ACCOUNT, prefix: PREFIX },
      names: { KEY: `${arn}:password::` },
    });
    const { named, end } = await during();
    assert.equal(end.exitCode, 0, end.stderr);
    assert.match(String(named.get('KEY')), new RegExp(`^${arn}:password::[\\w-]+$`));
  });

  it('takes a mapped secret that its person may not look at, as one that is there', async () => {
    const { secrets } = lab.aws.clients;
    const { ARN: arn = '' } = await secrets.send(
      new CreateSecretCommand({ Name: 'prod/key', SecretString: 'fake-mapped' }),
    );
    lab.write({
      ...{ store: 'aws', region: REGION, account: ACCOUNT, prefix: PREFIX },
      names: { KEY: arn, TOKEN: arn },
    });
    lab.deny('DescribeSecret', 'ListSecrets');
    const { named, end } = await during();
    assert.equal(end.exitCode, 0, end.stderr);
    assert.match(String(named.get('KEY')), new RegExp(`^${arn}:::[\\w-]+$`));
  });

  it('lists its names where it may not look at each', async () => {
    lab.deny('DescribeSecret');
    const { named, end } = await during();
    assert.equal(end.exitCode, 0, end.stderr);
    assert.match(String(named.get('TOKEN')), /:secret:.*TOKEN/);
  });

  it('is refused where a task elsewhere needs a value that the person may not read', async () => {
    lab.deny(...READING);
    nextflow.answers([...PROCESSES, { name: 'HERE', secrets: ['TOKEN'], executor: 'local' }]);
    const result = await launch();
    assertRefusedWithRemedy(result, 77, 'Process HERE does not run in AWS Batch', 'GetSecretValue');
    assert.deepEqual(leftOfRuns(lab.sandbox), []);
    assert.deepEqual(await lab.aws.content(), [`${PREFIX}/KEY`, `${PREFIX}/TOKEN`]);
  });

  it('is refused on this machine alone: it needs the values', async () => {
    lab.deny(...READING);
    assertRefused(await lab.run(['exec', '--accept-members', '--', 'true']), 77, 'GetSecretValue', ARN);
  });
});
