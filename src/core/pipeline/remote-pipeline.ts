import { execFile } from 'node:child_process';
import { basename, join, resolve } from 'node:path';
import { readdir } from '../system/file-calls.ts';
import { withoutOurs } from '../nextflow/child-environment.ts';
import { nearPipeline, type NextflowCommand, optionValue } from '../nextflow/nextflow-command.ts';
import { ExitCode, HumanError } from '../system/human-error.ts';
import { nextflowHome } from '../system/paths.ts';
import { printable, shellWord } from '../system/printable.ts';
import type { World } from '../system/world.ts';
import {
  BY_REVISION_DIRECTORY,
  type ClonePaths,
  clonePaths,
  clonesThere,
  usedLayout,
} from '../nextflow/clones.ts';
import { askedVersion, namedVersion } from '../nextflow/version.ts';
import { commitTree } from './commit-tree.ts';
import { git } from '../system/safe-git.ts';
import { scanSource } from '../references/scan-source.ts';
import { withoutCredentials } from './pipeline-label.ts';
import { diskTree, type SourceTree } from './source-tree.ts';
import { run } from '../system/remedy.ts';
import { type Phrase, phrase } from '../system/phrase.ts';

/** A remote pipeline as it will run. */
export interface RemoteRevision {
  /** Directory of Nextflow's clone. */
  readonly directory: string;
  readonly tree: SourceTree;
}

/**
 * Permission to ask Nextflow for a remote pipeline that is not on this machine. `nextflow pull` evaluates the
 * pipeline's config and asks its host. A launch does both anyway; a plan runs no code and sends nothing.
 */
export type Pulling = 'if-needed' | 'never';

/**
 * Finds the clone of a remote pipeline (`owner/repo`, a URL) and reads it at the revision that will run. If there is no
 * clone, if it lacks the revision, or if `-latest` is given, asks Nextflow to pull it, if that is allowed.
 *
 * @throws HumanError 69 if it cannot be read, or if it is not known which clone will run.
 */
export async function remoteRevision(
  command: NextflowCommand,
  pulling: Pulling,
  world: World,
): Promise<RemoteRevision> {
  const pullsFirst = pulling !== 'never' && command.args.includes('-latest');
  if (!pullsFirst) {
    const found = await revisionHere(command, pulling, world);
    if (typeof found !== 'string') return found;
    if (pulling === 'never') throw notHere(command, found, world);
  }
  await pull(command, world);
  const found = await revisionHere(command, pulling, world);
  if (typeof found !== 'string') return found;
  const revision = revisionOf(command);
  throw codeNotFound(
    command.pipeline,
    found === 'clone'
      ? phrase`its clone is not where Nextflow keeps them`
      : revision === undefined
        ? phrase`git does not have its default revision`
        : phrase`git does not have its revision ${printable(revision)}`,
  );
}

/** Part of a remote pipeline that is not on this machine. */
type Lack = 'clone' | 'revision';

const revisionOf = ({ args }: NextflowCommand): string | undefined => optionValue(args, '-r', '-revision');

/** Finds the revision that will run, on this machine. @throws HumanError 69 if it is not known which clone is used. */
async function revisionHere(
  command: NextflowCommand,
  pulling: Pulling,
  world: World,
): Promise<RemoteRevision | Lack> {
  const { executable, pipeline } = command;
  const assets = assetsDirectory(world);
  const project = await projectName(pipeline, assets, world);
  if (project === undefined) return 'clone';
  const paths = clonePaths(assets, project);
  const there = await clonesThere(paths);
  const version = pulling === 'never' ? namedVersion : askedVersion;
  const layout = await usedLayout(there, () => version(executable, world), world);
  if (layout === undefined) throw unknownClone(pipeline, paths);
  if (!there.has(layout)) return 'clone';
  const revision = revisionOf(command);
  return layout === 'single'
    ? inSingleClone(paths.single, revision, world)
    : inClonesByRevision(paths, revision, world);
}

/**
 * Nextflow switches the clone to `-r` when it starts. Without `-r`, or if the clone is at that branch already, it runs
 * the files of the clone's directory.
 */
async function inSingleClone(
  directory: string,
  revision: string | undefined,
  world: World,
): Promise<RemoteRevision | Lack> {
  if (revision === undefined || revision === (await currentBranch(directory, world))) {
    return { directory, tree: diskTree };
  }
  const commit = await commitOf(directory, revision, world);
  const tree = commit === undefined ? undefined : await commitTree(directory, commit, world);
  return tree === undefined ? 'revision' : { directory, tree };
}

/** Nextflow runs the files of the commit's directory; without `-r`, of the manifest's branch, else the default one. */
async function inClonesByRevision(
  { bare, clones }: ClonePaths,
  revision: string | undefined,
  world: World,
): Promise<RemoteRevision | Lack> {
  const at = async (name: string | undefined): Promise<string | undefined> => {
    const commit = name === undefined ? undefined : await commitOf(bare, name, world);
    const directory = commit === undefined ? undefined : join(clones, commit);
    return directory !== undefined && (await diskTree.kind(directory)) === 'directory'
      ? directory
      : undefined;
  };
  let directory = await at(revision ?? (await currentBranch(bare, world)));
  const branch =
    revision === undefined && directory !== undefined ? await manifestBranch(directory) : undefined;
  if (branch !== undefined) directory = await at(branch);
  return directory === undefined ? 'revision' : { directory, tree: diskTree };
}

/** Reads `manifest.defaultBranch` of a pipeline. */
async function manifestBranch(directory: string): Promise<string | undefined> {
  const config = await diskTree.read(join(directory, 'nextflow.config'));
  if ('problem' in config) return undefined;
  const { settings } = scanSource(config.bytes.toString('utf8'), 'config');
  return settings.findLast(({ path }) => path.join('.') === 'manifest.defaultBranch')?.value;
}

function unknownClone(pipeline: string, { single, bare }: ClonePaths): HumanError {
  return new HumanError(
    ExitCode.unavailable,
    phrase`There are two clones of ${shown(pipeline)}, and the version of Nextflow decides which one runs:
      ${printable(single)} up to 25.10, ${printable(bare)} from 25.12 on. Its version is not known.`,
    phrase`Remove the clone that is not used, or set the version in the environment: NXF_VER.`,
  );
}

/**
 * @param reason - end of the sentence, without a full stop.
 * @param near - a script or directory on this machine that the person may mean.
 */
export function codeNotFound(pipeline: string, reason: Phrase, near?: string): HumanError {
  return new HumanError(
    ExitCode.unavailable,
    phrase`The code of ${shown(pipeline)} cannot be read, so it is not known which secrets it needs:
      ${reason}.`,
    [
      ...(near === undefined ? [] : [phrase`Did you mean ${printable(near)}, which is here?`]),
      run(phrase`Check its name and revision`, 'nextflow pull PIPELINE'),
      { do: 'send-only', lead: phrase`Or name the secrets that it gets` },
    ],
  );
}

const shown = (pipeline: string): string => printable(withoutCredentials(pipeline));

/** Finds the directory of Nextflow's clones; it need not exist. */
function assetsDirectory(world: World): string {
  const own = world.env['NXF_ASSETS'];
  return own ? resolve(world.cwd, own) : join(nextflowHome(world), 'assets');
}

/** Finds `OWNER/REPO` below the assets, `local/REPO` for `file:` URLs; undefined if the name can be no project. */
async function projectName(pipeline: string, assets: string, world: World): Promise<string | undefined> {
  const url = /^(?:[a-z+]+:\/\/(?:[^/]*\/)|[^/@]+@[^/:]+:|file:)(.*)$/i.exec(pipeline)?.[1];
  const path = (url ?? pipeline).replace(/\/+$/, '').replace(/\.git$/, '');
  if (/^file:/i.test(pipeline)) return join('local', basename(path));
  const parts = path.split('/').filter((part) => part !== '');
  if (parts.some((part) => part === '..' || part === '.')) return undefined;
  if (parts.length >= 2) return url === undefined ? join(parts[0] ?? '', parts[1] ?? '') : join(...parts);
  const [short] = parts;
  if (short === undefined) return undefined;
  // A name alone means any clone of that name, else a project of Nextflow's own.
  for (const folder of [assets, join(assets, BY_REVISION_DIRECTORY)]) {
    for (const owner of await readdir(folder).catch(() => [])) {
      if (owner === BY_REVISION_DIRECTORY) continue;
      const project = join(owner, short);
      if ((await clonesThere(clonePaths(assets, project))).size > 0) return project;
    }
  }
  return join(world.env['NXF_ORG'] || 'nextflow-io', short);
}

async function currentBranch(directory: string, world: World): Promise<string | undefined> {
  const name = await git(directory, ['symbolic-ref', '--quiet', '--short', 'HEAD'], world);
  return name?.toString('utf8').trim();
}

/** Finds the commit of a branch, tag or id; a branch that only the remote has counts too. */
async function commitOf(directory: string, revision: string, world: World): Promise<string | undefined> {
  for (const name of [revision, `refs/remotes/origin/${revision}`]) {
    const args = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`];
    const commit = (await git(directory, args, world))?.toString('utf8').trim();
    if (commit !== undefined && /^[0-9a-f]{40,64}$/.test(commit)) return commit;
  }
  return undefined;
}

function notHere(command: NextflowCommand, lack: Lack, world: World): HumanError {
  const { pipeline } = command;
  const revision = revisionOf(command);
  const what =
    lack === 'clone'
      ? phrase`There is no clone of ${shown(pipeline)} on this machine`
      : revision === undefined
        ? phrase`The clone of ${shown(pipeline)} on this machine does not have the default revision`
        : phrase`The clone of ${shown(pipeline)} on this machine does not have the revision ${printable(revision)}`;
  const words = pullArguments(command).map((word) => {
    const clean = withoutCredentials(word);
    return /^[\w./:@-]+$/.test(clean) ? clean : shellWord(clean);
  });
  const near = nearPipeline(pipeline, world);
  return new HumanError(
    ExitCode.unavailable,
    phrase`${what}, so it is not known which secrets it needs. A plan downloads nothing and runs no code.`,
    [
      ...(near === undefined ? [] : [phrase`Did you mean ${printable(near)}, which is here?`]),
      run(phrase`Get it first`, `nextflow ${words.join(' ')}`),
    ],
  );
}

/** Makes the arguments for `nextflow` to pull the revision of a command. */
function pullArguments(command: NextflowCommand): string[] {
  const { pipeline, args } = command;
  const revision = revisionOf(command);
  const options = ['-hub', '-user'].flatMap((option) => {
    const value = optionValue(args, option);
    return value === undefined ? [] : [option, value];
  });
  return ['pull', pipeline, ...(revision === undefined ? [] : ['-r', revision]), ...options];
}

/** Runs `nextflow pull`, with the person's own Nextflow. */
async function pull(command: NextflowCommand, world: World): Promise<void> {
  const { executable, pipeline } = command;
  world.notice(phrase`Pulling ${shown(pipeline)} to see which secrets it uses …`);
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
  const last = output.split('\n').findLast((line) => line.trim() !== '');
  const reason =
    last === undefined
      ? phrase`nextflow pull failed`
      : phrase`nextflow pull failed with "${printable(last.trim()).slice(0, 300)}"`;
  throw codeNotFound(pipeline, reason, nearPipeline(pipeline, world));
}
