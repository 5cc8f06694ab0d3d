import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { withoutOurs } from '../launch/child-environment.ts';
import { nearPipeline, type NextflowCommand, optionValue } from '../launch/nextflow-command.ts';
import { ExitCode, HumanError } from '../human-error.ts';
import { nextflowHome } from '../places.ts';
import { printable, shellWord } from '../printable.ts';
import type { World } from '../world.ts';
import { commitTree } from './commit-tree.ts';
import { git } from './safe-git.ts';
import { diskTree, type SourceTree } from './source-tree.ts';

/** A remote pipeline as it will run. */
export interface RemoteRevision {
  /** Where Nextflow keeps its clone. */
  readonly directory: string;
  readonly tree: SourceTree;
}

/**
 * Whether Nextflow may be asked for a remote pipeline that is not here. `nextflow pull` evaluates the pipeline's config
 * and asks its host: a launch does both anyway, while a plan runs no code and sends nothing.
 */
export type Pulling = 'if-needed' | 'never';

/**
 * Finds the clone of a remote pipeline (`owner/repo`, a URL) and reads it at the revision that will run. If there is
 * none, if it lacks the revision, or if `-latest` asks for it, Nextflow is asked to pull it, where that is allowed.
 *
 * Nextflow (22 to 25.04) switches the clone to `-r` when it starts; without `-r`, or if the clone is at that
 * branch already, it runs what the clone's directory has.
 *
 * @throws HumanError 69 if it cannot be had.
 */
export async function remoteRevision(
  command: NextflowCommand,
  pulling: Pulling,
  world: World,
): Promise<RemoteRevision> {
  const { pipeline, args } = command;
  const revision = optionValue(args, '-r', '-revision');
  let directory = await cloneDirectory(pipeline, world);
  let isPulled = false;
  const pullOnce = async (): Promise<void> => {
    if (isPulled) return;
    isPulled = true;
    if (pulling === 'never') throw notHere(command, directory === undefined ? undefined : revision, world);
    await pull(command, world);
    directory = await cloneDirectory(pipeline, world);
  };
  if (directory === undefined || (pulling !== 'never' && args.includes('-latest'))) await pullOnce();
  if (directory === undefined) throw codeNotFound(pipeline, 'its clone is not where Nextflow keeps them');
  if (revision === undefined || revision === (await currentBranch(directory, world))) {
    return { directory, tree: diskTree };
  }
  let commit = await commitOf(directory, revision, world);
  if (commit === undefined) {
    await pullOnce();
    commit = await commitOf(directory, revision, world);
  }
  const tree = commit === undefined ? undefined : await commitTree(directory, commit, world);
  if (tree === undefined) throw codeNotFound(pipeline, `git has no revision ${printable(revision)} of it`);
  return { directory, tree };
}

/**
 * @param reason - ends the sentence, without a full stop.
 * @param near - a script or directory here that may be meant.
 */
export function codeNotFound(pipeline: string, reason: string, near?: string): HumanError {
  const check =
    'Check its name and revision with: nextflow pull PIPELINE. Or say what it gets: --only NAME, or --all.';
  return new HumanError(
    ExitCode.unavailable,
    `The code of ${shown(pipeline)} cannot be read, so it is not known which secrets it needs: ${reason}.`,
    near === undefined ? check : `Did you mean ${printable(near)}, which is here?\n${check}`,
  );
}

/** A pipeline's URL may have a password in it, which belongs into no message and no file of ours. */
export function withoutCredentials(pipeline: string): string {
  return pipeline.replace(/^([a-z+]+:\/\/)[^/]*@/i, '$1');
}

const shown = (pipeline: string): string => printable(withoutCredentials(pipeline));

/** Where Nextflow has, or would have, its clones. */
function assetsDirectory(world: World): string {
  const own = world.env['NXF_ASSETS'];
  return own ? resolve(world.cwd, own) : join(nextflowHome(world), 'assets');
}

/** The clone of a pipeline, if it is there: `OWNER/REPO` below the assets, `local/REPO` for `file:` URLs. */
async function cloneDirectory(pipeline: string, world: World): Promise<string | undefined> {
  const assets = assetsDirectory(world);
  const name = await projectName(pipeline, assets, world);
  if (name === undefined) return undefined;
  const directory = join(assets, name);
  return (await diskTree.kind(join(directory, '.git'))) === undefined ? undefined : directory;
}

async function projectName(pipeline: string, assets: string, world: World): Promise<string | undefined> {
  const url = /^(?:[a-z+]+:\/\/(?:[^/]*\/)|[^/@]+@[^/:]+:|file:)(.*)$/i.exec(pipeline)?.[1];
  const path = (url ?? pipeline).replace(/\/+$/, '').replace(/\.git$/, '');
  if (/^file:/i.test(pipeline)) return join('local', basename(path));
  const parts = path.split('/').filter((part) => part !== '');
  if (parts.some((part) => part === '..' || part === '.')) return undefined;
  if (parts.length >= 2) return url === undefined ? join(parts[0] ?? '', parts[1] ?? '') : join(...parts);
  const [short] = parts;
  if (short === undefined) return undefined;
  // A name alone is that of any clone, else one of Nextflow's own.
  const owners = await readdir(assets).catch(() => []);
  for (const owner of owners) {
    if ((await diskTree.kind(join(assets, owner, short, '.git'))) !== undefined) return join(owner, short);
  }
  return join(world.env['NXF_ORG'] || 'nextflow-io', short);
}

async function currentBranch(directory: string, world: World): Promise<string | undefined> {
  const name = await git(directory, ['symbolic-ref', '--quiet', '--short', 'HEAD'], world);
  return name?.toString('utf8').trim();
}

/** The commit of a branch, tag or id; a branch that only the remote has counts too. */
async function commitOf(directory: string, revision: string, world: World): Promise<string | undefined> {
  for (const name of [revision, `refs/remotes/origin/${revision}`]) {
    const args = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`];
    const commit = (await git(directory, args, world))?.toString('utf8').trim();
    if (commit !== undefined && /^[0-9a-f]{40,64}$/.test(commit)) return commit;
  }
  return undefined;
}

/** @param revision - the one that the clone lacks, if there is a clone. */
function notHere(command: NextflowCommand, revision: string | undefined, world: World): HumanError {
  const { pipeline } = command;
  const what =
    revision === undefined
      ? `There is no clone of ${shown(pipeline)} on this machine`
      : `The clone of ${shown(pipeline)} on this machine does not have the revision ${printable(revision)}`;
  const words = pullArguments(command).map((word) => {
    const clean = withoutCredentials(word);
    return /^[\w./:@-]+$/.test(clean) ? clean : shellWord(clean);
  });
  const near = nearPipeline(pipeline, world);
  return new HumanError(
    ExitCode.unavailable,
    `${what}, so it is not known which secrets it needs. A plan downloads nothing and runs no code.`,
    [
      ...(near === undefined ? [] : [`Did you mean ${printable(near)}, which is here?`]),
      `Get it first: nextflow ${words.join(' ')}`,
    ].join('\n'),
  );
}

/** What `nextflow` is given to pull the revision of a command. */
function pullArguments({ pipeline, args }: NextflowCommand): string[] {
  const revision = optionValue(args, '-r', '-revision');
  const options = ['-hub', '-user'].flatMap((option) => {
    const value = optionValue(args, option);
    return value === undefined ? [] : [option, value];
  });
  return ['pull', pipeline, ...(revision === undefined ? [] : ['-r', revision]), ...options];
}

/** `nextflow pull`, with the person's own Nextflow. */
async function pull(command: NextflowCommand, world: World): Promise<void> {
  const { executable, pipeline } = command;
  world.say(`Pulling ${shown(pipeline)} to see which secrets it uses …`);
  const output = await new Promise<string | undefined>((done) => {
    execFile(
      executable,
      pullArguments(command),
      { cwd: world.cwd, env: withoutOurs(world.env), maxBuffer: 16 << 20 },
      (error, stdout, stderr) => {
        done(error === null ? undefined : `${stdout}\n${stderr}`);
      },
    );
  });
  if (output === undefined) return;
  const reason = output.split('\n').findLast((line) => line.trim() !== '') ?? 'nextflow pull failed';
  const near = nearPipeline(pipeline, world);
  throw codeNotFound(pipeline, `nextflow pull says "${printable(reason.trim()).slice(0, 300)}"`, near);
}
