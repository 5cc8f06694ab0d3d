import { dirname, join, resolve } from 'node:path';
import {
  scanSource,
  scanTemplate,
  type SourceInclude,
  type SourceLanguage,
  type SourceScan,
  type SourceSpan,
  type SourceTemplate,
} from './scan-source.ts';
import { leadsToSecrets, mentionsSecrets, sourceLanguage } from './source-file.ts';
import { diskTree, type SourceTree } from './source-tree.ts';

/** So many files are followed; the largest pipelines have a few hundred. */
const MAX_FILES = 5000;

/** Where to start, and what the constants in paths mean. */
export interface GraphOptions {
  readonly tree?: SourceTree;
  /** `projectDir` and `baseDir` in paths. */
  readonly projectDir: string;
  /** `launchDir` in paths. */
  readonly launchDir: string;
  /** The profiles that count; all if undefined. */
  readonly profiles?: ReadonlySet<string>;
}

/** One file of the graph: what it says, or why it is not read. */
export interface GraphFile {
  /** Absolute. */
  readonly file: string;
  readonly language: SourceLanguage;
  /** Not that of a template. */
  readonly text?: string;
  readonly scan?: SourceScan;
  readonly problem?: string;
  readonly isAbsent?: true;
  /** Includes and templates in it that lead nowhere, with the reason. */
  readonly lost: readonly { readonly include: SourceSpan; readonly reason: string }[];
}

interface Waiting {
  readonly file: string;
  readonly language: SourceLanguage;
  readonly within: readonly string[];
}

/**
 * Files with all that they include, each once, breadth first.
 *
 * @param entries - absolute paths; a name that ends in `.config` is a config, and so are those in `configs`.
 */
export async function* followIncludes(
  entries: readonly string[],
  options: GraphOptions,
  configs: readonly string[] = [],
): AsyncGenerator<GraphFile> {
  const { tree = diskTree, profiles } = options;
  const waiting: Waiting[] = [
    ...entries.map((file) => ({ file, language: sourceLanguage(file), within: [] })),
    ...configs.map((file) => ({ file, language: 'config' as const, within: [] })),
  ];
  const seen = new Set<string>();
  for (let index = 0; index < waiting.length && seen.size < MAX_FILES; index++) {
    const { file, language, within } = waiting[index] ?? { file: '', language: 'script', within: [] };
    // The same file in another block has other settings.
    const key = `${within.join('.')}\0${file}`;
    if (seen.has(key)) continue;
    seen.add(key);
    const source = await tree.read(file);
    if ('problem' in source) {
      yield { file, language, ...source, lost: [] };
      continue;
    }
    const { bytes } = source;
    const text = bytes.toString('utf8');
    // Most modules have nothing that matters here.
    if (language === 'script' && !leadsToSecrets(bytes) && !bytes.includes('include')) {
      yield { file, language, text, lost: [] };
      continue;
    }
    const scan = scanSource(text, language, within);
    const lost: GraphFile['lost'][number][] = [];
    for (const include of scan.includes) {
      if (profiles !== undefined && include.profile !== null && !profiles.has(include.profile)) continue;
      const found = await includedFile(include, file, language, tree, options);
      if ('reason' in found) lost.push({ include, reason: found.reason });
      else if (found.file !== '') waiting.push({ file: found.file, language, within: include.within });
    }
    const templates: GraphFile[] = [];
    for (const template of scan.templates) {
      const found = await readTemplate(template, file, options);
      if ('reason' in found) lost.push({ include: template, reason: found.reason });
      else templates.push(found);
    }
    yield { file, language, text, scan, lost };
    yield* templates;
  }
}

/** The template of a process: beside the script that names it, else in the project. */
export async function readTemplate(
  template: SourceTemplate,
  from: string,
  options: GraphOptions,
): Promise<GraphFile | { readonly reason: string }> {
  const { tree = diskTree, projectDir } = options;
  const path = knownPath(template, from, options);
  if (typeof path !== 'string') return path;
  const candidates = [dirname(from), projectDir].map((directory) => resolve(directory, 'templates', path));
  for (const file of candidates) {
    if ((await tree.kind(file)) !== 'file') continue;
    const source = await tree.read(file);
    if ('problem' in source) return { file, language: 'script', ...source, lost: [] };
    const isRelevant = mentionsSecrets(source.bytes);
    const scan = isRelevant ? scanTemplate(source.bytes.toString('utf8'), template) : undefined;
    return { file, language: 'script', ...(scan !== undefined && { scan }), lost: [] };
  }
  return { reason: 'there is no such file' };
}

/** The file of an include; empty if it is none of the pipeline's. */
async function includedFile(
  include: SourceInclude,
  from: string,
  language: SourceLanguage,
  tree: SourceTree,
  options: GraphOptions,
): Promise<{ readonly file: string } | { readonly reason: string }> {
  const full = knownPath(include, from, options);
  if (typeof full !== 'string') return full;
  if (/^[a-z][a-z0-9+]*:\/\//i.test(full)) return { reason: 'it is on another machine' };
  if (full.startsWith('plugin/')) return { file: '' };
  const target = resolve(dirname(from), full);
  // As Nextflow looks for a module: with its ending first, then a directory's main.nf.
  const candidates =
    language === 'config' || target.endsWith('.nf')
      ? [target]
      : [`${target}.nf`, join(target, 'main.nf'), target];
  for (const file of candidates) if ((await tree.kind(file)) === 'file') return { file };
  return { reason: 'there is no such file' };
}

function knownPath(
  { path }: { readonly path: string | null },
  from: string,
  { projectDir, launchDir }: GraphOptions,
): string | { readonly reason: string } {
  const constants = { projectDir, baseDir: projectDir, launchDir, moduleDir: dirname(from) };
  const full = path === null ? undefined : withConstants(path, constants);
  return full ?? { reason: 'its path is known only when the pipeline runs' };
}

/** A path with the constants of Nextflow filled in; undefined if anything else in it is computed. */
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
