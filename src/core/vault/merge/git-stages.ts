import { join, relative } from 'node:path';
import { lstatIfThere } from '../../system/durable-file.ts';
import type { Checkout } from '../../system/git-index.ts';
import { ExitCode, HumanError } from '../../system/human-error.ts';
import { type Phrase, phrase } from '../../system/phrase.ts';
import { printable } from '../../system/printable.ts';
import { run } from '../../system/remedy.ts';
import { git } from '../../system/safe-git.ts';
import type { World } from '../../system/world.ts';
import type { Versions } from './three-way.ts';

/** One version of a file in git's index. */
interface Stage {
  readonly mode: string;
  readonly object: string;
}

/** The versions of a file that git could not merge; undefined where a side does not have it. */
export type Stages = Versions<Stage | undefined>;

export const NO_STAGES: Stages = { base: undefined, ours: undefined, theirs: undefined };
const SIDES: Readonly<Record<string, keyof Stages>> = { 1: 'base', 2: 'ours', 3: 'theirs' };

/** A file in git's index. */
export interface IndexedFile {
  /** A file that is merged is the same on all sides. */
  readonly stages: Stages;
  readonly isUnmerged: boolean;
}

/**
 * Lists those of some files that git's index has, by absolute path.
 *
 * @throws HumanError 69 if git does not answer.
 */
export async function indexedFiles(
  { root }: Checkout,
  paths: readonly string[],
  world: World,
): Promise<Map<string, IndexedFile>> {
  const names = paths.map((path) => relative(root, path));
  const output = await git(root, ['ls-files', '--stage', '-z', '--', ...names], world);
  if (output === undefined) throw noGit(root);
  const found = new Map<string, IndexedFile>();
  for (const line of output.toString('utf8').split('\0')) {
    const [, mode, object, number = '', name = ''] = /^(\d+) ([0-9a-f]+) ([0-3])\t(.*)$/s.exec(line) ?? [];
    if (mode === undefined || object === undefined) continue;
    const path = join(root, name);
    const stage = { mode, object };
    const side = SIDES[number];
    found.set(
      path,
      side === undefined
        ? { stages: { base: stage, ours: stage, theirs: stage }, isUnmerged: false }
        : { stages: { ...(found.get(path)?.stages ?? NO_STAGES), [side]: stage }, isUnmerged: true },
    );
  }
  return found;
}

/** Ids of the versions, to recognize them again. */
export const idOf = ({ base, ours, theirs }: Stages): string =>
  [base, ours, theirs].map((stage) => stage?.object ?? '-').join(' ');

/** @throws HumanError 69 if git does not have it here. */
export async function readBlob({ root }: Checkout, object: string, world: World): Promise<Buffer> {
  const bytes = await git(root, ['cat-file', 'blob', object], world);
  if (bytes !== undefined) return bytes;
  throw new HumanError(
    ExitCode.unavailable,
    phrase`git has no object ${object} in ${printable(root)}, so there is nothing to merge.`,
    phrase`In a partial clone, fetch it first: git cat-file -p ${object}`,
  );
}

/** Puts content into git's object store. @returns the object's id; undefined if git does not take it. */
export async function storeBlob(content: Buffer, root: string, world: World): Promise<string | undefined> {
  const args = ['hash-object', '-w', '--no-filters', '--stdin'];
  return (await git(root, args, world, { input: content }))?.toString('latin1').trim();
}

/** A merged file for the index. */
export interface Merged {
  readonly path: string;
  /** Undefined removes it. */
  readonly content: Buffer | undefined;
  /** The versions that it replaces. */
  readonly stages: Stages;
}

/**
 * Puts merged files into the index, all or none, in the place of their versions. No filter, hook or other program of the
 * repository is run.
 *
 * @throws HumanError 69 if git does not do it.
 */
export async function putIntoIndex(
  { root }: Checkout,
  files: readonly Merged[],
  world: World,
): Promise<void> {
  const lines: string[] = [];
  for (const { path, content, stages } of files) {
    const name = relative(root, path);
    const { mode = '100644', object: id = '' } = stages.ours ?? stages.theirs ?? {};
    if (content === undefined) {
      lines.push(`0 ${'0'.repeat(id.length)}\t${name}\0`);
      continue;
    }
    const object = await storeBlob(content, root, world);
    if (object === undefined) throw notPut(root);
    lines.push(`${mode} ${object}\t${name}\0`);
  }
  const args = [...(await withoutFilters(root, world)), 'update-index', '-z', '--index-info'];
  const done = await git(root, args, world, { input: lines.join('') });
  if (done === undefined) throw notPut(root);
}

/**
 * Makes options that turn off all filters of a repository. When git writes an index, it compares files whose time is that of
 * the index with what is in it, by the programs of their filters.
 *
 * @throws HumanError 69 if one has a name that cannot be turned off.
 */
async function withoutFilters(root: string, world: World): Promise<string[]> {
  const list = ['config', '--null', '--name-only', '--list'];
  const settings = await git(root, list, world);
  if (settings === undefined) throw notPut(root);
  const names = settings.toString('latin1').split('\0');
  const filters = new Set(names.flatMap((name) => /^filter\.(.*)\.[a-z]+$/is.exec(name)?.[1] ?? []));
  return [...filters].flatMap((filter) => {
    if (!/^[\w.-]+$/.test(filter)) throw oddFilter(root, filter);
    return ['clean=', 'process=', 'required=false'].flatMap((one) => ['-c', `filter.${filter}.${one}`]);
  });
}

const noGit = (root: string): HumanError =>
  new HumanError(
    ExitCode.unavailable,
    phrase`git does not tell what is to be merged in ${printable(root)}.`,
    phrase`Run git status there: is git installed, and is the repository yours?`,
  );

const notPut = (root: string): HumanError =>
  new HumanError(
    ExitCode.unavailable,
    phrase`git does not take the merged vault into the index of ${printable(root)}.`,
    [
      phrase`Run git status there: another git may be at work, or may have left index.lock.`,
      { do: 'resolve', lead: phrase`Then try again` },
    ],
  );

const oddFilter = (root: string, filter: string): HumanError =>
  new HumanError(
    ExitCode.unavailable,
    phrase`A filter in git's configuration for ${printable(root)} has a name that cannot be turned off (${printable(filter)}), and
      no program of a repository is run here.`,
    [
      run(
        phrase`Give it a name of letters, digits, dots and hyphens. To see all`,
        'git config --show-origin --list',
      ),
      { do: 'resolve', lead: phrase`Then try again` },
    ],
  );

/** What git is doing: it tells whose version is ours. */
export type Operation = 'merge' | 'rebase' | 'cherry-pick' | 'revert' | 'other';

const MARKS: readonly [name: string, operation: Operation][] = [
  ['rebase-merge', 'rebase'],
  // `git am`; a rebase has `rebasing` there.
  [join('rebase-apply', 'applying'), 'other'],
  ['rebase-apply', 'rebase'],
  ['MERGE_HEAD', 'merge'],
  ['CHERRY_PICK_HEAD', 'cherry-pick'],
  ['REVERT_HEAD', 'revert'],
];

/** Tells what git is doing. */
export async function operationOf({ gitDirectory }: Checkout): Promise<Operation> {
  for (const [name, operation] of MARKS)
    if ((await lstatIfThere(join(gitDirectory, name))) !== undefined) return operation;
  return 'other';
}

/** Explains git's words for the two sides. */
export function sidesOf(operation: Operation): Phrase {
  switch (operation) {
    case 'merge':
      return phrase`ours is the branch that is checked out, theirs the one that is merged into it`;
    case 'rebase':
      return phrase`ours is the branch that you rebase onto, theirs your commit that is put on top of it`;
    case 'cherry-pick':
      return phrase`ours is the branch that is checked out, theirs the commit that is picked`;
    case 'revert':
      return phrase`ours is the branch that is checked out, theirs the state before the commit that is reverted`;
    case 'other':
      return phrase`ours is what is checked out, theirs what is put on top of it: a stash or a patch`;
  }
}
