import assert from 'node:assert/strict';
import { unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { RegisterJobDefinitionCommand } from '@aws-sdk/client-batch';
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  ListSecretsCommand,
} from '@aws-sdk/client-secrets-manager';
import { useAwsLab } from '../fixtures/aws-lab.ts';
import type { AwsStandIn } from '../fixtures/aws-stand-in.ts';
import type { BatchNextflow } from '../fixtures/batch-nextflow.ts';
import { ledgerDirectory } from '../fixtures/places.ts';
import type { Sandbox } from '../fixtures/sandbox.ts';
import { fillVault } from '../fixtures/vault-values.ts';

const RUN = 'zyxwvutsrqpo';
const SECRET = `tower-nfs-${RUN}/TOKEN`;
const DEFINITION = 'tower-nfs-7ff95cc5-d0a7-4c15-8b9d-09734a568df7-0123456789ab';
const CALLER = 'arn:aws:iam::123456789012:user/somebody';
const DESCRIPTION = `nf-secrets: run ${RUN} of ${CALLER}; removed when the run ends`;
const MARKS = {
  'nf-secrets-run': RUN,
  'nf-secrets-caller': CALLER,
  'nf-secrets-made': '2020-01-02T03:04:05Z',
};
const ARN = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:';

interface SweptJson {
  readonly foreign?: readonly {
    readonly item: string;
    readonly runId: string;
    readonly created: string | null;
    readonly caller: string;
    readonly remedy: string;
  }[];
  readonly unseen?: readonly { readonly where: string; readonly reason: string }[];
}

describe('what others have left in AWS @aws', () => {
  let aws: AwsStandIn;
  let sandbox: Sandbox;
  let nextflow: BatchNextflow;
  useAwsLab(async (lab) => {
    ({ aws, sandbox, nextflow } = lab);
    nextflow.answers([{ name: 'MAIN:ALIGN', secrets: ['TOKEN'] }]);
    await fillVault('user', { TOKEN: 'fake-token-of-no-service' }, sandbox);
  });

  const sweep = async (...args: string[]): Promise<SweptJson> =>
    JSON.parse((await sandbox.ok(['sweep', '--json', ...args])).toString()) as SweptJson;
  const create = async (Name: string, Description?: string): Promise<unknown> =>
    aws.clients.secrets.send(
      new CreateSecretCommand({
        Name,
        Description,
        SecretString: 'fake-foreign',
        ClientRequestToken: undefined,
      }),
    );
  const register = async (jobDefinitionName: string, parameters?: Record<string, string>): Promise<unknown> =>
    aws.clients.batch.send(
      new RegisterJobDefinitionCommand({
        jobDefinitionName,
        type: 'container',
        parameters,
        containerProperties: { image: 'x', vcpus: 1, memory: 64 },
      }),
    );
  const launch = async (): Promise<void> => {
    const { exitCode, stderr } = await sandbox.nfSecrets(['launch', 'main.nf']);
    assert.equal(exitCode, 0, stderr);
  };

  it('is listed with age and command, and nothing else is, and nothing is touched', async () => {
    await create(SECRET, DESCRIPTION);
    await register(DEFINITION, MARKS);
    for (const name of ['tower-mine', `tower-nfs-${RUN}/NO_DESCRIPTION`]) await create(name);
    await create(`lab-nfs-${RUN}/OTHER_PREFIX`, DESCRIPTION);
    await create(`tower-nfs-${RUN}/OTHER_RUN`, DESCRIPTION.replace(RUN, 'abcdefghijkl'));
    await register('tower-other', MARKS);
    await register(DEFINITION.replace('ab', 'cd'));
    const content = await aws.content();
    await launch();

    const { foreign = [], unseen } = await sweep();
    assert.deepEqual(unseen, []);
    assert.deepEqual(
      foreign.map(({ item, runId, caller }) => [item, runId, caller]),
      [
        [`${ARN}${SECRET}`, RUN, CALLER],
        [`arn:aws:batch:eu-west-1:123456789012:job-definition/${DEFINITION}:1`, RUN, CALLER],
      ],
    );
    assert.equal(foreign[1]?.created, MARKS['nf-secrets-made']);
    assert.ok(Math.abs(Date.parse(foreign[0]?.created ?? '') - Date.now()) < 600_000);
    assert.deepEqual(
      foreign.map(({ remedy }) => remedy),
      [
        `aws secretsmanager delete-secret --region 'eu-west-1' --secret-id '${SECRET}' --force-delete-without-recovery`,
        `aws batch deregister-job-definition --region 'eu-west-1' --job-definition '${DEFINITION}:1'`,
      ],
    );
    const { stderr } = await sandbox.nfSecrets(['sweep', '--dry-run']);
    assert.ok(stderr.includes(`${ARN}${SECRET} (run ${RUN}, `), stderr);
    assert.match(stderr, new RegExp(`job-definition/${DEFINITION}:1 \\(run ${RUN}, \\d+ days old, made by `));
    assert.deepEqual(await aws.content(), content);
  });

  it('is looked for in all pages', async () => {
    const names = Array.from(
      { length: 130 },
      (_, number) => `tower-nfs-${RUN}/N${String(number).padStart(3, '0')}`,
    );
    for (const name of names) await create(name, DESCRIPTION);
    sandbox.env['AWS_REGION'] = 'eu-west-1';
    const { foreign = [] } = await sweep('--aws');
    assert.deepEqual(foreign.map(({ item }) => item.slice(ARN.length)).sort(), names);
    assert.equal(aws.requests.filter((name) => name === 'ListSecrets').length, 2);
  });

  it('has nothing that is of a run in the ledger, and has it when the ledger is lost', async () => {
    nextflow.hold();
    const end = sandbox.nfSecrets(['launch', 'main.nf']);
    await nextflow.untilStarted();
    assert.deepEqual((await sweep()).foreign, []);
    const runId = nextflow.starts[0]?.env.get('NF_SECRETS_RUN') ?? '';
    unlinkSync(join(ledgerDirectory(sandbox), `${runId}.json`));
    const { foreign = [] } = await sweep();
    assert.deepEqual(
      foreign.map((one) => one.runId),
      [runId, runId],
    );
    nextflow.letGo();
    await end;
  });

  it('has nothing that a late list still has', async () => {
    await create(SECRET, DESCRIPTION);
    const { SecretList } = await aws.clients.secrets.send(new ListSecretsCommand({}));
    await aws.clients.secrets.send(
      new DeleteSecretCommand({ SecretId: SECRET, ForceDeleteWithoutRecovery: true }),
    );
    // Dates are numbers in what AWS sends.
    const late = SecretList?.map(({ ARN: arn, Name, Description }) => ({ ARN: arn, Name, Description }));
    aws.fail({ operation: 'ListSecrets', answer: { SecretList: late } });
    await launch();
    assert.deepEqual((await sweep()).foreign, []);
  });

  it('is not looked for without a run there, and with --aws only where it is known which region', async () => {
    const swept = await sweep();
    assert.deepEqual([swept.foreign, swept.unseen], [undefined, undefined]);
    assert.deepEqual(aws.requests, []);
    const { foreign, unseen = [] } = await sweep('--aws');
    assert.deepEqual(foreign, []);
    assert.match(unseen[0]?.reason ?? '', /not known in which AWS region/);
    sandbox.env['AWS_REGION'] = 'eu-west-1';
    await register(DEFINITION, MARKS);
    assert.equal((await sweep('--aws', '--dry-run')).foreign?.length, 1);
  });

  it('is said not to be known where AWS does not let us look', async () => {
    await launch();
    await create(SECRET, DESCRIPTION);
    await register(DEFINITION, MARKS);
    aws.fail({ operation: 'ListSecrets', code: 'AccessDeniedException' });
    const one = await sweep();
    assert.equal(one.foreign?.length, 1);
    assert.match(one.unseen?.[0]?.reason ?? '', /do secretsmanager:ListSecrets/);
    aws.fail({ operation: 'DescribeJobDefinitions', code: 'AccessDeniedException' });
    const { exitCode, stderr } = await sandbox.nfSecrets(['sweep']);
    assert.equal(exitCode, 0, stderr);
    assert.equal(stderr.match(/Nobody knows what is left in account 123456789012, eu-west-1: /g)?.length, 2);
    aws.heal();
    // Who may list but not describe believes the list.
    aws.fail({ operation: 'DescribeSecret', code: 'AccessDeniedException' });
    assert.equal((await sweep()).foreign?.length, 2);
  });
});
