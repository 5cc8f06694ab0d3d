import { basename, dirname } from 'node:path';
import { HumanError } from '../../system/human-error.ts';
import { git } from '../../system/safe-git.ts';
import type { World } from '../../system/world.ts';
import { rosterPath } from '../members/roster-file.ts';
import { continues, parseRoster, type Roster } from '../members/roster.ts';
import type { SideName } from './three-way.ts';

/** Most remotes that are asked. */
const MAX_REMOTES = 8;

/**
 * Finds the side whose versions stay as they are in a merge of two rosters, with the other side's changes on top: that
 * which continues the roster of a remote's main branch. Others have accepted that one, and a check of it with a base
 * takes no other.
 *
 * @param path - path of the vault.
 * @returns ours if both sides continue it, none does, or git knows none.
 */
export async function sharedSide(
  ours: Roster,
  theirs: Roster,
  path: string,
  world: World,
): Promise<SideName> {
  const roster = rosterPath(path);
  const directory = dirname(roster);
  const heads = ['refs/remotes/*/HEAD', 'refs/remotes/*/main', 'refs/remotes/*/master'];
  const list = ['for-each-ref', `--count=${MAX_REMOTES}`, '--format=%(refname)', ...heads];
  const refs = (await git(directory, list, world))?.toString('utf8').split('\n').filter(Boolean) ?? [];
  for (const ref of refs) {
    const bytes = await git(directory, ['cat-file', 'blob', `${ref}:./${basename(roster)}`], world);
    const shared = bytes && rosterOf(bytes, roster);
    if (shared === undefined || continues(ours, shared)) continue;
    if (continues(theirs, shared)) return 'theirs';
  }
  return 'ours';
}

function rosterOf(bytes: Uint8Array, path: string): Roster | undefined {
  try {
    return parseRoster(bytes, path);
  } catch (error) {
    if (error instanceof HumanError) return undefined;
    throw error;
  }
}
