import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { useAwsLab } from '../fixtures/aws-lab.ts';
import type { AwsStandIn } from '../fixtures/aws-stand-in.ts';
import type { AnsweredProcess, BatchNextflow } from '../fixtures/batch-nextflow.ts';
import type { Sandbox } from '../fixtures/sandbox.ts';
import { leftOfRuns } from '../fixtures/stand-in.ts';
import { fillVault } from '../fixtures/vault-values.ts';

const KEYS = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'];

describe('secrets whose variables something else sets, in AWS Batch @aws', () => {
  let aws: AwsStandIn;
  let sandbox: Sandbox;
  let nextflow: BatchNextflow;
  useAwsLab((lab) => {
    ({ aws, sandbox, nextflow } = lab);
  });

  const refused: [string, Omit<AnsweredProcess, 'name'>, RegExp, object?][] = [
    [
      'a name that AWS Batch keeps',
      { secrets: ['AWS_BATCH_TOKEN'] },
      /AWS Batch keeps names that begin with AWS_BATCH/,
    ],
    ['AWS_BATCH_JOB_ID', { secrets: ['AWS_BATCH_JOB_ID'] }, /AWS Batch keeps names/],
    ['a name of ECS', { secrets: ['ECS_CONTAINER_METADATA_URI_V4'] }, /ECS sets variables of that name/],
    ['what the role comes by', { secrets: ['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI'] }, /ECS sets variables/],
    ['its token', { secrets: ['AWS_CONTAINER_AUTHORIZATION_TOKEN'] }, /ECS sets variables/],
    ['what Nextflow sets for jobs', { secrets: ['AWS_MAX_ATTEMPTS'] }, /Nextflow sets it for each job/],
    ['half a key', { secrets: ['AWS_ACCESS_KEY_ID'] }, /does not ask for AWS_SECRET_ACCESS_KEY/],
    [
      '-e NAME=VALUE',
      { secrets: ['TOKEN'], options: { e: ['OTHER=1', 'TOKEN=public'] } },
      /containerOptions give that variable/,
    ],
    ['-e NAME', { secrets: ['TOKEN'], options: { e: ['TOKEN'] } }, /containerOptions give that variable/],
    [
      '--env NAME',
      { secrets: ['TOKEN'], options: { env: ['TOKEN='] } },
      /containerOptions give that variable/,
    ],
    ['env in a config', { secrets: ['TOKEN'] }, /the config sets that variable too/, { env: ['A', 'TOKEN'] }],
  ];
  for (const [what, answered, message, settings] of refused) {
    it(`refuses ${what}, with the reason, before anything is made`, async () => {
      await fillVault(
        'user',
        Object.fromEntries(answered.secrets.map((name) => [name, `fake-${name}`])),
        sandbox,
      );
      nextflow.answers([{ name: 'ALIGN', ...answered }], settings);
      const { exitCode, stderr } = await sandbox.nfSecrets(['launch', 'main.nf']);
      assert.equal(exitCode, 69, stderr);
      assert.match(stderr, message);
      assert.match(stderr, /Process ALIGN asks for the secret/);
      assert.equal(nextflow.starts.length, 0);
      assert.deepEqual(await aws.content(), []);
      assert.deepEqual(leftOfRuns(sandbox), []);
    });
  }

  const said: [string, string[]][] = [
    ['a key of AWS', KEYS],
    ['a token without its key', ['AWS_SESSION_TOKEN']],
    ['a profile', ['AWS_PROFILE']],
    ['another S3', ['AWS_ENDPOINT_URL_S3']],
  ];
  for (const [what, secrets] of said) {
    it(`says that the task reaches AWS by ${what}`, async () => {
      await fillVault('user', Object.fromEntries(secrets.map((name) => [name, `fake-${name}`])), sandbox);
      nextflow.answers([{ name: 'ALIGN', secrets }]);
      const { exitCode, stderr } = await sandbox.nfSecrets(['launch', 'main.nf']);
      assert.equal(exitCode, 0, stderr);
      assert.ok(
        stderr.includes(`process ALIGN asks for ${secrets.join(', ')}, which the AWS CLI of the task reads`),
        stderr,
      );
    });
  }

  it('says nothing of names that are like those', async () => {
    const secrets = ['AWS_BUCKET_TOKEN', 'MY_AWS_BATCH_KEY', 'ECSTASY', 'TOKEN'];
    await fillVault('user', Object.fromEntries(secrets.map((name) => [name, `fake-${name}`])), sandbox);
    nextflow.answers([{ name: 'ALIGN', secrets, options: { e: ['TOKENS=1'] } }], { env: ['TOKE'] });
    const { exitCode, stderr } = await sandbox.nfSecrets(['launch', 'main.nf']);
    assert.equal(exitCode, 0, stderr);
    assert.doesNotMatch(stderr, /WARNING/);
  });

  it('a plan from the text says it, too', async () => {
    await fillVault('user', { AWS_BATCH_TOKEN: 'fake-a', AWS_PROFILE: 'fake-b' }, sandbox);
    nextflow.answers([{ name: 'ALIGN', secrets: ['AWS_BATCH_TOKEN', 'AWS_PROFILE'] }]);
    writeFileSync(
      join(sandbox.workspace, 'main.nf'),
      "process ALIGN {\n  secret 'AWS_BATCH_TOKEN'\n  secret 'AWS_PROFILE'\n  script:\n  'true'\n}\nworkflow { ALIGN() }\n",
    );
    const { stderr } = await sandbox.nfSecrets(['launch', '--dry-run', 'main.nf']);
    assert.match(stderr, /a task of AWS Batch cannot get AWS_BATCH_TOKEN \(main\.nf:2/);
    assert.match(stderr, /a task that asks for AWS_PROFILE \(main\.nf:3.* reaches AWS by it/);
  });
});
