import { dirname, join, resolve } from 'node:path';
import { realpath } from '../system/file-calls.ts';
import { lstatIfThere, readFileIfThere, statIfThere } from '../system/durable-file.ts';
import { WORKSPACE_DIRECTORY } from '../system/paths.ts';
import { printable } from '../system/printable.ts';
import type { World } from '../system/world.ts';
import { type Phrase, phrase } from '../system/phrase.ts';
import type { Remedy } from '../system/remedy.ts';

/** A workspace that is not looked for, because the edge of a git repository is in between. */
export interface WorkspaceAbove {
  /** A sentence that names it. */
  readonly notice: Phrase;
  /** The action that uses it. */
  readonly remedy: Remedy;
}

/**
 * Names, for a person, a workspace that the search has not reached: above a submodule or another nested repository, or
 * in the checkout that a worktree belongs to. Nothing uses it unless the person chooses it.
 *
 * @returns undefined if there is none.
 */
export async function describeWorkspaceAbove(
  start: string,
  world: World,
): Promise<WorkspaceAbove | undefined> {
  const above = await workspaceAbove(start, world).catch(() => undefined);
  if (above === undefined) return undefined;
  const { directory, where } = above;
  return {
    notice: phrase`There is a workspace in ${printable(directory)}, ${where}, which is not looked into.`,
    remedy: { do: 'use-workspace', directory },
  };
}

interface Found {
  readonly directory: string;
  readonly where: Phrase;
}

async function workspaceAbove(start: string, world: World): Promise<Found | undefined> {
  const home = await realpath(world.homeDir ?? '/').catch(() => world.homeDir);
  let directory = await realpath(start).catch(() => start);
  const device = (await statIfThere(directory))?.dev;
  let root: string | undefined;
  for (;;) {
    if (root !== undefined && (await isWorkspace(directory)))
      return { directory, where: phrase`above this git repository (${printable(root)})` };
    if (root === undefined && (await lstatIfThere(join(directory, '.git'))) !== undefined) {
      root = directory;
      const main = await mainCheckout(root);
      if (main !== undefined && (await isWorkspace(main)))
        return { directory: main, where: phrase`the checkout that this worktree belongs to` };
    }
    const parent = dirname(directory);
    if (parent === directory || directory === home || (await statIfThere(parent))?.dev !== device)
      return undefined;
    directory = parent;
  }
}

const isWorkspace = async (directory: string): Promise<boolean> =>
  (await lstatIfThere(join(directory, WORKSPACE_DIRECTORY)))?.isDirectory() === true;

/** A linked worktree has a file `.git` that leads into the repository of its main checkout. */
async function mainCheckout(root: string): Promise<string | undefined> {
  const path = join(root, '.git');
  if ((await lstatIfThere(path))?.isFile() !== true) return undefined;
  const text = (await readFileIfThere(path, 4096))?.toString('utf8') ?? '';
  const main = /^gitdir: ([^\n]*)\/\.git\/worktrees\/[^/\n]+\s*$/.exec(text)?.[1];
  return main === undefined ? undefined : resolve(root, main);
}
