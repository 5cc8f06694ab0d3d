import { AWS_BATCH } from '../items.ts';
import { ANY_QUEUE } from '../../../nextflow/preview.ts';
import {
  NoPreviewError,
  placeholder,
  previewRun,
  sayPrinted,
  type WithPreviewStore,
} from '../../../nextflow/preview-run.ts';
import { HumanError } from '../../../system/human-error.ts';
import { runsOnBatch } from '../batch-run.ts';
import type { NextflowCommand } from '../../../nextflow/nextflow-command.ts';
import { type PipelineCode, readPipeline } from '../../../pipeline/pipeline.ts';
import type { World } from '../../../system/world.ts';
import type { CheckRequest } from './check.ts';
import { type Hint, info, warning } from './hints.ts';
import { phrase } from '../../../system/phrase.ts';

/** The settings of a pipeline for AWS Batch. */
export type Found = Pick<
  CheckRequest,
  'region' | 'profile' | 'queues' | 'executionRole' | 'jobRole' | 'fargate' | 'hints'
>;

/** Options of {@link findInPipeline}. */
export interface FindOptions {
  /** Asks Nextflow, which runs the pipeline's code with placeholders for values. */
  readonly preview: boolean;
  readonly withPreviewStore: WithPreviewStore;
}

/**
 * Finds the settings of a pipeline: the plain ones of its configs; with `preview` the effective ones, by Nextflow. If
 * Nextflow cannot tell, takes the plain ones.
 *
 * @throws HumanError 69 if a remote pipeline cannot be fetched, 73 if there is no directory for a private store.
 */
export async function findInPipeline(
  command: NextflowCommand,
  { preview, withPreviewStore }: FindOptions,
  world: World,
): Promise<Found> {
  const code = await readPipeline(
    command,
    { pulling: preview ? 'if-needed' : 'never', services: AWS_BATCH.executors },
    world,
  );
  if (!preview)
    return fromSettings(
      code,
      info(phrase`The check does not see computed settings.`, { do: 'ask-nextflow' }),
    );
  try {
    return await fromNextflow(command, code, withPreviewStore, world);
  } catch (error) {
    if (!(error instanceof HumanError)) throw error;
    if (error instanceof NoPreviewError) sayPrinted(error, world);
    world.notice(phrase`${error.phrase} Settings that are plain text in the configs are checked.`);
    return fromSettings(
      code,
      info(phrase`Nextflow did not describe the run, so the check did not see computed settings.`),
    );
  }
}

async function fromNextflow(
  command: NextflowCommand,
  code: PipelineCode,
  withPreviewStore: WithPreviewStore,
  world: World,
): Promise<Found> {
  const names = new Set(code.references.map(({ name }) => name));
  const stored = [...names].map((name) => [name, placeholder(name)] as const);
  world.notice(phrase`Asking Nextflow which queues and roles this pipeline has …`);
  const { settings, processes, wave, fusion } = await withPreviewStore(
    { label: 'aws check', stored },
    (context) => previewRun(command, context, world),
    world,
  );
  const { region, profile, executionRole, jobRole, fargate } = settings;
  const inBatch = processes.filter(runsOnBatch);
  return {
    ...{ region, profile, executionRole, jobRole, fargate },
    queues: [...new Set(inBatch.flatMap(({ queues }) => ('failed' in queues ? [] : queues)))]
      .filter((name) => name !== ANY_QUEUE)
      .sort(),
    hints: obstacleHints({ fusion, wave, inBatch: inBatch.length }),
  };
}

function obstacleHints({
  fusion,
  wave,
  inBatch,
}: {
  fusion: boolean;
  wave: boolean;
  inBatch: number;
}): Hint[] {
  const name = fusion ? 'Fusion' : wave ? 'Wave' : undefined;
  if (name !== undefined) {
    const setting = `${name.toLowerCase()}.enabled = false`;
    return [
      warning(
        phrase`${name} is enabled, so no secrets can reach tasks.`,
        phrase`Set it in the config: ${setting}`,
      ),
    ];
  }
  if (inBatch > 0) return [];
  return [warning(phrase`No process of this run runs on AWS Batch (process.executor = 'awsbatch').`)];
}

/** Settings that are plain text in the configs; a later one wins. */
function fromSettings({ settings }: PipelineCode, hint: Hint): Found {
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
    hints: [hint],
  };
}
