import { dirname } from 'node:path';
import { newRunId } from '../system/run-id.ts';
import { recordLease } from '../runs/ledger.ts';
import { releaseLease } from '../runs/release.ts';
import { sayLeftovers } from '../runs/sweep.ts';
import { placeForRun, provisionStore, storePath } from '../targets/local/private-store.ts';
import type { World } from '../system/world.ts';
import { childEnvironment } from '../nextflow/child-environment.ts';
import { newEntry } from '../runs/new-entry.ts';
import type { PreviewContext, PreviewRequest } from '../nextflow/preview-run.ts';

/**
 * Looks at a run with a private store that is removed again. The store is recorded first, so that nothing of it stays,
 * whatever happens.
 *
 * @throws HumanError 73, 74 if the store cannot be made, and the errors of the look.
 */
export async function withPreviewStore<T>(
  { label, runId = newRunId(), runRoot, stored }: PreviewRequest,
  look: (context: PreviewContext) => Promise<T>,
  world: World,
): Promise<T> {
  const store = await placeForRun(runId, runRoot, world);
  const storeFile = storePath(store.path);
  const entry = newEntry({ runId, label, store }, world);
  await recordLease(entry, world);
  try {
    await provisionStore(store, stored);
    const { env } = childEnvironment(world.env, runId, storeFile);
    return await look({ env, directory: dirname(storeFile), values: stored.map(([, value]) => value) });
  } finally {
    sayLeftovers(await releaseLease(entry, world), world);
  }
}
