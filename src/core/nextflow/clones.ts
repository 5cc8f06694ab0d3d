import { join } from 'node:path';
import { lstatIfThere } from '../system/durable-file.ts';
import type { World } from '../system/world.ts';
import { isSince, type NextflowVersion } from './version.ts';

// How Nextflow keeps remote pipelines below its assets. Read in its source: `nextflow.scm.AssetManager` and the two
// strategies beside it (https://github.com/nextflow-io/nextflow/pull/6620).

/**
 * - `single`: one clone with a work tree, `OWNER/REPO`, which is switched to the revision that runs.
 * - `by-revision`: a bare clone and a work tree a commit, `.repos/OWNER/REPO/{bare,clones/<commit>}`.
 */
export type CloneLayout = 'single' | 'by-revision';

/** The first version that makes clones by revision. */
const BY_REVISION_SINCE = [25, 12] as const;

/** Where the clones of one pipeline are, or would be. */
export interface ClonePaths {
  readonly single: string;
  readonly bare: string;
  /** Has a directory for each commit, called by its id. */
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

/** Beside the owners of clones of the other layout. */
export const BY_REVISION_DIRECTORY = '.repos';

/** Which clones of a pipeline are there. */
export async function clonesThere({ single, bare }: ClonePaths): Promise<ReadonlySet<CloneLayout>> {
  const found = new Set<CloneLayout>();
  if ((await lstatIfThere(join(single, '.git'))) !== undefined) found.add('single');
  if ((await lstatIfThere(bare)) !== undefined) found.add('by-revision');
  return found;
}

/**
 * The layout that a run uses. Every version goes on with a single clone that is alone; newer ones pass it over as soon as
 * there is a bare one.
 *
 * @param version - asked for only where it decides; undefined if it is not known.
 * @returns undefined if that depends on a version that is not known, and clones of both are there.
 */
export async function usedLayout(
  there: ReadonlySet<CloneLayout>,
  version: () => Promise<NextflowVersion | undefined>,
  { env }: World,
): Promise<CloneLayout | undefined> {
  // Any text there counts as true, `false` too.
  if (env['NXF_SCM_LEGACY'] || !there.has('by-revision')) return 'single';
  const known = await version();
  if (known !== undefined) return isSince(known, BY_REVISION_SINCE) ? 'by-revision' : 'single';
  return there.has('single') ? undefined : 'by-revision';
}
