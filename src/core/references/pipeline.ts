import { join, relative, resolve } from 'node:path';
import {
  localPipelineDirectory,
  type NextflowCommand,
  optionValue,
  optionValues,
} from '../launch/nextflow-command.ts';
import { nextflowHome } from '../places.ts';
import type { World } from '../world.ts';
import type { InFile } from './diagnostics.ts';
import { followIncludes, type GraphFile } from './include-graph.ts';
import { remoteRevision } from './remote-pipeline.ts';
import type { DynamicReference, SourceReference, SourceSetting } from './scan-source.ts';
import { selectsProcess } from './selector.ts';
import { diskTree } from './source-tree.ts';

/** What the code of one launch says about secrets. Files are relative to the project if they are in it. */
export interface PipelineCode {
  readonly references: readonly InFile<SourceReference>[];
  readonly dynamic: readonly InFile<DynamicReference>[];
  /** Plain settings of the configs and of the profiles in use, in the order of the configs; files are absolute. */
  readonly settings: readonly InFile<SourceSetting>[];
  /** The executors that processes which ask for a secret name themselves, other than AWS Batch; files are absolute. */
  readonly ownExecutors: readonly InFile<SourceSetting>[];
  /** What was not read, in words for a person. */
  readonly notRead: readonly string[];
  /** Whether processes may run in AWS Batch although no plain setting says so: that is computed, or was not read. */
  readonly mentionsBatch: boolean;
}

/**
 * Reads what `nextflow run` would: the script with all that it includes, and the configs with the profiles in use.
 * A remote pipeline is read at the revision that will run.
 *
 * @throws HumanError 69 if a remote pipeline cannot be had.
 */
export async function readPipeline(command: NextflowCommand, world: World): Promise<PipelineCode> {
  const { args, pipeline } = command;
  const local = localPipelineDirectory(pipeline, args, world);
  const remote = local === undefined ? await remoteRevision(command, world) : undefined;
  const projectDir = local ?? remote?.directory ?? world.cwd;
  const tree = remote?.tree ?? diskTree;
  const profiles = new Set((optionValue(args, '-profile') ?? 'standard').split(','));
  const code = new CodeOfLaunch(projectDir);
  const options = { tree, projectDir, launchDir: world.cwd, profiles };
  for await (const found of followIncludes([], options, configFiles(args, projectDir, world)))
    code.add(found, profiles);
  const script = await entryScript(command, projectDir, code.settings, world);
  if (script !== undefined) {
    for await (const found of followIncludes([script], options)) code.add(found, profiles);
  }
  code.lookForUnknownProfiles(profiles);
  return code;
}

/** The configs that a run reads, in Nextflow's order: a later one wins. Those that are not there are none. */
export function configFiles(args: readonly string[], projectDir: string | undefined, world: World): string[] {
  const paths = (...names: string[]): string[] =>
    optionValues(args, ...names)
      .flatMap((files) => files.split(','))
      .map((file) => resolve(world.cwd, file));
  const only = paths('-C');
  if (only.length > 0) return only;
  const usual = [
    join(nextflowHome(world), 'config'),
    ...(projectDir === undefined ? [] : [join(projectDir, 'nextflow.config')]),
    join(world.cwd, 'nextflow.config'),
  ];
  return [...new Set([...usual, ...paths('-c', '-config')])];
}

/** The script that a run starts with; undefined if it comes from stdin. */
async function entryScript(
  { pipeline, args }: NextflowCommand,
  projectDir: string,
  settings: readonly InFile<SourceSetting>[],
  world: World,
): Promise<string | undefined> {
  if (pipeline === '-') return undefined;
  const named = optionValue(args, '-main-script');
  const path = resolve(world.cwd, named ?? pipeline);
  if ((await diskTree.kind(path)) === 'file') return path;
  const manifest = settings.findLast(
    ({ path: key, file }) =>
      key.join('.') === 'manifest.mainScript' && file === join(projectDir, 'nextflow.config'),
  );
  return join(projectDir, named ?? manifest?.value ?? 'main.nf');
}

/** Add the configs first: what they say of a process replaces what the script does. */
class CodeOfLaunch implements PipelineCode {
  readonly references: InFile<SourceReference>[] = [];
  readonly dynamic: InFile<DynamicReference>[] = [];
  readonly settings: InFile<SourceSetting>[] = [];
  readonly ownExecutors: InFile<SourceSetting>[] = [];
  readonly notRead: string[] = [];
  mentionsBatch = false;
  readonly #projectDir: string;
  readonly #profiles = new Set(['standard']);
  #lostConfig = false;
  /** The selectors that secrets are given to. */
  readonly #selectors = new Set<string>();
  /** Whether a config gives secrets to processes that it does not name. */
  #givesToAll = false;

  constructor(projectDir: string) {
    this.#projectDir = projectDir;
  }

  add(
    { file: path, text = '', scan, problem, isAbsent, language, lost }: GraphFile,
    profiles: ReadonlySet<string>,
  ): void {
    // A setting or a profile's name accounts for one mention each; any other may be a part of something computed.
    const plain = scan?.settings.filter(({ value }) => value === 'awsbatch').length ?? 0;
    const named = scan?.profiles.filter(({ name }) => name === 'awsbatch').length ?? 0;
    if (text.includes('awsbatch') && text.split(/\bawsbatch\b/).length - 1 > plain + named)
      this.mentionsBatch = true;
    for (const { name } of scan?.profiles ?? []) this.#profiles.add(name);
    if (language === 'config' && (lost.length > 0 || (problem !== undefined && isAbsent !== true)))
      this.#lostConfig = true;
    const inProject = relative(this.#projectDir, path);
    const file = inProject.startsWith('..') || inProject === '' ? path : inProject;
    // No config is an empty config.
    if (problem !== undefined && !(language === 'config' && isAbsent === true)) {
      this.notRead.push(`${file} is not read: ${problem}.`);
    }
    if (scan === undefined) return;
    const isActive = ({ profile }: { readonly profile: string | null }): boolean =>
      profile === null || profiles.has(profile);
    for (const reference of scan.references.filter(isActive)) {
      const isDirective = reference.kind === 'directive' && reference.process !== null;
      if (isDirective && language === 'config') this.#selectors.add(reference.process);
      else if (reference.kind === 'directive' && language === 'config') this.#givesToAll = true;
      const isReplaced = isDirective && language === 'script' && this.#isSelected(reference.process);
      this.references.push({ ...reference, ignored: reference.ignored || isReplaced, file });
    }
    for (const reference of scan.dynamic.filter(isActive)) this.dynamic.push({ ...reference, file });
    for (const setting of scan.settings) {
      const isOfProfile = setting.path[0] === 'profiles';
      if (isOfProfile && !profiles.has(setting.path[1] ?? '')) continue;
      this.settings.push({
        ...setting,
        path: isOfProfile ? setting.path.slice(2) : setting.path,
        file: path,
      });
    }
    for (const { process, value, ...span } of scan.executors) {
      const asks =
        this.#givesToAll ||
        this.#isSelected(process) ||
        scan.references.some((use) => use.kind === 'directive' && use.process === process);
      if (!asks || value === 'awsbatch' || this.#hasExecutor(process)) continue;
      this.ownExecutors.push({ ...span, value, path: ['process', process, 'executor'], file: path });
    }
    for (const { include, reason } of lost) {
      this.notRead.push(`${file}:${include.line} includes what is not read: ${reason}.`);
    }
  }

  /** A profile that no config defines which was read is in one that was not: of an institution, mostly. */
  lookForUnknownProfiles(profiles: ReadonlySet<string>): void {
    if (this.#lostConfig && [...profiles].some((name) => !this.#profiles.has(name)))
      this.mentionsBatch = true;
  }

  /** An executor that a config gives to a process by its name is in the place of the process's own. */
  #hasExecutor(process: string): boolean {
    return this.settings.some(
      ({ path }) => path.at(-1) === 'executor' && path.some((part) => selectsProcess(part, process)),
    );
  }

  /** A list of secrets that a config gives to a process by its name is in the place of the process's own. */
  #isSelected(process: string): boolean {
    return [...this.#selectors].some((selector) => selectsProcess(selector, process));
  }
}
