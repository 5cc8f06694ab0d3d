import { basename, dirname } from 'node:path';
import { readNextflowStore } from '../nextflow/nextflow-store.ts';
import type { SecretValue } from '../secrets/secret-value.ts';
import { lstat } from '../system/file-calls.ts';
import type { World } from '../system/world.ts';

/** The lease of the run that we are inside of. */
export interface OuterLease {
  readonly runId: string;
  /** Absolute path of its store. */
  readonly store: string;
  /** Its secrets, as they are stored: values that tasks could not take otherwise are encoded already. */
  readonly held: ReadonlyMap<string, SecretValue>;
}

/** The lease of the run that we are inside of; undefined if we are in none. */
export async function outerLease(world: World): Promise<OuterLease | undefined> {
  const store = await outerStore(world);
  if (store === undefined) return undefined;
  return { runId: world.env['NF_SECRETS_RUN'] ?? '', store, held: await readNextflowStore(world) };
}

/**
 * The store of the run that we are inside of, if we are. A launch or exec inside of a run uses the lease of that run:
 * so a program that a pipeline's script starts gets the same secrets.
 */
export async function outerStore(world: World): Promise<string | undefined> {
  const runId = world.env['NF_SECRETS_RUN'];
  const store = world.env['NXF_SECRETS_FILE'];
  if (!runId || store?.startsWith('/') !== true || basename(dirname(store)) !== runId) return undefined;
  const status = await lstat(store).catch(() => undefined);
  return status?.isFile() === true && status.uid === world.uid ? store : undefined;
}
