import { join } from 'node:path';
import { lstatIfThere } from '../system/durable-file.ts';
import type { World } from '../system/world.ts';
import { isSince, type NextflowVersion } from './version.ts';

// The clones of remote pipelines that Nextflow keeps below its assets. Read in its source: `nextflow.scm.AssetManager`
// and the two strategies beside it (https://github.com/nextflow-io/nextflow/pull/6620).

/**
 * A layout of the clones of a pipeline.
 *
 * - `single`: one clone with a work tree, `OWNER/REPO`, which is switched to the revision that runs.
 * - `by-revision`: a bare clone and a work tree for each commit, `.repos/OWNER/REPO/{bare,clones/<commit>}`.
 */
export type CloneLayout = 'single' | 'by-revision';

/** The first version that makes clones by revision. */
const BY_REVISION_SINCE = [25, 12] as const;

/** Paths of the clones of one pipeline; a clone need not exist. */
export interface ClonePaths {
  readonly single: string;
  readonly bare: string;
  /** Directory with a directory for each commit, named by its id. */
  readonly clones: string;
}

/** @param project - `OWNER/REPO`. */
export function clonePaths(assets: string, project: string): ClonePaths {
  const byRevision = join(assets, BY_REVISION_DIRECTORY, project);
  return {
    single: join(assets, project),
    bare: join(byRevision, 'bare'),
    clones: join(byRevision, 'clones'),
  };
}

/** Directory of the clones by revision, beside the owners of clones of the other layout. */
export const BY_REVISION_DIRECTORY = '.repos';

/** Finds the clones of a pipeline that exist. */
export async function clonesThere({ single, bare }: ClonePaths): Promise<ReadonlySet<CloneLayout>> {
  const found = new Set<CloneLayout>();
  if ((await lstatIfThere(join(single, '.git'))) !== undefined) found.add('single');
  if ((await lstatIfThere(bare)) !== undefined) found.add('by-revision');
  return found;
}

/**
 * Finds the layout that a run uses. Every version uses a single clone if there is no bare one; newer versions ignore it
 * as soon as there is a bare one.
 *
 * @param version - called only if the version decides; gives undefined if it is not known.
 * @returns undefined if the layout depends on a version that is not known, and clones of both layouts exist.
 */
export async function usedLayout(
  there: ReadonlySet<CloneLayout>,
  version: () => Promise<NextflowVersion | undefined>,
  { env }: World,
): Promise<CloneLayout | undefined> {
  // Any text in it counts as true, `false` too.
  if (env['NXF_SCM_LEGACY'] || !there.has('by-revision')) return 'single';
  const known = await version();
  if (known !== undefined) return isSince(known, BY_REVISION_SINCE) ? 'by-revision' : 'single';
  return there.has('single') ? undefined : 'by-revision';
}
