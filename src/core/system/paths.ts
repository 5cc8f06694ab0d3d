import { dirname, isAbsolute, join, resolve } from 'node:path';
import { lstatIfThere, statIfThere } from './durable-file.ts';
import { realpath } from './file-calls.ts';
import { ExitCode, HumanError } from './human-error.ts';
import { printable, shellWord } from './printable.ts';
import type { RunId } from './run-id.ts';
import type { World } from './world.ts';
import { phrase } from './phrase.ts';

/** The directory of a workspace that marks it as one. */
export const WORKSPACE_DIRECTORY = '.nf-secrets';

/**
 * Directory of the tool's own files: `NF_SECRETS_HOME`, else below `XDG_DATA_HOME`, else `~/.local/share`.
 *
 * @throws HumanError 64 if none of them is known, or `NF_SECRETS_HOME` is a relative path.
 */
export function toolHome(world: World): string {
  const own = world.env['NF_SECRETS_HOME'];
  if (own && isAbsolute(own)) return own;
  if (own) {
    throw new HumanError(
      ExitCode.usage,
      phrase`NF_SECRETS_HOME is ${printable(own)}, a relative path: it would be another directory, with another key, in each
        directory that you work in.`,
      phrase`Set it to an absolute path, for example ${shellWord(resolve(world.cwd, own))}`,
    );
  }
  // The XDG Base Directory Specification tells programs to ignore a relative path there.
  const data = world.env['XDG_DATA_HOME'];
  if (data?.startsWith('/') === true) return join(data, 'nf-secrets');
  if (world.homeDir !== undefined) return join(world.homeDir, '.local', 'share', 'nf-secrets');
  throw new HumanError(
    ExitCode.usage,
    phrase`It is not known where your home directory is: HOME is no absolute path, and the system has no
      account for user id ${world.uid}.`,
    phrase`Set HOME, or NF_SECRETS_HOME, to the absolute path of a directory of yours.`,
  );
}

export const identityPath = (world: World): string => join(toolHome(world), 'identity.txt');
/** The person's own key to sign with. */
export const signingKeyPath = (world: World): string => join(toolHome(world), 'signing-key');
/** Where the SSH keys are that the person has chosen to sign with. */
export const signingKeysPath = (world: World): string => join(toolHome(world), 'signing-keys.json');
export const userVaultPath = (world: World): string => join(toolHome(world), 'user.sops.json');
export const usagePath = (world: World): string => join(toolHome(world), 'usage.json');
export const acceptedPath = (world: World): string => join(toolHome(world), 'workspaces.json');
export const grantsPath = (world: World): string => join(toolHome(world), 'grants.json');
export const ledgerDirectory = (world: World): string => join(toolHome(world), 'runs');
/** The entry of a run in the ledger. */
export const ledgerPath = (runId: RunId, world: World): string =>
  join(ledgerDirectory(world), `${runId}${LEDGER_SUFFIX}`);
export const LEDGER_SUFFIX = '.json';
/** Directory of the logs of runs in the background, and of the results of these runs. */
export const logDirectory = (world: World): string => join(toolHome(world), 'logs');
export const workspaceVaultPath = (workspace: string): string =>
  join(workspace, WORKSPACE_DIRECTORY, 'workspace.sops.json');

/** The file that names the store of a workspace whose secrets are in no vault. */
export const workspaceFilePath = (workspace: string): string =>
  join(workspace, WORKSPACE_DIRECTORY, 'workspace.json');

/** Nextflow's home: `NXF_HOME`, else `~/.nextflow`; for its launcher, a shell script, no home is the root. */
export function nextflowHome(world: World): string {
  const own = world.env['NXF_HOME'];
  return own ? resolve(world.cwd, own) : join(world.homeDir ?? '/', '.nextflow');
}

/** The person's own Nextflow store. Nextflow takes a relative `NXF_SECRETS_FILE` from its home. */
export function nextflowStorePath(world: World): string {
  const file = world.env['NXF_SECRETS_FILE'];
  return file ? resolve(nextflowHome(world), file) : join(nextflowHome(world), 'secrets', 'store.json');
}

/**
 * Directory that the private stores of runs are made in, one directory each; undefined if a person has named none.
 *
 * @param option - `--run-root`; `NF_SECRETS_RUN_ROOT` comes next.
 */
export function namedRunRoot(option: string | undefined, world: World): string | undefined {
  const own = option ?? world.env['NF_SECRETS_RUN_ROOT'];
  return own ? resolve(world.cwd, own) : undefined;
}

/** Run root if nobody has named one. The nodes of most clusters share it. */
export const usualRunRoot = (world: World): string => join(nextflowHome(world), 'secrets', 'runs');
/** Run root if the usual one cannot be used. */
export const spareRunRoot = (world: World): string => join(toolHome(world), 'run-root');

export interface Workspace {
  /** Absolute path. */
  readonly directory: string;
  /** False if the first workspace secret would make `.nf-secrets` in it. */
  readonly exists: boolean;
}

/**
 * Finds the workspace: the one that was named, else the first one upwards from a local pipeline's directory, then from
 * the current directory; else the directory that it would be made in.
 *
 * @param named - `--workspace`; `NF_SECRETS_WORKSPACE` comes next.
 * @param pipelineDirectory - directory of a local pipeline, if there is one.
 * @throws HumanError 64 if the named one is no directory, 77 if `.nf-secrets` or its vault leads out of the workspace.
 */
export async function findWorkspace(
  world: World,
  named: string | undefined,
  pipelineDirectory?: string,
): Promise<Workspace> {
  const explicit = named ?? world.env['NF_SECRETS_WORKSPACE'];
  if (explicit) return namedWorkspace(resolve(world.cwd, explicit), named === undefined);
  const above = pipelineDirectory === undefined ? undefined : await climb(pipelineDirectory, world);
  const { found, gitRoot } = above?.found === undefined ? await climb(world.cwd, world) : above;
  return { directory: found ?? gitRoot ?? world.cwd, exists: found !== undefined };
}

async function namedWorkspace(directory: string, byEnvironment: boolean): Promise<Workspace> {
  if ((await statIfThere(directory))?.isDirectory() !== true) {
    const by = byEnvironment ? 'NF_SECRETS_WORKSPACE' : '--workspace';
    throw new HumanError(ExitCode.usage, phrase`${by}: ${printable(directory)} is not a directory.`);
  }
  return { directory, exists: await hasWorkspaceDirectory(directory) };
}

/** Walks up to the git root, else to the home directory, else to the edge of the file system. */
async function climb(start: string, world: World): Promise<{ found?: string; gitRoot?: string }> {
  const home = await realpath(world.homeDir ?? '/').catch(() => world.homeDir);
  let directory = await realpath(start).catch(() => start);
  const device = (await statIfThere(directory))?.dev;
  let found: string | undefined;
  for (;;) {
    if (found === undefined && (await hasWorkspaceDirectory(directory))) found = directory;
    if ((await lstatIfThere(join(directory, '.git'))) !== undefined) {
      return found === undefined ? { gitRoot: directory } : { found, gitRoot: directory };
    }
    const parent = dirname(directory);
    const edge = parent === directory || (await statIfThere(parent))?.dev !== device;
    if (edge || directory === home) return found === undefined ? {} : { found };
    directory = parent;
  }
}

/** A `.nf-secrets` that leads out of the workspace could make us read or write a stranger's choice of file. */
async function hasWorkspaceDirectory(directory: string): Promise<boolean> {
  const path = join(directory, WORKSPACE_DIRECTORY);
  const status = await lstatIfThere(path);
  if (status === undefined) return false;
  if (status.isSymbolicLink()) await refuseLinkOut(path, directory);
  const vault = workspaceVaultPath(directory);
  if ((await lstatIfThere(vault))?.isSymbolicLink() === true) await refuseLinkOut(vault, directory);
  return (await statIfThere(path))?.isDirectory() === true;
}

async function refuseLinkOut(link: string, workspace: string): Promise<void> {
  const target = await realpath(link).catch(() => undefined);
  const root = await realpath(workspace);
  if (target?.startsWith(`${root}/`) === true) return;
  throw new HumanError(
    ExitCode.notPermitted,
    phrase`${printable(link)} is a symbolic link that leads out of the workspace, so it is not used.`,
    phrase`Replace the link by a directory or file of the workspace.`,
  );
}
