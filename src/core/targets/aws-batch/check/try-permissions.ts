import { randomUUID } from 'node:crypto';
import {
  CancelJobCommand,
  DescribeJobsCommand,
  DeregisterJobDefinitionCommand,
  DescribeJobDefinitionsCommand,
  ListJobsCommand,
  RegisterJobDefinitionCommand,
  TerminateJobCommand,
} from '@aws-sdk/client-batch';
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
} from '@aws-sdk/client-secrets-manager';
import type { AllowStatement } from '../policy/missing-statement.ts';
import { HumanError } from '../../../system/human-error.ts';
import { ownProcess } from '../../../system/process-identity.ts';
import type { LedgerEntry, Leftover } from '../../lease-entry.ts';
import type { RunId } from '../../../system/run-id.ts';
import { type AwsEntry, type AwsItem, awsItemLabel } from '../items.ts';
import type { AwsAccess } from '../access.ts';
import { awsError, awsErrorCode, type AwsStep, type Refusal, refusalOf } from '../aws-error.ts';
import { jobDefinition } from '../job-definition.ts';
import { awsSecretName, requestToken, secretDescription } from '../naming.ts';
import { timestamp, type World } from '../../../system/world.ts';
import type { Verdict } from './evaluate.ts';
import { THROW_AWAY } from './permissions.ts';

/** What came of trying one action. */
export interface Tried extends Verdict {
  /** What AWS says is missing; null if it denies explicitly. */
  readonly statement?: AllowStatement | null;
  /** What AWS says that it refuses. */
  readonly refusal?: Refusal;
}

/** The ledger, as far as trying needs it: nothing of what is tried stays, whatever happens. */
export interface TrialLedger {
  record(entry: LedgerEntry): Promise<void>;
  /** @returns what could not be removed. */
  release(entry: Pick<AwsEntry, 'runId' | 'items' | 'aws'>, access: AwsAccess): Promise<Leftover[]>;
}

/** What is tried, and with which roles and names. */
export interface Attempt {
  readonly runId: RunId;
  readonly prefix: string;
  /** ARNs. */
  readonly executionRole: string | null;
  readonly jobRole: string | null;
  readonly kmsKey: string | undefined;
  readonly queue: string | undefined;
  /** Whether things are tried as well that only sweeps need. */
  readonly withSweeps: boolean;
  readonly ledger: TrialLedger;
}

export interface Attempted {
  /** By action; by action and resource, with a blank between, for `iam:PassRole`. */
  readonly verdicts: ReadonlyMap<string, Tried>;
  /** Whether secrets of runs can be read too, which a launch does not need. */
  readonly canRead: boolean;
  readonly leftBehind: readonly Leftover[];
}

/**
 * Tries what a launch does, with a secret and a job definition that are thrown away. They are in the ledger before they
 * are made, and are made only if they may be removed again, so that nothing stays: if this process is killed, the next
 * sweep removes them.
 *
 * @throws HumanError 69, 77 if AWS cannot be asked at all.
 */
export async function tryPermissions(attempt: Attempt, access: AwsAccess, world: World): Promise<Attempted> {
  const { runId, prefix, executionRole, jobRole, kmsKey, queue, withSweeps, ledger } = attempt;
  const { secrets, batch, place, caller } = access;
  const tries = new Tries();
  const secret = { kind: 'aws-secret', name: awsSecretName(prefix, runId, THROW_AWAY) } as const;
  const name = `${prefix}nfs-check-${runId}`;
  const definition = { kind: 'aws-job-definition', name, revision: null, queues: [] } as const;
  const secretArn = awsItemLabel(secret, place);
  const definitionArn = awsItemLabel(definition, place);

  // None of these changes anything: what they are about does not exist.
  const absent = awsSecretName(prefix, runId, `${THROW_AWAY}_ABSENT`);
  const ofSecret = { SecretId: absent };
  const noJob = { jobId: randomUUID(), reason: 'nf-secrets aws check' };
  await Promise.all([
    tries.send('secretsmanager:DescribeSecret', secretArn, secrets.send(new DescribeSecretCommand(ofSecret))),
    tries.send(
      'secretsmanager:DeleteSecret',
      secretArn,
      secrets.send(new DeleteSecretCommand({ ...ofSecret, ForceDeleteWithoutRecovery: true })),
    ),
    tries.send(
      'batch:DeregisterJobDefinition',
      definitionArn,
      batch.send(new DeregisterJobDefinitionCommand({ jobDefinition: `${definition.name}:1` })),
    ),
    tries.send(
      'batch:DescribeJobDefinitions',
      '*',
      batch.send(new DescribeJobDefinitionsCommand({ jobDefinitionName: definition.name })),
    ),
    tries.send(
      'batch:ListJobs',
      '*',
      batch.send(new ListJobsCommand({ jobQueue: queue ?? definition.name, maxResults: 1 })),
    ),
    tries.send('batch:DescribeJobs', '*', batch.send(new DescribeJobsCommand({ jobs: [noJob.jobId] }))),
    ...(withSweeps
      ? [
          tries.send(
            'secretsmanager:ListSecrets',
            '*',
            secrets.send(new ListSecretsCommand({ MaxResults: 1 })),
          ),
          tries.send('batch:CancelJob', '*', batch.send(new CancelJobCommand(noJob))),
          tries.send('batch:TerminateJob', '*', batch.send(new TerminateJobCommand(noJob))),
        ]
      : []),
  ]);

  const removable = (action: string): boolean => tries.verdicts.get(action)?.result === 'allowed';
  const items: AwsItem[] = [
    ...(removable('secretsmanager:DeleteSecret') ? [secret] : []),
    ...(removable('batch:DeregisterJobDefinition') ? [definition] : []),
  ];
  const entry: AwsEntry = {
    ...{ format: 1, runId, pipeline: 'aws check', target: 'aws-batch', started: timestamp(world.now()) },
    ...{ launcher: ownProcess(world.platform), child: null, slurmJob: null, slurm: null, keep: false },
    aws: place,
    items,
  };
  let canRead = false;
  let left: readonly AwsItem[] = items;
  const trySecret = async (): Promise<void> => {
    if (!items.includes(secret)) {
      tries.notTried('secretsmanager:CreateSecret', 'a throw-away secret could not be deleted again');
      return;
    }
    const input = {
      ...{
        Name: secret.name,
        SecretString: 'nothing but a check',
        ClientRequestToken: requestToken(secret.name),
      },
      Description: secretDescription(runId, caller),
      ...(kmsKey !== undefined && { KmsKeyId: kmsKey }),
    };
    const made = await tries.send(
      'secretsmanager:CreateSecret',
      secretArn,
      secrets.send(new CreateSecretCommand(input)),
    );
    if (!made) return;
    if (kmsKey !== undefined) {
      for (const action of ['kms:GenerateDataKey', 'kms:Decrypt']) tries.works(action);
    }
    const own = { SecretId: secret.name };
    await tries.send(
      'secretsmanager:DescribeSecret',
      secretArn,
      secrets.send(new DescribeSecretCommand(own)),
    );
    canRead = await secrets.send(new GetSecretValueCommand(own)).then(
      () => true,
      () => false,
    );
    await tries.send(
      'secretsmanager:DeleteSecret',
      secretArn,
      secrets.send(new DeleteSecretCommand({ ...own, ForceDeleteWithoutRecovery: true })),
    );
  };
  const tryDefinition = async (): Promise<void> => {
    if (!items.includes(definition)) {
      tries.notTried(
        'batch:RegisterJobDefinition',
        'a throw-away job definition could not be deregistered again',
      );
      return;
    }
    const process = {
      ...{
        name: 'CHECK',
        image: 'nf-secrets-check',
        containerOptions: {},
        disk: null,
        arch: null,
        queues: [],
      },
      secrets: [THROW_AWAY],
    };
    const settings = {
      ...{ region: null, profile: null, logsGroup: null, cliPath: null, volumes: [], fargate: false },
      ...{ executionRole, jobRole },
    };
    const input = jobDefinition(name, process, new Map([[THROW_AWAY, secretArn]]), settings, place.region);
    let revision = 1;
    const made = await tries.send(
      'batch:RegisterJobDefinition',
      definitionArn,
      batch.send(new RegisterJobDefinitionCommand(input)).then((answer) => {
        revision = answer.revision ?? 1;
      }),
    );
    if (!made) return;
    for (const role of [executionRole, jobRole]) if (role !== null) tries.works(`iam:PassRole ${role}`);
    const command = new DeregisterJobDefinitionCommand({ jobDefinition: `${name}:${revision}` });
    const gone = await tries.send('batch:DeregisterJobDefinition', definitionArn, batch.send(command));
    if (gone) left = left.filter((item) => item !== definition);
  };
  let leftBehind: Leftover[];
  await ledger.record(entry);
  try {
    // Both to their end, so that nothing is made after what is there has been removed.
    const ends = await Promise.allSettled([trySecret(), tryDefinition()]);
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
  } finally {
    leftBehind = await ledger.release({ runId, items: left, aws: place }, access);
  }
  return { verdicts: tries.verdicts, canRead, leftBehind };
}

/** What AWS says of something that is not there, after it has let the request pass. */
const PASSED = /^(ResourceNotFoundException|ClientException|InvalidRequestException)$/;

class Tries {
  readonly verdicts = new Map<string, Tried>();

  works(key: string): void {
    this.verdicts.set(key, { result: 'allowed', reason: 'tried, and it works' });
  }

  notTried(action: string, reason: string): void {
    this.verdicts.set(action, { result: 'unknown', reason: `not tried: ${reason}` });
  }

  /**
   * @returns whether it was done.
   * @throws HumanError 69, 77 where nobody could do anything.
   */
  async send(action: string, resource: string, request: Promise<unknown>): Promise<boolean> {
    try {
      await request;
      this.works(action);
      return true;
    } catch (error) {
      this.#failed({ action, resource }, error);
      return false;
    }
  }

  #failed(step: AwsStep, error: unknown): void {
    const { action } = step;
    const refusal = refusalOf(error, step);
    if (refusal !== undefined) {
      const { policies, statement } = refusal;
      const how = statement === undefined ? 'denies it explicitly' : 'does not allow it';
      const reason = `tried: AWS refuses it${policies === '' ? '' : ` (${policies} ${how})`}`;
      const verdict: Tried = { result: 'denied', reason, statement: statement ?? null, refusal };
      if (refusal.action === action) {
        this.verdicts.set(action, verdict);
        return;
      }
      const key = refusal.action === 'iam:PassRole' ? `iam:PassRole ${refusal.resource}` : refusal.action;
      this.verdicts.set(key, verdict);
      this.verdicts.set(action, {
        result: 'unknown',
        reason: `tried: AWS refuses ${refusal.action} before`,
      });
      return;
    }
    if (PASSED.test(awsErrorCode(error) ?? '')) {
      this.works(action);
      return;
    }
    const human = awsError(error, step);
    if (!(human instanceof HumanError) || isFatal(human)) throw human;
    this.verdicts.set(action, { result: 'unknown', reason: `tried: ${human.message}` });
  }
}

/** Nothing that comes after it would fare better. */
const isFatal = ({ exitCode }: HumanError): boolean => exitCode === 69 || exitCode === 77;
