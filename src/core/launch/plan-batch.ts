import type { SecretValue } from '../secrets/secret-value.ts';
import type { World } from '../system/world.ts';
import { batchProcesses, runsOnBatch } from '../targets/aws-batch/batch-run.ts';
import { previewBatch } from '../targets/aws-batch/preview-batch.ts';
import type { ServiceRequest } from '../targets/target.ts';
import { withPreviewStore } from './preview-store.ts';
import { accessWarnings } from '../targets/aws-batch/task-variables.ts';

/** What a plan of a run in AWS is made of. */
export interface BatchPlanRequest extends ServiceRequest {
  readonly label: string;
  readonly runRoot: string | undefined;
  /** What the pipeline's code can read while Nextflow is asked. */
  readonly stored: readonly (readonly [name: string, value: SecretValue])[];
}

/**
 * What a launch would send to AWS, without sending it: Nextflow is asked with a private store that is removed again.
 *
 * @returns the names of the secrets; undefined if no process of the run runs in AWS Batch.
 * @throws HumanError 65, 66, 69, 73.
 */
export async function planBatch(
  request: BatchPlanRequest,
  world: World,
): Promise<ReadonlySet<string> | undefined> {
  const preview = await withPreviewStore(request, (place) => previewBatch(request, place, world), world);
  if (preview?.processes.some(runsOnBatch) !== true && preview?.wave !== true && preview?.fusion !== true)
    return undefined;
  const values = new Map(request.stored);
  const processes = batchProcesses(preview, values, request.allowMissing);
  for (const line of accessWarnings(processes)) world.say(line);
  return new Set(processes.flatMap(({ secrets }) => secrets));
}
