import { dirname } from 'node:path';
import { HumanError } from '../human-error.ts';
import { childEnvironment } from '../launch/child-environment.ts';
import { runsOnBatch } from '../launch/batch-run.ts';
import { newEntry } from '../launch/lease.ts';
import type { NextflowCommand } from '../launch/nextflow-command.ts';
import { previewRun } from '../launch/preview.ts';
import { type PipelineCode, readPipeline } from '../references/pipeline.ts';
import { newRunId, recordLease } from '../runs/ledger.ts';
import { releaseLease } from '../runs/release.ts';
import { sayLeftovers } from '../runs/sweep.ts';
import { SecretValue } from '../secret-value.ts';
import { placeForRun, provisionStore, storePath } from '../targets/local.ts';
import type { World } from '../world.ts';
import type { CheckRequest } from './check.ts';

/** What a pipeline says about AWS Batch. */
export type Found = Pick<
  CheckRequest,
  'region' | 'profile' | 'queues' | 'executionRole' | 'jobRole' | 'fargate' | 'hints'
>;

/**
 * What the pipeline's effective config says, by Nextflow itself, as for a launch. The pipeline's code sees no secret:
 * each name that it uses has a value of no meaning. Where Nextflow cannot say it, the plain settings of the configs have
 * to do.
 *
 * @throws HumanError 69 if a remote pipeline cannot be had, 73 if there is no place for a private store.
 */
export async function findInPipeline(command: NextflowCommand, world: World): Promise<Found> {
  const code = await readPipeline(command, world);
  try {
    return await fromNextflow(command, code, world);
  } catch (error) {
    if (!(error instanceof HumanError)) throw error;
    world.say(`${error.message} What stands in the configs as plain text is checked.`);
    return fromSettings(code);
  }
}

async function fromNextflow(command: NextflowCommand, code: PipelineCode, world: World): Promise<Found> {
  const runId = newRunId();
  const store = await placeForRun(runId, undefined, world);
  const entry = newEntry(runId, 'aws check', store, false, world);
  await recordLease(entry, world);
  try {
    const names = new Set(code.references.map(({ name }) => name));
    const meaningless = [...names].map((name) => [name, new SecretValue('not-a-secret')] as const);
    await provisionStore(store, meaningless);
    const { env } = childEnvironment(world.env, runId, storePath(store.path));
    world.say('Asking Nextflow which queues and roles this pipeline has …');
    const { settings, processes, wave, fusion } = await previewRun(
      command,
      env,
      dirname(storePath(store.path)),
      world,
    );
    const { region, profile, executionRole, jobRole, fargate } = settings;
    const inBatch = processes.filter(runsOnBatch);
    const obstacle = fusion ? 'Fusion' : wave ? 'Wave' : undefined;
    return {
      ...{ region, profile, executionRole, jobRole, fargate },
      queues: [...new Set(inBatch.flatMap(({ queue }) => queue ?? []))].sort(),
      hints: [
        ...(obstacle === undefined
          ? []
          : [
              {
                severity: 'warning' as const,
                message: `${obstacle} is enabled, so no secrets can reach tasks: ${obstacle.toLowerCase()}.enabled = false`,
              },
            ]),
        ...(inBatch.length === 0 && obstacle === undefined
          ? [
              {
                severity: 'warning' as const,
                message: "No process of this run is one of AWS Batch (process.executor = 'awsbatch').",
              },
            ]
          : []),
      ],
    };
  } finally {
    sayLeftovers(await releaseLease(entry, world), world);
  }
}

/** What the configs say in plain text; a later one wins. */
function fromSettings({ settings }: PipelineCode): Found {
  const last = (path: string): string | null =>
    settings.findLast((setting) => setting.path.join('.') === path)?.value ?? null;
  const queues = settings
    .filter(({ path, value }) => path[0] === 'process' && path.at(-1) === 'queue' && /^[\w:/-]+$/.test(value))
    .map(({ value }) => value);
  return {
    ...{ region: last('aws.region'), profile: last('aws.profile') },
    ...{ executionRole: last('aws.batch.executionRole'), jobRole: last('aws.batch.jobRole') },
    queues: [...new Set(queues)].sort(),
    fargate: last('aws.batch.platformType')?.toLowerCase() === 'fargate',
    hints: [
      {
        severity: 'info',
        message: 'Nextflow did not say what the run is like: settings that are computed were not seen.',
      },
    ],
  };
}
