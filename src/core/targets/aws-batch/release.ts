import { setTimeout as sleep } from 'node:timers/promises';
import { DeregisterJobDefinitionCommand } from '@aws-sdk/client-batch';
import {
  DeleteSecretCommand,
  DescribeSecretCommand,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { reasonOf } from '../../system/human-error.ts';
import { ledgerPath } from '../../system/paths.ts';
import { shellWord } from '../../system/printable.ts';
import {
  type AwsItem,
  type AwsJobDefinition,
  awsItemLabel,
  itemsInAws,
  type AwsAccount,
  type AwsSecret,
  jobDefinitions,
} from './items.ts';
import { leftover, type Leftover } from '../lease-entry.ts';
import type { Releasable } from '../target.ts';
import type { RunId } from '../../system/run-id.ts';
import type { World } from '../../system/world.ts';
import { type AwsAccess, openAws } from './access.ts';
import { awsError, isDenied, isMissing, isScheduledForDeletion, isThrottled } from '../../aws/aws-error.ts';
import { BATCH_CONCURRENCY, inParallel } from '../../aws/in-parallel.ts';
import { ownRevisions } from './revisions.ts';
import { type Phrase, phrase } from '../../system/phrase.ts';
import type { LedAction } from '../../system/remedy.ts';

/** Pause before each look whether a secret is really gone. In milliseconds. */
const LOOKS = [0, 250, 500, 1000, 2000, 4000];

/**
 * Removes the items of a lease in AWS. Touches only items that the ledger names. Safe to repeat.
 *
 * @param opened - AWS, if it is open already.
 * @returns the items that could not be removed, with the command that removes them.
 */
export async function releaseAws(
  { runId, items }: Releasable,
  aws: AwsAccount,
  world: World,
  opened?: AwsAccess,
): Promise<Leftover[]> {
  const secrets = itemsInAws(items).filter((item) => item.kind === 'aws-secret');
  const definitions = jobDefinitions(items);
  if (secrets.length + definitions.length === 0) return [];
  const all = [...definitions, ...secrets];
  let access: AwsAccess;
  try {
    access = opened ?? (await openAws(aws, world));
  } catch (error) {
    const { reason } = reasonOf(error);
    return all.map((item) => awsLeftover(item, aws, reason));
  }
  try {
    const { account } = access.aws;
    if (account !== aws.account) {
      const reason = phrase`it is in account ${aws.account}, and these credentials are of account ${account}`;
      return all.map((item) => awsLeftover(item, aws, reason));
    }
    let unseen = 0;
    const leftovers = await Promise.all([
      // Definitions take longer; no secret waits for them.
      inParallel(secrets, async (item) => {
        const end = await deleteSecret(access.secrets, item, aws);
        if (end === 'unseen') unseen += 1;
        return end === 'unseen' ? [] : end;
      }),
      deregisterAll(definitions, access, runId, aws),
    ]);
    if (unseen > 0) {
      const what = unseen === 1 ? '1 secret' : `${unseen} secrets`;
      world.notice(
        phrase`AWS has accepted the deletion of ${what}. AWS denies secretsmanager:DescribeSecret, so nobody can
          tell whether all is gone.`,
      );
    }
    return leftovers.flat(2);
  } finally {
    if (opened === undefined) access.close();
  }
}

/** @returns the rest of it; `unseen` if AWS answers that it deletes it, and does not let us look. */
async function deleteSecret(
  client: SecretsManagerClient,
  item: AwsSecret,
  aws: AwsAccount,
): Promise<Leftover[] | 'unseen'> {
  const resource = awsItemLabel(item, aws);
  let action = 'secretsmanager:DeleteSecret';
  try {
    // Without a recovery window: with one the value and its name would stay for a week.
    await client.send(new DeleteSecretCommand({ SecretId: item.name, ForceDeleteWithoutRecovery: true }));
    action = 'secretsmanager:DescribeSecret';
    // AWS deletes some time after its answer.
    for (const pause of LOOKS) {
      await sleep(pause);
      await client.send(new DescribeSecretCommand({ SecretId: item.name }));
    }
    return [awsLeftover(item, aws, phrase`AWS answered that it is deleted, but it is still there`)];
  } catch (error) {
    if (isMissing(error)) return [];
    if (isDenied(error) && action === 'secretsmanager:DescribeSecret') return 'unseen';
    const left = awsLeftover(item, aws, reasonOf(awsError(error, { action, resource })).reason);
    return [isScheduledForDeletion(error) ? waitingForItsEnd(left, item, aws) : left];
  }
}

/** Adds the remedy: during a recovery window a deleted secret can be restored, but cannot be deleted at once. */
function waitingForItsEnd(left: Leftover, secret: AwsSecret, aws: AwsAccount): Leftover {
  const restore = `aws secretsmanager restore-secret ${cliOptions(aws)} --secret-id ${shellWord(secret.name)}`;
  return {
    ...left,
    reason: phrase`somebody has scheduled its deletion; it goes by itself when its recovery window ends`,
    remedy: { do: 'run', command: `${restore} && ${removalCommand(secret, aws)}` },
  };
}

/**
 * Deregisters definitions at the pace that AWS Batch takes. If it has refused one for good because there were too many
 * requests, it would refuse the others too, each after as long a time: these are left at once.
 */
async function deregisterAll(
  definitions: readonly AwsJobDefinition[],
  { batch }: AwsAccess,
  runId: RunId,
  aws: AwsAccount,
): Promise<Leftover[]> {
  let throttled: Phrase | undefined;
  const leftovers = await inParallel(
    definitions,
    async (item): Promise<Leftover[]> => {
      if (throttled !== undefined) return [awsLeftover(item, aws, throttled)];
      let action = 'batch:DescribeJobDefinitions';
      try {
        const { name, revision } = item;
        const revisions = revision === null ? await ownRevisions(batch, name, runId) : [revision];
        action = 'batch:DeregisterJobDefinition';
        for (const one of revisions) {
          await batch.send(new DeregisterJobDefinitionCommand({ jobDefinition: `${name}:${one}` }));
        }
        return [];
      } catch (error) {
        if (isMissing(error)) return [];
        const { reason } = reasonOf(awsError(error, { action, resource: awsItemLabel(item, aws) }));
        if (isThrottled(error)) throttled ??= phrase`AWS throttles ${action}, even after several tries`;
        return [awsLeftover(item, aws, reason)];
      }
    },
    { concurrency: BATCH_CONCURRENCY },
  );
  return leftovers.flat();
}

/** Options of the AWS CLI; with a word for the region if the account and region are not known. */
export const cliOptions = (aws: AwsAccount | undefined): string =>
  aws === undefined ? '--region REGION' : knownOptions(aws);

const knownOptions = ({ region, profile }: AwsAccount): string =>
  `--region ${shellWord(region)}${profile === null ? '' : ` --profile ${shellWord(profile)}`}`;

/** An item that is left in AWS, and the way to remove it. */
const awsLeftover = (item: AwsItem, aws: AwsAccount | undefined, reason: Phrase): Leftover => ({
  ...{ item: awsItemLabel(item, aws), reason },
  remedy: awsRemoval(item, aws),
});

/** The command line of the AWS CLI that removes an item. */
export const awsRemoval = (item: AwsItem, aws: AwsAccount | undefined): LedAction => ({
  do: 'run',
  command: removalCommand(item, aws),
});

function removalCommand(item: AwsItem, aws: AwsAccount | undefined): string {
  const where = cliOptions(aws);
  if (item.kind === 'aws-secret')
    return `aws secretsmanager delete-secret ${where} --secret-id ${shellWord(item.name)} --force-delete-without-recovery`;
  const { name, revision } = item;
  return revision === null
    ? `aws batch describe-job-definitions ${where} --status ACTIVE --job-definition-name ${shellWord(name)}   # then deregister-job-definition`
    : `aws batch deregister-job-definition ${where} --job-definition ${shellWord(`${name}:${revision}`)}`;
}

/** Items of an entry that does not tell their account and region, so that nobody can look for them. */
export const leftoversOfUnknownAccount = (
  items: readonly AwsItem[],
  runId: RunId,
  world: World,
): Leftover[] => [
  ...items.map((item) =>
    awsLeftover(item, undefined, phrase`its entry in the ledger does not tell its AWS account and region`),
  ),
  // The last thing that tells of the others.
  leftover(ledgerPath(runId, world), phrase`nothing needs this entry when all else of the run is gone`),
];
