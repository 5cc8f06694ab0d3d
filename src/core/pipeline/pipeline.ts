import { join, relative, resolve } from 'node:path';
import {
  localPipelineDirectory,
  type NextflowCommand,
  optionValue,
  optionValues,
} from '../nextflow/nextflow-command.ts';
import { type LiteralParameter, literalParameters } from './literal-parameters.ts';
import { launchParameters, paramsFileOf } from './launch-parameters.ts';
import { UnreadCode } from './not-read.ts';
import type { Parameters } from './parameters.ts';
import { Reach } from './reach.ts';
import { nextflowHome } from '../system/paths.ts';
import { printable } from '../system/printable.ts';
import type { World } from '../system/world.ts';
import type {
  InFile,
  DynamicReference,
  SourceProcess,
  SourceReference,
  SourceSetting,
} from '../references/scan.ts';
import { choosesExecutor, executorMentions, isExecutor, namesExecutor } from './executor-mentions.ts';
import { followIncludes, type GraphFile, MAX_FILES } from './include-graph.ts';
import { codeNotFound, type Pulling, remoteRevision } from './remote-pipeline.ts';
import { type PlacedSelector, type PlacedSetting, replacedDirectives } from './secret-directives.ts';
import { anyChooses } from './selector.ts';
import { diskTree } from './source-tree.ts';

/** Nextflow's name of the executor. */
const AWS_BATCH = 'awsbatch';

/** A place in the code of a launch that uses a secret. */
export type PipelineReference = InFile<SourceReference> & {
  /** Whether the run may get to it: something calls its process, and no condition that is known says otherwise. */
  readonly reached: boolean;
};

/** What the code of one launch says about secrets. Files are relative to the project if they are in it. */
export interface PipelineCode {
  readonly references: readonly PipelineReference[];
  readonly dynamic: readonly InFile<DynamicReference>[];
  /** Plain settings of the configs and of the profiles in use, in the order of the configs; files are absolute. */
  readonly settings: readonly InFile<SourceSetting>[];
  /** The executors that processes which ask for a secret name themselves, other than AWS Batch; files are absolute. */
  readonly ownExecutors: readonly InFile<SourceSetting>[];
  /** What was not read, in words for a person. */
  readonly notRead: readonly string[];
  /** Parameters of the launch that name a secret where Nextflow reads a mere text. */
  readonly literalParameters: readonly LiteralParameter[];
  /** Whether processes may run in AWS Batch although no plain setting says so: that is computed, or was not read. */
  readonly mentionsBatch: boolean;
}

/**
 * Reads what `nextflow run` would: the script with all that it includes, and the configs with the profiles in use.
 * A remote pipeline is read at the revision that will run.
 *
 * @param pulling - whether Nextflow may be asked for a remote pipeline that is not here.
 * @throws HumanError 69 if a remote pipeline cannot be had.
 */
export async function readPipeline(
  command: NextflowCommand,
  pulling: Pulling,
  world: World,
): Promise<PipelineCode> {
  const { args, pipeline } = command;
  const local = localPipelineDirectory(pipeline, args, world);
  const remote = local === undefined ? await remoteRevision(command, pulling, world) : undefined;
  const projectDir = local ?? remote?.directory ?? world.cwd;
  const tree = remote?.tree ?? diskTree;
  const profiles = new Set((optionValue(args, '-profile') ?? 'standard').split(','));
  const parameters = launchParameters(command, { projectDir, profiles }, world);
  const code = new CodeOfLaunch(projectDir, parameters);
  const options = { tree, projectDir, launchDir: world.cwd, profiles, computed: code.reach };
  for await (const found of followIncludes([], options, configFiles(args, projectDir, world)))
    code.add(found, profiles);
  const script = await entryScript(command, projectDir, code.settings, world);
  // A clone that somebody else is making has no files yet: nothing of it would be known, and Nextflow would run it later.
  if (remote !== undefined && script !== undefined && (await tree.kind(script)) !== 'file') {
    throw codeNotFound(pipeline, `there is no ${printable(relative(projectDir, script))} in its clone`);
  }
  if (script === undefined) {
    code.isComplete = false;
  } else {
    const allProcesses = code.givesSecrets;
    for await (const found of followIncludes([script], { ...options, allProcesses })) {
      code.add(found, profiles);
    }
  }
  code.settle(args, profiles, world);
  const { dynamic, settings, notRead, mentionsBatch } = code;
  return {
    references: code.settled(),
    dynamic,
    settings,
    ownExecutors: code.ownExecutors(),
    notRead,
    literalParameters: literalParameters(args, world),
    mentionsBatch,
  };
}

/**
 * The configs that a run reads, in Nextflow's order: a later one wins. Those that are not there are none. The file of
 * `NXF_CONFIG_FILE` is in the place of the usual ones (`nextflow.config.ConfigBuilder`).
 */
export function configFiles(args: readonly string[], projectDir: string | undefined, world: World): string[] {
  const paths = (...names: string[]): string[] =>
    optionValues(args, ...names)
      .flatMap((files) => files.split(','))
      .map((file) => resolve(world.cwd, file));
  const only = paths('-C');
  if (only.length > 0) return only;
  const named = world.env['NXF_CONFIG_FILE'];
  const usual = named
    ? [resolve(world.cwd, named)]
    : [
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

/** A place in a file, by its absolute path. */
interface Spot {
  readonly file: string;
  readonly offset: number;
}

/** What gives secrets to tasks. */
interface Owners {
  readonly process?: SourceProcess | undefined;
  readonly setting?: PlacedSetting | undefined;
}

/** What the files of a launch say, as they are added. */
class CodeOfLaunch {
  readonly #references: (InFile<SourceReference> & { readonly owners: Owners; readonly at: Spot })[] = [];
  readonly #dynamic: { readonly reference: InFile<DynamicReference>; readonly at: Spot }[] = [];
  readonly settings: InFile<SourceSetting>[] = [];
  readonly #unread = new UnreadCode();
  readonly reach: Reach;
  mentionsBatch = false;
  /** Whether a text in the code has the name of AWS Batch, and whether a value from elsewhere may be an executor. */
  #namesBatch = false;
  #choosesExecutor = false;
  /** Whether all processes of the pipeline are known. */
  isComplete = true;
  #files = 0;
  readonly #projectDir: string;
  readonly #profiles = new Set(['standard']);
  #lostConfig = false;
  #areProfilesKnown = false;
  readonly #parameters: Parameters;
  readonly #processes: { readonly process: SourceProcess; readonly path: string }[] = [];
  /** Names that scripts give to what they include, and those that are used. */
  readonly #given: { readonly alias: string; readonly path: string }[] = [];
  readonly #aliases = new Set<string>();
  readonly #secretSettings: { readonly setting: PlacedSetting; readonly path: string }[] = [];
  readonly #selectors: PlacedSelector[] = [];
  readonly #executors: { readonly process: SourceProcess; readonly setting: InFile<SourceSetting> }[] = [];

  constructor(projectDir: string, parameters: Parameters) {
    this.#projectDir = projectDir;
    this.#parameters = parameters;
    this.reach = new Reach(parameters);
  }

  add(found: GraphFile, profiles: ReadonlySet<string>): void {
    const { file: path, text = '', scan, problem, isAbsent, language, lost, position, isConditional } = found;
    const { namedBy } = found;
    // A plain setting accounts for one mention; any other may be a part of something computed.
    const inUse = language === 'config' ? profiles : undefined;
    const plain = (scan?.settings ?? []).filter(
      ({ value, path: [first = '', profile = '', ...rest] }) =>
        value === AWS_BATCH &&
        (first === 'profiles'
          ? profiles.has(profile) && isExecutor({ path: rest })
          : isExecutor({ path: [first, profile, ...rest] })),
    );
    if (executorMentions(text, AWS_BATCH, inUse) > plain.length) this.#namesBatch = true;
    if (choosesExecutor(text, AWS_BATCH, language === 'config')) this.#choosesExecutor = true;
    for (const { name } of scan?.profiles ?? []) this.#profiles.add(name);
    if (language === 'config' && (lost.length > 0 || (problem !== undefined && isAbsent !== true)))
      this.#lostConfig = true;
    this.#files += 1;
    // A template defines no process.
    const templates = new Set<unknown>(scan?.templates);
    const lostScript = scan !== undefined && lost.some(({ include }) => !templates.has(include));
    const isLost = language === 'script' && (lostScript || (problem !== undefined && namedBy === undefined));
    if (isLost || this.#files >= MAX_FILES) this.isComplete = false;
    const inProject = relative(this.#projectDir, path);
    const file = inProject.startsWith('..') || inProject === '' ? path : inProject;
    // No config is an empty config.
    if (problem !== undefined && !(language === 'config' && isAbsent === true)) {
      this.#unread.addFile(file, problem);
    }
    if (scan === undefined) return;
    if (language === 'script' && namedBy === undefined)
      this.reach.addScript(path, text, found.includes ?? []);
    const spot = (offset: number): Spot => namedBy ?? { file: path, offset };
    const isActive = ({ profile }: { readonly profile: string | null }): boolean =>
      profile === null || profiles.has(profile);
    const settings = scan.secretSettings.filter(isActive).map((setting) => ({
      ...setting,
      replaces: setting.replaces && !isConditional,
      position: [...position, setting.offset],
    }));
    for (const setting of settings) this.#secretSettings.push({ setting, path });
    for (const selector of scan.selectors.filter(isActive)) {
      this.#selectors.push({ ...selector, position: [...position, selector.offset] });
    }
    for (const process of scan.processes) this.#processes.push({ process, path });
    for (const { aliases } of scan.includes) for (const alias of aliases) this.#given.push({ alias, path });
    const processes = new Map(scan.processes.map((process) => [process.name, process]));
    let next = 0;
    for (const reference of scan.references.filter(isActive)) {
      // Both are in order: for each of many, none is looked for from the start.
      while ((settings[next]?.endOffset ?? Infinity) <= reference.offset) next += 1;
      const setting = settings[next];
      const isSet = setting !== undefined && setting.offset <= reference.offset;
      const owners: Owners =
        reference.kind === 'directive'
          ? { process: processes.get(reference.process ?? ''), setting: isSet ? setting : undefined }
          : {};
      this.#references.push({ ...reference, file, owners, at: spot(reference.offset) });
    }
    for (const reference of scan.dynamic.filter(isActive))
      this.#dynamic.push({ reference: { ...reference, file }, at: spot(reference.offset) });
    for (const setting of scan.settings) {
      const isOfProfile = setting.path[0] === 'profiles';
      if (isOfProfile && !profiles.has(setting.path[1] ?? '')) continue;
      this.settings.push({
        ...setting,
        path: isOfProfile ? setting.path.slice(2) : setting.path,
        file: path,
      });
    }
    for (const { process: name, value, ...span } of scan.executors) {
      const process = processes.get(name);
      if (process === undefined || value === 'awsbatch') continue;
      const setting = { ...span, value, path: ['process', name, 'executor'], file: path };
      this.#executors.push({ process, setting });
    }
    for (const one of lost) this.#unread.addInclude(file, language === 'config', one);
  }

  /** Decides what the run can reach, now that all is read. */
  settle(args: readonly string[], profiles: ReadonlySet<string>, world: World): void {
    this.#areProfilesKnown = [...profiles].every((name) => this.#profiles.has(name));
    // A profile that no config defines which was read is in one that was not: of an institution, mostly.
    if (this.#lostConfig && !this.#areProfilesKnown) this.mentionsBatch = true;
    if (this.#choosesExecutor) {
      const paramsFile = paramsFileOf(args, world) ?? '';
      const launch = { args, paramsFile, env: Object.values(world.env) };
      if (this.#namesBatch || namesExecutor(AWS_BATCH, launch)) this.mentionsBatch = true;
    }
    if (this.#unread.mayLackConfig(this.#areProfilesKnown)) this.#parameters.areConfigsKnown = false;
    const isFirstDsl = args.includes('-dsl1') || world.env['NXF_DEFAULT_DSL']?.startsWith('1') === true;
    this.reach.settle(optionValue(args, '-entry'), this.isComplete && !isFirstDsl);
    for (const { alias, path } of this.#given) {
      if (this.reach.callsAlias(path, alias)) this.#aliases.add(alias);
    }
  }

  get notRead(): string[] {
    return this.#unread.lines(this.#areProfilesKnown);
  }

  /** The names that are computed in code that the run may get to. */
  get dynamic(): InFile<DynamicReference>[] {
    return this.#dynamic.flatMap(({ reference, at }) => (this.#reaches(at) ? [reference] : []));
  }

  #reaches({ file, offset }: Spot): boolean {
    return this.reach.reaches(file, offset);
  }

  /** Whether the configs give secrets to processes. */
  get givesSecrets(): boolean {
    return this.#secretSettings.length > 0;
  }

  /** The references, now that it is known which of them have no effect. */
  settled(): PipelineReference[] {
    const replaced = replacedDirectives({
      processes: this.#processes.flatMap(({ process, path }) =>
        this.#reaches({ file: path, offset: process.offset }) ? [process] : [],
      ),
      settings: this.#secretSettings.flatMap(({ setting, path }) =>
        this.#reaches({ file: path, offset: setting.offset }) ? [setting] : [],
      ),
      selectors: this.#selectors,
      aliases: this.#aliases,
      isComplete: this.isComplete,
    });
    return this.#references.map(({ owners: { process, setting }, at, ...reference }) => {
      const isReplaced =
        (process !== undefined && replaced.processes.has(process)) ||
        (setting !== undefined && replaced.settings.has(setting));
      return { ...reference, ignored: reference.ignored || isReplaced, reached: this.#reaches(at) };
    });
  }

  /** The executors that processes which may ask for a secret name themselves, and no config in their place. */
  ownExecutors(): InFile<SourceSetting>[] {
    const asking = new Set(
      this.#references.flatMap(({ owners, kind }) => (kind === 'directive' ? [owners.process] : [])),
    );
    const selectors = this.#secretSettings.map(({ setting }) => setting.selector);
    const areAllGiven = selectors.includes(null);
    const isGiven = anyChooses(
      selectors.filter((selector) => selector !== null),
      this.#aliases,
    );
    const replacing = this.settings.flatMap(({ path }) =>
      path.at(-1) === 'executor' ? path.filter((part) => /^with(?:Name|Label):/.test(part)) : [],
    );
    const isReplaced = anyChooses(replacing, this.#aliases);
    return this.#executors.flatMap(({ process, setting }) => {
      const asks = asking.has(process) || areAllGiven || isGiven(process) !== 'no';
      const isReached = this.#reaches({ file: setting.file, offset: setting.offset });
      return asks && isReplaced(process) !== 'yes' && isReached ? [setting] : [];
    });
  }
}
