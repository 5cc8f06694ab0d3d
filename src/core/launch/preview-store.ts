import { dirname } from 'node:path';
import { newRunId, recordLease, type RunId } from '../runs/ledger.ts';
import { releaseLease } from '../runs/release.ts';
import { sayLeftovers } from '../runs/sweep.ts';
import { SecretValue } from '../secrets/secret-value.ts';
import { placeForRun, provisionStore, storePath } from '../targets/local/private-store.ts';
import type { World } from '../system/world.ts';
import { childEnvironment } from '../nextflow/child-environment.ts';
import { newEntry } from './lease.ts';
import type { PreviewPlace } from '../nextflow/preview.ts';

/**
 * What a secret has in a preview that is only looked at: the pipeline's code, which runs then, reads no value. It is as
 * good as a value for a test whether there is one.
 */
export const placeholder = (name: string): SecretValue => new SecretValue(`placeholder-of-${name}`);

/** What a preview's private store is made for. */
export interface PreviewRequest {
  /** What `runs` calls it meanwhile. */
  readonly label: string;
  readonly runId?: RunId;
  /** `--run-root`. */
  readonly runRoot?: string | undefined;
  /** What the pipeline's code can read. */
  readonly stored: readonly (readonly [name: string, value: SecretValue])[];
}

/**
 * Looks at a run with a private store that is removed again: recorded first, so that whatever happens nothing of it
 * stays.
 *
 * @throws HumanError 73, 74 if the store cannot be made, and what the look throws.
 */
export async function withPreviewStore<T>(
  { label, runId = newRunId(), runRoot, stored }: PreviewRequest,
  look: (place: PreviewPlace) => Promise<T>,
  world: World,
): Promise<T> {
  const store = await placeForRun(runId, runRoot, world);
  const storeFile = storePath(store.path);
  const entry = newEntry(runId, label, store, false, world);
  await recordLease(entry, world);
  try {
    await provisionStore(store, stored);
    const { env } = childEnvironment(world.env, runId, storeFile);
    return await look({ env, directory: dirname(storeFile), values: stored.map(([, value]) => value) });
  } finally {
    sayLeftovers(await releaseLease(entry, world), world);
  }
}
