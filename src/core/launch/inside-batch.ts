import { dirname } from 'node:path';
import { ExitCode, HumanError } from '../human-error.ts';
import type { ResolvedSecret } from '../resolve.ts';
import { newRunId } from '../runs/ledger.ts';
import type { World } from '../world.ts';
import type { LeaseOptions, Program } from './launch.ts';
import { planDelivery } from './plan.ts';
import { planBatch } from './provision-batch.ts';

// A launch inside another run uses that one's store, which has its secrets as tasks of this machine need them: what is
// sent to AWS could be an encoded text instead of the value.

/** @throws HumanError 69 */
export function refuseInside(): never {
  throw new HumanError(
    ExitCode.unavailable,
    'This is inside another run, whose store has its secrets as tasks of this machine need them: none can be sent to AWS.',
    'Launch it by itself: env -u NF_SECRETS_RUN nf-secrets launch …',
  );
}

/**
 * Asks Nextflow, where only that can tell whether a pipeline inside of another run needs secrets in AWS Batch. The
 * pipeline's code sees them then.
 *
 * @param store - path of the outer run's store.
 * @throws HumanError 69 if it does.
 */
export async function assertOutsideBatch(
  { batch, code, nextflow: command, label }: Program,
  held: readonly ResolvedSecret[],
  store: string,
  { allowMissing }: LeaseOptions,
  world: World,
): Promise<void> {
  if (batch !== 'maybe' || code === undefined || command === undefined) return;
  const request = { command, code, secrets: planDelivery(held), allowMissing, certain: false };
  const run = { runId: newRunId(), runRoot: dirname(dirname(store)), label };
  const inAws = await planBatch(request, run, world);
  if (inAws !== undefined && inAws.size > 0) refuseInside();
}
