import { dirname, resolve } from 'node:path';
import { readFileIfThere, renameDurably, statIfThere, writeBeside } from '../../system/durable-file.ts';
import { ExitCode, fileError, HumanError } from '../../system/human-error.ts';
import { makeDirectories } from '../../system/make-directories.ts';
import { phrase } from '../../system/phrase.ts';
import { printable } from '../../system/printable.ts';
import { git } from '../../system/safe-git.ts';
import type { World } from '../../system/world.ts';

/** The program that git is to start: absolute paths, because git may run with another PATH. */
export interface DriverProgram {
  /** Node.js. */
  readonly node: string;
  readonly script: string;
}

/** Everything that {@link install} writes into a clone. */
export interface Installation {
  /** Directory that git is asked in. */
  readonly directory: string;
  readonly configPath: string;
  /** Settings of git that are not there yet, or are other ones. */
  readonly settings: readonly (readonly [key: string, value: string])[];
  readonly attributesPath: string;
  /** Lines that are not there yet. */
  readonly attributes: readonly string[];
}

/** Attributes of the files of a vault, in any directory of a clone. */
const ATTRIBUTES = [
  '**/.nf-secrets/workspace.sops.json -text merge=nf-secrets diff=nf-secrets',
  '**/.nf-secrets/workspace.sops.json.sig -text merge=nf-secrets -diff',
  '**/.nf-secrets/members.json -text merge=nf-secrets diff=nf-secrets',
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
  program: DriverProgram,
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
  const settings: [string, string][] = [];
  for (const [key, value] of settingsFor(program))
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

const DRIVER = 'merge.nf-secrets.driver';

async function readSetting(directory: string, key: string, world: World): Promise<string | undefined> {
  const output = await git(directory, ['config', '--null', '--get', key], world);
  return output?.toString('utf8').replace(/\0$/, '');
}

async function readAttributes(path: string): Promise<string> {
  return (await readFileIfThere(path, MAX_ATTRIBUTES))?.toString('utf8') ?? '';
}

/** One word for a shell, whatever its characters. */
const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;

/** The settings of git. If the program is not there any more, another one on the PATH is taken, or git is told so. */
export function settingsFor({ node, script }: DriverProgram): (readonly [key: string, value: string])[] {
  const program = `${quoted(node)} ${quoted(script)}`;
  const isThere = `test -x ${quoted(node)} && test -f ${quoted(script)}`;
  const onPath = 'command -v nf-secrets >/dev/null 2>&1';
  const moved =
    'echo "nf-secrets is not where it was: the vault is not merged. Run: nf-secrets merge install, then: nf-secrets resolve" >&2';
  const merge = 'merge-driver %O %A %B %P';
  const driver =
    // git takes a percent sign for one of its own.
    `if ${isThere.replaceAll('%', '%%')}; then ${program.replaceAll('%', '%%')} ${merge}; ` +
    `elif ${onPath}; then nf-secrets ${merge}; else ${moved}; exit 1; fi`;
  const textconv =
    `show() { if ${isThere}; then ${program} show-names "$1"; ` +
    `elif ${onPath}; then nf-secrets show-names "$1"; else cat "$1"; fi; }; show`;
  return [
    ['merge.nf-secrets.name', 'secrets of nf-secrets, by their names'],
    [DRIVER, driver],
    ['diff.nf-secrets.textconv', textconv],
  ];
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
