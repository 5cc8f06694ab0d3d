import type { Phrase } from '../system/phrase.ts';
import { relative } from 'node:path';
import { optionValue } from '../nextflow/nextflow-command.ts';
import type {
  DynamicReference,
  InFile,
  SourceDiagnostic,
  SourceProcess,
  SourceReference,
  SourceScan,
  SourceSetting,
} from '../references/scan.ts';
import type { World } from '../system/world.ts';
import { ServiceMentions } from './service-mentions.ts';
import { type GraphFile, MAX_FILES } from './include-graph.ts';
import { UnreadCode } from './not-read.ts';
import type { Parameters } from './parameters.ts';
import type { PipelineReference } from './pipeline-code.ts';
import { Reach } from './reach.ts';
import { type PlacedSelector, type PlacedSetting, replacedDirectives } from './secret-directives.ts';
import { anyChooses } from './selector.ts';

/** A file by its absolute path, and an offset in its text. */
interface Position {
  readonly file: string;
  readonly offset: number;
}

/** Codes of the diagnostics about code that writes a value down. */
const SINKS: ReadonlySet<string> = new Set(['in-script', 'in-params', 'in-config', 'printed']);

/** The process and the setting that give a secret to tasks. */
interface Owners {
  readonly process?: SourceProcess | undefined;
  readonly setting?: PlacedSetting | undefined;
}

/** A file that was read. */
type ScannedFile = GraphFile & { readonly scan: SourceScan };

const isScanned = (found: GraphFile): found is ScannedFile => found.scan !== undefined;

/** Code of a launch, as its files are added: configs first, then scripts. */
export class LaunchCode {
  readonly #references: (InFile<SourceReference> & { readonly owners: Owners; readonly at: Position })[] = [];
  readonly #dynamic: { readonly reference: InFile<DynamicReference>; readonly at: Position }[] = [];
  readonly settings: InFile<SourceSetting>[] = [];
  readonly sinks: InFile<SourceDiagnostic>[] = [];
  readonly #unread = new UnreadCode();
  readonly reach: Reach;
  mayUse: ReadonlySet<string> = new Set();
  /** Nextflow's names of the executors that services have. */
  readonly #services: readonly string[];
  readonly #mentions: ServiceMentions;
  /** True if all processes of the pipeline are known. */
  isComplete = true;
  #files = 0;
  readonly #projectDir: string;
  /** The profiles in use. */
  readonly #profiles: ReadonlySet<string>;
  readonly #defined = new Set(['standard']);
  #lostConfig = false;
  #areProfilesKnown = false;
  readonly #parameters: Parameters;
  readonly #processes: { readonly process: SourceProcess; readonly path: string }[] = [];
  /** Names that scripts give to things that they include, and the names that are used. */
  readonly #given: { readonly alias: string; readonly path: string }[] = [];
  readonly #aliases = new Set<string>();
  readonly #secretSettings: { readonly setting: PlacedSetting; readonly path: string }[] = [];
  readonly #selectors: PlacedSelector[] = [];
  readonly #executors: { readonly process: SourceProcess; readonly setting: InFile<SourceSetting> }[] = [];

  /**
   * @param profiles - the profiles in use.
   * @param services - Nextflow's names of the executors that services have.
   */
  constructor(
    projectDir: string,
    profiles: ReadonlySet<string>,
    parameters: Parameters,
    services: readonly string[],
  ) {
    this.#projectDir = projectDir;
    this.#profiles = profiles;
    this.#services = services;
    this.#mentions = new ServiceMentions(services, profiles);
    this.#parameters = parameters;
    this.reach = new Reach(parameters);
  }

  add(found: GraphFile): void {
    this.#files += 1;
    this.#mentions.add(found);
    if (this.#files >= MAX_FILES || lacksProcesses(found)) this.isComplete = false;
    this.#addUnread(found);
    if (isScanned(found)) this.#addScan(found);
  }

  #addUnread({ file, problem, isAbsent, language, lost }: GraphFile): void {
    // A config that does not exist is an empty config.
    const isProblem = problem !== undefined && !(language === 'config' && isAbsent === true);
    if (isProblem) this.#unread.addFile(this.#shown(file), problem);
    if (language === 'config' && (lost.length > 0 || isProblem)) this.#lostConfig = true;
  }

  /** Makes a path relative to the project, if it is in the project. */
  #shown(path: string): string {
    const inProject = relative(this.#projectDir, path);
    return inProject.startsWith('..') || inProject === '' ? path : inProject;
  }

  #addScan(found: ScannedFile): void {
    const { file: path, text = '', scan, language, lost, namedBy } = found;
    if (language === 'script' && namedBy === undefined)
      this.reach.addScript(path, text, found.includes ?? []);
    for (const { name } of scan.profiles) this.#defined.add(name);
    for (const process of scan.processes) this.#processes.push({ process, path });
    for (const { aliases } of scan.includes) for (const alias of aliases) this.#given.push({ alias, path });
    const processes = new Map(scan.processes.map((process) => [process.name, process]));
    this.#addReferences(found, processes, this.#addSecretSettings(found));
    this.#addSinks(found);
    this.#addSettings(found);
    this.#addExecutors(found, processes);
    for (const one of lost) this.#unread.addInclude(this.#shown(path), language === 'config', one);
  }

  readonly #isActive = ({ profile }: { readonly profile: string | null }): boolean =>
    profile === null || this.#profiles.has(profile);

  /** @returns the settings, in order. */
  #addSecretSettings({ file: path, scan, position, isConditional }: ScannedFile): readonly PlacedSetting[] {
    const settings = scan.secretSettings.filter(this.#isActive).map((setting) => ({
      ...setting,
      replaces: setting.replaces && !isConditional,
      position: [...position, setting.offset],
    }));
    for (const setting of settings) this.#secretSettings.push({ setting, path });
    for (const selector of scan.selectors.filter(this.#isActive)) {
      this.#selectors.push({ ...selector, position: [...position, selector.offset] });
    }
    return settings;
  }

  #addReferences(
    { file: path, scan, namedBy }: ScannedFile,
    processes: ReadonlyMap<string, SourceProcess>,
    settings: readonly PlacedSetting[],
  ): void {
    const file = this.#shown(path);
    const positionOf = (offset: number): Position => namedBy ?? { file: path, offset };
    let next = 0;
    for (const reference of scan.references.filter(this.#isActive)) {
      // Both are in order, so the search does not begin at the start for each reference.
      while ((settings[next]?.endOffset ?? Infinity) <= reference.offset) next += 1;
      const setting = settings[next];
      const isSet = setting !== undefined && setting.offset <= reference.offset;
      const owners: Owners =
        reference.kind === 'directive'
          ? { process: processes.get(reference.process ?? ''), setting: isSet ? setting : undefined }
          : {};
      this.#references.push({ ...reference, file, owners, at: positionOf(reference.offset) });
    }
    for (const reference of scan.dynamic.filter(this.#isActive))
      this.#dynamic.push({ reference: { ...reference, file }, at: positionOf(reference.offset) });
  }

  #addSinks({ file, scan }: ScannedFile): void {
    for (const one of scan.diagnostics)
      if (SINKS.has(one.code)) this.sinks.push({ ...one, file: this.#shown(file) });
  }

  #addSettings({ file, scan }: ScannedFile): void {
    for (const setting of scan.settings) {
      const isOfProfile = setting.path[0] === 'profiles';
      if (isOfProfile && !this.#profiles.has(setting.path[1] ?? '')) continue;
      this.settings.push({ ...setting, path: isOfProfile ? setting.path.slice(2) : setting.path, file });
    }
  }

  #addExecutors({ file, scan }: ScannedFile, processes: ReadonlyMap<string, SourceProcess>): void {
    for (const { process: name, value, ...span } of scan.executors) {
      const process = processes.get(name);
      if (process === undefined || this.#services.includes(value)) continue;
      this.#executors.push({
        process,
        setting: { ...span, value, path: ['process', name, 'executor'], file },
      });
    }
  }

  /** Decides which code the run can reach, now that all is read. */
  settle(args: readonly string[], world: World): void {
    this.#areProfilesKnown = [...this.#profiles].every((name) => this.#defined.has(name));
    // If no config that was read defines a profile, a config that was not read does: mostly one of an institution.
    const isProfileLost = this.#lostConfig && !this.#areProfilesKnown;
    this.mayUse = isProfileLost ? new Set(this.#services) : this.#mentions.mayBeChosen(args, world);
    if (this.#unread.mayLackConfig(this.#areProfilesKnown)) this.#parameters.areConfigsKnown = false;
    const isFirstDsl = args.includes('-dsl1') || world.env['NXF_DEFAULT_DSL']?.startsWith('1') === true;
    this.reach.settle(optionValue(args, '-entry'), this.isComplete && !isFirstDsl);
    for (const { alias, path } of this.#given) {
      if (this.reach.callsAlias(path, alias)) this.#aliases.add(alias);
    }
  }

  get notRead(): Phrase[] {
    return this.#unread.lines(this.#areProfilesKnown);
  }

  /** Names that are computed in code that the run may reach. */
  get dynamic(): InFile<DynamicReference>[] {
    return this.#dynamic.flatMap(({ reference, at }) => (this.#reaches(at) ? [reference] : []));
  }

  #reaches({ file, offset }: Position): boolean {
    return this.reach.reaches(file, offset);
  }

  /** True if the configs give secrets to processes. */
  get givesSecrets(): boolean {
    return this.#secretSettings.length > 0;
  }

  /** Finds the references, now that it is known which of them have no effect. */
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

  /** Finds executors that processes which may ask for a secret name themselves, and that no config replaces. */
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

/** Tells whether a script was not read that may define processes. A template defines none. */
function lacksProcesses({ language, scan, lost, problem, namedBy }: GraphFile): boolean {
  if (language !== 'script') return false;
  const templates = new Set<unknown>(scan?.templates);
  const lostScript = scan !== undefined && lost.some(({ include }) => !templates.has(include));
  return lostScript || (problem !== undefined && namedBy === undefined);
}
