import { dirname, resolve } from 'node:path';
import { readFileIfThere, renameDurably, statIfThere, writeBeside } from '../../system/durable-file.ts';
import { ExitCode, fileError, HumanError } from '../../system/human-error.ts';
import { makeDirectories } from '../../system/make-directories.ts';
import { phrase } from '../../system/phrase.ts';
import { printable } from '../../system/printable.ts';
import { git } from '../../system/safe-git.ts';
import type { World } from '../../system/world.ts';

/** A setting of git. */
export type GitSetting = readonly [key: string, value: string];

/** Everything that {@link install} writes into a clone. */
export interface Installation {
  /** Directory that git is asked in. */
  readonly directory: string;
  readonly configPath: string;
  /** Settings of git that are not there yet, or are other ones. */
  readonly settings: readonly GitSetting[];
  readonly attributesPath: string;
  /** Lines that are not there yet. */
  readonly attributes: readonly string[];
}

/** Attributes of the files of a vault, in any directory of a clone. */
const ATTRIBUTES = [
  '**/.nf-secrets/workspace.sops.json -text merge=nf-secrets diff=nf-secrets',
  '**/.nf-secrets/workspace.sops.json.sig -text merge=nf-secrets -diff',
  '**/.nf-secrets/members.json -text merge=nf-secrets',
];
const MAX_ATTRIBUTES = 1 << 20;

/**
 * Plans the set-up of the clone that a directory is in. Branches without `.nf-secrets/.gitattributes` need the lines in
 * the clone's own file.
 *
 * @throws HumanError 69 if that is no clone of git, or git refuses it.
 */
export async function planInstallation(
  directory: string,
  wanted: readonly GitSetting[],
  world: World,
): Promise<Installation> {
  const pathOf = async (name: string): Promise<string> => {
    const output = await git(directory, ['rev-parse', '--git-path', name], world);
    const path = output?.toString('utf8').replace(/\n$/, '');
    if (path !== undefined && path !== '') return resolve(directory, path);
    throw new HumanError(
      ExitCode.unavailable,
      phrase`${printable(directory)} is in no clone of git that you may use.`,
      phrase`Merging needs git. Run git status there to see what git says.`,
    );
  };
  const configPath = await pathOf('config');
  const attributesPath = await pathOf('info/attributes');
  const settings: GitSetting[] = [];
  for (const [key, value] of wanted)
    if ((await readSetting(directory, key, world)) !== value) settings.push([key, value]);
  const lines = (await readAttributes(attributesPath)).split(/\r?\n/);
  const attributes = ATTRIBUTES.filter((line) => !lines.includes(line));
  return { directory, configPath, settings, attributesPath, attributes };
}

export const isInstalled = ({ settings, attributes }: Installation): boolean =>
  settings.length === 0 && attributes.length === 0;

/** Tells whether a clone has a driver, if perhaps of a program at another path; undefined outside of git. */
export async function hasDriver(directory: string, world: World): Promise<boolean | undefined> {
  const isClone = (await git(directory, ['rev-parse', '--git-dir'], world)) !== undefined;
  return isClone ? (await readSetting(directory, DRIVER, world)) !== undefined : undefined;
}

/** The setting that names the program that merges. */
export const DRIVER = 'merge.nf-secrets.driver';

/** Reads a setting of git; undefined if there is none. */
export async function readSetting(directory: string, key: string, world: World): Promise<string | undefined> {
  const output = await git(directory, ['config', '--null', '--get', key], world);
  return output?.toString('utf8').replace(/\0$/, '');
}

async function readAttributes(path: string): Promise<string> {
  return (await readFileIfThere(path, MAX_ATTRIBUTES))?.toString('utf8') ?? '';
}

/**
 * Writes what was planned: into the configuration of the clone, and its own file of attributes.
 *
 * @throws HumanError 69 if git does not do it, 73, 74 if the attributes cannot be written.
 */
export async function install(plan: Installation, world: World): Promise<void> {
  for (const [key, value] of plan.settings) {
    const done = await git(plan.directory, ['config', '--local', '--replace-all', key, value], world);
    if (done !== undefined) continue;
    throw new HumanError(
      ExitCode.unavailable,
      phrase`git does not set ${key} in ${printable(plan.configPath)}.`,
      phrase`Check its permissions, and that no other git is at work there.`,
    );
  }
  if (plan.attributes.length === 0) return;
  const { attributesPath } = plan;
  try {
    await makeDirectories(dirname(attributesPath));
    const before = await readAttributes(attributesPath);
    const start = before === '' || before.endsWith('\n') ? before : `${before}\n`;
    const text = `${start}${plan.attributes.join('\n')}\n`;
    const status = await statIfThere(attributesPath);
    const mode = status === undefined ? 'by-umask' : status.mode & 0o777;
    const temporary = await writeBeside(attributesPath, Buffer.from(text), mode, { like: status });
    await renameDurably(temporary, attributesPath);
  } catch (error) {
    throw fileError(error, 'write', attributesPath);
  }
}
