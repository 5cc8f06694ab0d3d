import { giveNotices } from '../../system/notice.ts';
import type { Preview } from '../../nextflow/preview.ts';
import { NoPreviewError, type PreviewContext, sayPrinted } from '../../nextflow/preview-run.ts';
import type { SecretValue } from '../../secrets/secret-value.ts';
import { ExitCode, HumanError } from '../../system/human-error.ts';
import type { World } from '../../system/world.ts';
import { refuseUnreachable } from '../executors.ts';
import { planDelivery } from '../plan-delivery.ts';
import type { ServiceRequest } from '../target.ts';
import { batchProcesses, runsOnBatch } from './batch-run.ts';
import { AWS_BATCH } from './items.ts';
import { knownPreview, type Reuse } from './known-preview.ts';
import { accessWarnings } from './task-variables.ts';
import { phrase } from '../../system/phrase.ts';

/**
 * Finds a run's processes as Nextflow reports them, and checks that all their tasks can get their secrets.
 *
 * @returns undefined if Nextflow cannot tell, and the use of AWS Batch is not certain.
 * @throws HumanError 65, 66, 69.
 */
export async function previewBatch(
  { command, code, secrets, certain }: Omit<ServiceRequest, 'allowMissing'>,
  context: PreviewContext,
  reuse: Reuse,
  world: World,
): Promise<Preview | undefined> {
  if (command.pipeline === '-') {
    throw new HumanError(
      ExitCode.unavailable,
      phrase`A script from stdin can be read only once, so Nextflow cannot be asked beforehand what it does
        in AWS Batch.`,
      [phrase`Put it into a file.`, { do: 'choose-target', target: 'local' }],
    );
  }
  let preview: Preview;
  try {
    preview = await knownPreview(command, context, reuse, world);
  } catch (error) {
    if (!(error instanceof HumanError)) throw error;
    if (certain) {
      if (error instanceof NoPreviewError) sayPrinted(error, world);
      throw error;
    }
    world.notice(phrase`${error.phrase} The run continues as one of this machine.`, {
      do: 'choose-target',
      target: 'aws-batch',
      lead: phrase`If it is not`,
    });
    planDelivery(secrets, code);
    return undefined;
  }
  const elsewhere = preview.processes.filter((process) => !runsOnBatch(process));
  for (const { name, executor, secrets: asked } of elsewhere) {
    if (Array.isArray(asked) && asked.length > 0) refuseUnreachable(executor, `process ${name}`, [AWS_BATCH]);
  }
  // Values that AWS could deliver may be too much for the tasks of this machine.
  const references = code.references.filter(({ kind }) => kind === 'property');
  const local = elsewhere.flatMap(({ secrets: asked }) => (Array.isArray(asked) ? (asked as string[]) : []));
  const uses = local.flatMap((name) => code.references.filter((use) => use.name === name).slice(0, 1));
  planDelivery(secrets, {
    references: [...references, ...uses.map((use) => ({ ...use, kind: 'directive' as const }))],
    dynamic: [],
  });
  return preview;
}

/**
 * Finds the names of the secrets that tasks in AWS Batch would get. Prints warnings about them.
 *
 * @param stored - the values that the pipeline's code can read while Nextflow is asked.
 * @returns undefined if no process of the run runs in AWS Batch.
 * @throws HumanError 65, 66, 69.
 */
export async function planInBatch(
  request: ServiceRequest,
  stored: ReadonlyMap<string, SecretValue>,
  context: PreviewContext,
  world: World,
): Promise<ReadonlySet<string> | undefined> {
  const preview = await previewBatch(request, context, 'no', world);
  if (preview?.processes.some(runsOnBatch) !== true && preview?.wave !== true && preview?.fusion !== true)
    return undefined;
  const processes = batchProcesses(preview, stored, request.allowMissing, request.withheld);
  giveNotices(accessWarnings(processes), world);
  return new Set(processes.flatMap(({ secrets }) => secrets));
}
