import { type Phrase, phrase } from '../system/phrase.ts';
import { dirname, join, resolve } from 'node:path';
import { scanSource, scanTemplate } from '../references/scan-source.ts';
import type {
  SourceInclude,
  SourceLanguage,
  SourceScan,
  SourceSpan,
  SourceTemplate,
} from '../references/scan.ts';
import { leadsToSecrets, mentionsSecrets, sourceLanguage } from './source-file.ts';
import { diskTree, type SourceTree } from './source-tree.ts';

/** Largest number of files that are followed; the largest pipelines have a few hundred. */
export const MAX_FILES = 5000;

/** Path that a pipeline includes to include nothing. */
const NO_FILE = '/dev/null';

/** Source of the files, values of the constants in paths, and the code that counts. */
export interface GraphOptions {
  readonly tree?: SourceTree;
  /** Value of `projectDir` and `baseDir` in paths. */
  readonly projectDir: string;
  /** Value of `launchDir` in paths. */
  readonly launchDir: string;
  /** The profiles that count; all if undefined. */
  readonly profiles?: ReadonlySet<string>;
  /** True if scripts that do not mention secrets matter too, for the processes that they define. */
  readonly allProcesses?: boolean;
  /** Known values that paths of configs are computed from. */
  readonly computed?: ComputedPaths;
}

/** Finds paths that are computed, as the configs are read. */
export interface ComputedPaths {
  /** Takes a config, before its includes are followed. */
  readonly addConfig: (
    file: string,
    text: string,
    position: readonly number[],
    within: readonly string[],
  ) => void;
  /** Finds all paths that an include may have; undefined if they are not known. */
  readonly pathsOf: (
    file: string,
    include: Pick<SourceInclude, 'path' | 'offset'>,
  ) => readonly string[] | undefined;
}

/** One file of the graph: its text and scan, or the reason that it is not read. */
export interface GraphFile {
  /** Absolute path. */
  readonly file: string;
  readonly language: SourceLanguage;
  /**
   * Position of its text in the order of the configs: the number of the first config, the offset of the include in it,
   * and so on.
   */
  readonly position: readonly number[];
  /** True if a condition decides whether it is read at all. */
  readonly isConditional: boolean;
  /** Its text; not for a template. */
  readonly text?: string;
  readonly scan?: SourceScan;
  readonly problem?: Phrase;
  readonly isAbsent?: true;
  /** Includes and templates in it that lead nowhere, with the reason. */
  readonly lost: readonly LostInclude[];
  /** Files that its includes lead to, by the offsets of their paths. */
  readonly includes?: readonly { readonly offset: number; readonly file: string }[];
  /** For a template: the script that names it, and the offset of the name. */
  readonly namedBy?: { readonly file: string; readonly offset: number };
}

export interface LostInclude {
  readonly include: SourceSpan;
  readonly reason: Phrase;
  /** Its path, if it is known. */
  readonly target?: string;
}

type Waiting = Pick<GraphFile, 'file' | 'language' | 'position' | 'isConditional'> & {
  readonly within: readonly string[];
};

/**
 * Reads files and all that they include, each once, breadth first.
 *
 * @param entries - absolute paths; a name that ends in `.config` is a config, and so are the files of `configs`.
 */
export async function* followIncludes(
  entries: readonly string[],
  options: GraphOptions,
  configs: readonly string[] = [],
): AsyncGenerator<GraphFile> {
  const waiting: Waiting[] = [
    ...entries.map((file) => ({ file, language: sourceLanguage(file) })),
    ...configs.map((file) => ({ file, language: 'config' as const })),
  ].map((entry, index) => ({ ...entry, position: [index], isConditional: false, within: [] }));
  const seen = new Set<string>();
  for (const entry of waiting) {
    const { within, ...known } = entry;
    // The same file in another block has other settings.
    const key = `${within.join('.')}\0${entry.file}`;
    if (seen.has(key)) continue;
    if (seen.size >= MAX_FILES) {
      // Reports that there are more files.
      const problem = phrase`with it there are more than ${MAX_FILES} files that include each other; no more are read`;
      yield { ...known, problem, lost: [] };
      return;
    }
    seen.add(key);
    const source = await readSource(entry, options);
    if ('lost' in source) {
      yield { ...known, ...source };
      continue;
    }
    const { text, scan } = source;
    const { lost, includes, found } = await resolveIncludes(scan.includes, entry, options);
    waiting.push(...found);
    const templates = await readTemplates(scan.templates, entry.file, options, seen);
    yield { ...known, text, scan, lost: [...lost, ...templates.lost], includes };
    yield* templates.files;
  }
}

/** @returns its text and scan; without a scan if it cannot be read, or has nothing that matters. */
async function readSource(
  { file, language, position, within }: Waiting,
  { tree = diskTree, allProcesses = false, computed }: GraphOptions,
): Promise<
  Pick<GraphFile, 'text' | 'problem' | 'isAbsent' | 'lost'> | Required<Pick<GraphFile, 'text' | 'scan'>>
> {
  const source = await tree.read(file);
  if ('problem' in source) return { ...source, lost: [] };
  const { bytes } = source;
  const text = bytes.toString('utf8');
  // Most modules have nothing that matters here.
  const leadsOn = allProcesses || language === 'config' || bytes.includes('include');
  if (!leadsOn && !leadsToSecrets(bytes)) return { text, lost: [] };
  if (language === 'config') computed?.addConfig(file, text, position, within);
  return { text, scan: scanSource(text, language, within) };
}

interface Resolved {
  readonly lost: LostInclude[];
  readonly includes: { readonly offset: number; readonly file: string }[];
  readonly found: Waiting[];
}

async function resolveIncludes(
  all: readonly SourceInclude[],
  { file, language, position, isConditional }: Waiting,
  options: GraphOptions,
): Promise<Resolved> {
  const resolved: Resolved = { lost: [], includes: [], found: [] };
  const { profiles } = options;
  for (const include of all) {
    if (profiles !== undefined && include.profile !== null && !profiles.has(include.profile)) continue;
    const targets = await includedFiles(include, file, language, options);
    for (const target of targets) {
      if ('reason' in target) resolved.lost.push({ include, ...target });
      else if (target.file !== '') {
        resolved.includes.push({ offset: include.offset, file: target.file });
        resolved.found.push({
          file: target.file,
          language,
          position: [...position, include.offset],
          isConditional: isConditional || include.isConditional || targets.length > 1,
          within: include.within,
        });
      }
    }
  }
  return resolved;
}

async function readTemplates(
  all: readonly SourceTemplate[],
  file: string,
  options: GraphOptions,
  seen: Set<string>,
): Promise<{ readonly files: GraphFile[]; readonly lost: LostInclude[] }> {
  const files: GraphFile[] = [];
  const lost: LostInclude[] = [];
  for (const template of all) {
    const found = await readTemplate(template, file, options, seen);
    if (found === undefined) continue;
    if ('reason' in found) lost.push({ include: template, reason: found.reason });
    else files.push({ ...found, namedBy: { file, offset: template.offset } });
  }
  return { files, lost };
}

const NO_SUCH_FILE = phrase`there is no such file`;

/**
 * Reads the template of a process: beside the script that names it, else in the project.
 *
 * @param seen - files that were read; the template is added to it. Several processes may have one template.
 */
export async function readTemplate(
  template: SourceTemplate,
  from: string,
  options: GraphOptions,
  seen: Set<string>,
): Promise<GraphFile | { readonly reason: Phrase } | undefined> {
  const { tree = diskTree, projectDir } = options;
  const path = knownPath(template, from, options);
  if (typeof path !== 'string') return path;
  const candidates = [dirname(from), projectDir].map((directory) => resolve(directory, 'templates', path));
  for (const file of candidates) {
    if ((await tree.kind(file)) !== 'file') continue;
    const key = `${template.isShell ? 'shell' : 'script'}\0${file}`;
    if (seen.has(key)) return undefined;
    seen.add(key);
    const known = { file, language: 'script', position: [], isConditional: true, lost: [] } as const;
    const source = await tree.read(file);
    if ('problem' in source) return { ...known, ...source };
    if (!mentionsSecrets(source.bytes)) return known;
    return { ...known, scan: scanTemplate(source.bytes.toString('utf8'), template) };
  }
  return { reason: NO_SUCH_FILE };
}

/** Finds the files of an include, one of which Nextflow reads; empty if it is no file of the pipeline. */
async function includedFiles(
  include: SourceInclude,
  from: string,
  language: SourceLanguage,
  options: GraphOptions,
): Promise<readonly ({ readonly file: string } | Omit<LostInclude, 'include'>)[]> {
  const full = knownPath(include, from, options);
  const paths = typeof full === 'string' ? [full] : options.computed?.pathsOf(from, include);
  if (paths === undefined) return typeof full === 'string' ? [] : [full];
  return Promise.all(paths.map((path) => includedFile(path, from, language, options)));
}

/** A module of the registry: `scope/name`. An `@` before it, or a version after it, does not change its directory. */
const REGISTRY_NAME = /^@?([\w-]+\/[\w./-]+?)(?:@[\w.+-]+)?$/;

async function includedFile(
  full: string,
  from: string,
  language: SourceLanguage,
  { tree = diskTree, projectDir }: GraphOptions,
): Promise<{ readonly file: string } | Omit<LostInclude, 'include'>> {
  if (/^[a-z][a-z0-9+]*:\/\//i.test(full)) return { reason: phrase`it is on another machine`, target: full };
  if (full.startsWith('plugin/') || full === NO_FILE) return { file: '' };
  const target = resolve(dirname(from), full);
  // Since 26.04, from any file: https://github.com/nextflow-io/nextflow/pull/6650
  const registryName = language === 'script' ? REGISTRY_NAME.exec(full)?.[1] : undefined;
  const isRegistryName = registryName !== undefined;
  const installed = join(projectDir, 'modules', registryName ?? '', 'main.nf');
  if (isRegistryName && (await tree.kind(installed)) === 'file') return { file: installed };
  for (const file of includeCandidates(target, language))
    if ((await tree.kind(file)) === 'file') return { file };
  const reason = isRegistryName
    ? phrase`a module of that name is not installed, and Nextflow 26.04 and later gets it from the registry when it starts`
    : NO_SUCH_FILE;
  return { reason, target };
}

/** Files, of which the first that there is counts for the target of an include, in the order in which Nextflow looks. */
export const includeCandidates = (target: string, language: SourceLanguage): string[] =>
  language === 'config' || target.endsWith('.nf')
    ? [target]
    : [`${target}.nf`, join(target, 'main.nf'), target];

function knownPath(
  { path }: { readonly path: string | null },
  from: string,
  { projectDir, launchDir }: GraphOptions,
): string | { readonly reason: Phrase } {
  const constants = { projectDir, baseDir: projectDir, launchDir, moduleDir: dirname(from) };
  const full = path === null ? undefined : withConstants(path, constants);
  return full ?? { reason: phrase`its path is known only when the pipeline runs` };
}

/** Fills the constants of Nextflow into a path; undefined if anything else in it is computed. */
function withConstants(
  path: string,
  values: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const computed: string[] = [];
  const full = path.replace(
    /\$(?:\{\s*([\w.]+)\s*\}|([A-Za-z_]\w*)|\{)/g,
    (whole: string, braced: string | undefined, bare: string | undefined) => {
      const value = values[(braced ?? bare ?? '').replace(/^workflow\./, '')];
      if (value === undefined) computed.push(whole);
      return value ?? '';
    },
  );
  return computed.length === 0 ? full : undefined;
}
