import { DeregisterJobDefinitionCommand, RegisterJobDefinitionCommand } from '@aws-sdk/client-batch';
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
} from '@aws-sdk/client-secrets-manager';
import type { BatchSettings } from '../../../nextflow/preview.ts';
import { phrase } from '../../../system/phrase.ts';
import { ownProcess } from '../../../system/process-identity.ts';
import { timestamp, type World } from '../../../system/world.ts';
import type { LedgerEntry, Leftover } from '../../lease-entry.ts';
import type { Releasable } from '../../target.ts';
import type { AwsAccess } from '../access.ts';
import { type AwsItem, awsItemLabel, type AwsJobDefinition, type AwsSecret } from '../items.ts';
import { type BatchProcess, jobDefinition } from '../job-definition.ts';
import { awsSecretName, requestToken, secretDescription } from '../naming.ts';
import { type PermissionScope, THROW_AWAY } from './permissions.ts';
import { PROBES } from './probes.ts';
import { TrialLog } from './trial-log.ts';
import type { Tried } from './verdict.ts';

/** The part of the ledger that trials need, so that nothing that they make stays, whatever happens. */
export interface TrialLedger {
  record(entry: LedgerEntry): Promise<void>;
  /** @returns the items that could not be removed. */
  release(entry: Releasable, access: AwsAccess): Promise<Leftover[]>;
}

/** Options of {@link tryPermissions}. */
export interface TrialRequest extends PermissionScope {
  readonly queue: string | undefined;
  /** True to try also permissions that only sweeps need. */
  readonly withSweeps: boolean;
  readonly ledger: TrialLedger;
}

export interface TrialResult {
  /** See {@link TrialLog.verdicts}. */
  readonly verdicts: ReadonlyMap<string, Tried>;
  /** True if secrets of runs can be read too. A launch does not need that. */
  readonly canRead: boolean;
  readonly leftBehind: readonly Leftover[];
}

/** A trial under way, and the things that it makes. */
interface Trial {
  readonly request: TrialRequest;
  readonly access: AwsAccess;
  readonly log: TrialLog;
  readonly secret: AwsSecret;
  readonly secretArn: string;
  readonly definition: AwsJobDefinition;
  readonly definitionArn: string;
}

/**
 * Tries the actions of a launch, with a secret and a job definition that are thrown away. They are in the ledger before
 * they are made, and are made only if they may be removed again, so that nothing stays: if this process is killed, the
 * next sweep removes them.
 *
 * @throws HumanError 69, 77 if AWS cannot be asked at all.
 */
export async function tryPermissions(
  request: TrialRequest,
  access: AwsAccess,
  world: World,
): Promise<TrialResult> {
  const trial = trialOf(request, access);
  const { log, secret, definition } = trial;
  await sendProbes(trial);
  const items: AwsItem[] = [
    ...(log.allows('secretsmanager:DeleteSecret') ? [secret] : []),
    ...(log.allows('batch:DeregisterJobDefinition') ? [definition] : []),
  ];
  const { runId, ledger } = request;
  const aws = access.aws;
  const entry: LedgerEntry = {
    ...{ format: 1, runId, pipeline: 'aws check', target: 'aws-batch', started: timestamp(world.now()) },
    ...{ launcher: ownProcess(world.platform), child: null, slurmJob: null, slurm: null, keep: false },
    ...{ aws, items },
  };
  await ledger.record(entry);
  // Waits for the end of both, so that nothing is made after the removal.
  const [ofSecret, ofDefinition] = await Promise.allSettled([
    items.includes(secret) ? trySecret(trial) : notTried(trial, 'secret'),
    items.includes(definition) ? tryDefinition(trial) : notTried(trial, 'definition'),
  ]);
  const isDeregistered = ofDefinition.status === 'fulfilled' && ofDefinition.value;
  const left = items.filter((item) => item !== definition || !isDeregistered);
  const leftBehind = await ledger.release({ runId, items: left, aws }, access);
  for (const end of [ofSecret, ofDefinition]) if (end.status === 'rejected') throw end.reason;
  const canRead = ofSecret.status === 'fulfilled' && ofSecret.value;
  return { verdicts: log.verdicts, canRead, leftBehind };
}

function trialOf(request: TrialRequest, access: AwsAccess): Trial {
  const { runId, prefix } = request;
  const secret: AwsSecret = { kind: 'aws-secret', name: awsSecretName(prefix, runId, THROW_AWAY) };
  const name = `${prefix}nfs-check-${runId}`;
  const definition: AwsJobDefinition = { kind: 'aws-job-definition', name, revision: null, queues: [] };
  return {
    ...{ request, access, log: new TrialLog(), secret, definition },
    secretArn: awsItemLabel(secret, access.aws),
    definitionArn: awsItemLabel(definition, access.aws),
  };
}

async function sendProbes({ request, access, log, ...trial }: Trial): Promise<void> {
  const { runId, prefix, queue, withSweeps } = request;
  const resources = { secret: trial.secretArn, definition: trial.definitionArn, everything: '*' };
  const definition = trial.definition.name;
  const names = {
    secret: awsSecretName(prefix, runId, `${THROW_AWAY}_ABSENT`),
    ...{ definition, queue: queue ?? definition },
  };
  await Promise.all(
    PROBES.filter(({ neededBy }) => withSweeps || neededBy !== 'sweep').map(
      async ({ action, subject, send }) =>
        log.send({ action, resource: resources[subject] }, send(access, names)),
    ),
  );
}

function notTried({ log }: Trial, what: 'secret' | 'definition'): false {
  if (what === 'secret')
    log.notTried('secretsmanager:CreateSecret', phrase`a throw-away secret could not be deleted again`);
  else
    log.notTried(
      'batch:RegisterJobDefinition',
      phrase`a throw-away job definition could not be deregistered again`,
    );
  return false;
}

/** @returns true if its value can be read. */
async function trySecret({ request, access, log, secret, secretArn: resource }: Trial): Promise<boolean> {
  const { secrets, caller } = access;
  const { kmsKey } = request;
  const command = new CreateSecretCommand({
    Name: secret.name,
    SecretString: 'nothing but a check',
    ClientRequestToken: requestToken(secret.name),
    Description: secretDescription(request.runId, caller),
    ...(kmsKey !== undefined && { KmsKeyId: kmsKey }),
  });
  const made = await log.send({ action: 'secretsmanager:CreateSecret', resource }, secrets.send(command));
  if (made === undefined) return false;
  if (kmsKey !== undefined) for (const action of ['kms:GenerateDataKey', 'kms:Decrypt']) log.works(action);
  const own = { SecretId: secret.name };
  const look = secrets.send(new DescribeSecretCommand(own));
  await log.send({ action: 'secretsmanager:DescribeSecret', resource }, look);
  const canRead = await secrets.send(new GetSecretValueCommand(own)).then(
    () => true,
    () => false,
  );
  const deletion = secrets.send(new DeleteSecretCommand({ ...own, ForceDeleteWithoutRecovery: true }));
  await log.send({ action: 'secretsmanager:DeleteSecret', resource }, deletion);
  return canRead;
}

/** @returns true if it was deregistered. */
async function tryDefinition(trial: Trial): Promise<boolean> {
  const { request, access, log, secretArn, definition, definitionArn: resource } = trial;
  const { batch, aws } = access;
  const { executionRole, jobRole } = request;
  const input = jobDefinition({
    name: definition.name,
    process: THROW_AWAY_PROCESS,
    arns: new Map([[THROW_AWAY, secretArn]]),
    settings: { ...THROW_AWAY_SETTINGS, executionRole, jobRole },
    region: aws.region,
  });
  const registration = batch.send(new RegisterJobDefinitionCommand(input));
  const made = await log.send({ action: 'batch:RegisterJobDefinition', resource }, registration);
  if (made === undefined) return false;
  for (const role of [executionRole, jobRole]) if (role !== null) log.works(`iam:PassRole ${role}`);
  const revision = `${definition.name}:${made.revision ?? 1}`;
  const removal = batch.send(new DeregisterJobDefinitionCommand({ jobDefinition: revision }));
  return (await log.send({ action: 'batch:DeregisterJobDefinition', resource }, removal)) !== undefined;
}

const THROW_AWAY_PROCESS: BatchProcess = {
  ...{ name: 'CHECK', image: 'nf-secrets-check', containerOptions: {}, disk: null, arch: null, queues: [] },
  secrets: [THROW_AWAY],
};
const THROW_AWAY_SETTINGS: Omit<BatchSettings, 'executionRole' | 'jobRole'> = {
  ...{ region: null, profile: null, logsGroup: null, cliPath: null, volumes: [], fargate: false },
};
