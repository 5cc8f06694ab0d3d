import { dirname, join, resolve } from 'node:path';
import { statIfThere } from '../durable-file.ts';
import type { World } from '../world.ts';
import { scanSource, type SourceInclude, type SourceLanguage } from './scan-source.ts';
import { readSourceFile, type SourceBytes, sourceLanguage } from './source-file.ts';

/** So many files are followed; the largest pipelines have a few hundred. */
const MAX_FILES = 5000;

/** A place that files are read from: the disk, or one revision of a repository. */
export interface SourceTree {
  readonly read: (path: string) => Promise<SourceBytes>;
  /** Whether the path is a directory. */
  readonly isDirectory: (path: string) => Promise<boolean>;
}

export const diskTree: SourceTree = {
  read: readSourceFile,
  isDirectory: async (path) => (await statIfThere(path).catch(() => undefined))?.isDirectory() === true,
};

/** What constants that stand in paths mean. */
export interface PathConstants {
  /** `projectDir`, `baseDir`. */
  readonly projectDir: string;
  /** `launchDir`. */
  readonly launchDir: string;
}

/** A file of the graph, and its content or why it is not read. */
export type GraphFile = SourceBytes & { readonly file: string; readonly language: SourceLanguage };

export interface FollowOptions {
  readonly tree?: SourceTree;
  readonly projectDir?: string;
  /** The profiles whose `includeConfig` count; all if undefined. */
  readonly profiles?: ReadonlySet<string>;
  /** Hears of includes that lead nowhere: computed ones, and those whose file is not there. */
  readonly onLost?: (lost: LostInclude) => void;
}

/** An include whose file cannot be told or found. */
export interface LostInclude {
  readonly file: string;
  readonly include: SourceInclude;
}

/**
 * Files with all that they include, each once, breadth first.
 *
 * @param entries - scripts and configs, absolute. Configs end in `.config`, or are in `configs`.
 */
export async function* followIncludes(
  entries: readonly string[],
  world: Pick<World, 'cwd'>,
  options: FollowOptions = {},
): AsyncGenerator<GraphFile> {
  const { tree = diskTree, profiles, onLost } = options;
  const waiting: { file: string; language: SourceLanguage }[] = entries.map((file) => ({
    file: resolve(world.cwd, file),
    language: sourceLanguage(file),
  }));
  const projectDir = options.projectDir ?? dirname(waiting[0]?.file ?? world.cwd);
  const seen = new Set(waiting.map(({ file }) => file));
  for (let index = 0; index < waiting.length && index < MAX_FILES; index++) {
    const { file, language } = waiting[index] ?? { file: '', language: 'script' };
    const source = await tree.read(file);
    yield { ...source, file, language };
    if (!('bytes' in source) || !source.bytes.includes('include')) continue;
    const { includes } = scanSource(source.bytes.toString('utf8'), language);
    const constants = { projectDir, launchDir: world.cwd, moduleDir: dirname(file) };
    for (const include of includes) {
      if (profiles !== undefined && include.profile !== null && !profiles.has(include.profile)) continue;
      const path = include.path === null ? undefined : withConstants(include.path, constants);
      if (path === undefined || isRemote(path)) {
        if (path === undefined || isRemote(path)) onLost?.({ file, include });
        continue;
      }
      if (path.startsWith('plugin/')) continue;
      const target = await includedFile(resolve(dirname(file), path), language, tree);
      if (seen.has(target)) continue;
      seen.add(target);
      waiting.push({ file: target, language });
    }
  }
}

/** `./modules/a` is `a.nf`, or a directory with `main.nf` in it. */
async function includedFile(path: string, language: SourceLanguage, tree: SourceTree): Promise<string> {
  if (language === 'config' || path.endsWith('.nf')) return path;
  if (await tree.isDirectory(path)) return join(path, 'main.nf');
  return `${path}.nf`;
}

const isRemote = (path: string): boolean => /^[a-z][a-z0-9+]*:\/\//i.test(path);

/** A path with the constants that Nextflow gives scripts and configs; undefined if anything else is computed. */
function withConstants(
  path: string,
  constants: PathConstants & { readonly moduleDir: string },
): string | undefined {
  const values: Readonly<Record<string, string>> = { ...constants, baseDir: constants.projectDir };
  let isConstant = true;
  const full = path.replace(
    /\$(?:\{\s*([\w.]+)\s*\}|([A-Za-z_]\w*))|\$\{/g,
    (_, braced?: string, bare?: string) => {
      const value = values[(braced ?? bare ?? '').replace(/^workflow\./, '')];
      if (value === undefined) isConstant = false;
      return value ?? '';
    },
  );
  return isConstant ? full : undefined;
}
