import { createHash } from 'node:crypto';
import { realpathSync, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { readdir } from '../system/file-calls.ts';
import { localPipelineDirectory, type NextflowCommand, optionValues } from '../nextflow/nextflow-command.ts';
import type { SourceLanguage } from '../references/scan.ts';
import type { World } from '../system/world.ts';
import { includeCandidates } from './include-graph.ts';
import { configFiles } from './pipeline.ts';
import { readPlainCode } from './plain-code.ts';
import { readSourceFile } from './source-file.ts';
import { diskTree } from './source-tree.ts';

/** The code of a run of which it is certain that nothing outside of it decides what Nextflow makes of it. */
export interface ClosedCode {
  /** The state of each path that Nextflow reads or looks for, by absolute path. Equal states mean equal content. */
  readonly states: ReadonlyMap<string, string>;
  /** The scripts and configs among them that exist, by their real paths. */
  readonly sources: ReadonlySet<string>;
  /** Tells whether any of them has a text. */
  readonly mentions: (text: string) => boolean;
  /** The times of the files that were read. A file that was changed and changed back has others. */
  readonly times: string;
}

/** More files than this are not looked at. */
const MAX_FILES = 1000;
const ABSENT = 'absent';

/**
 * Reads the code of a local pipeline: the script with its modules, the configs, the files of parameters. All has to be
 * plain code that includes other files by literal paths.
 *
 * @returns undefined if it is not certain that these files decide everything.
 */
export async function closedCode(command: NextflowCommand, world: World): Promise<ClosedCode | undefined> {
  const { pipeline, args } = command;
  const projectDir = pipeline === '-' ? undefined : localPipelineDirectory(pipeline, args, world);
  if (projectDir === undefined || (await hasLibrary(projectDir))) return undefined;
  const named = [...optionValues(args, '-params-file'), world.env['NXF_PARAMS_FILE'] ?? ''];
  const configs = [...optionValues(args, '-c', '-config', '-C'), world.env['NXF_CONFIG_FILE'] ?? ''];
  // Files may be on other machines, and a word may be a file of arguments.
  if ([...named, ...configs].some((file) => /:|^~/.test(file)) || args.some((word) => word.startsWith('@')))
    return undefined;
  const path = resolve(world.cwd, pipeline);
  const script = (await diskTree.kind(path)) === 'directory' ? join(path, 'main.nf') : path;
  const walk = new Walk(projectDir, world.cwd);
  for (const config of configFiles(args, projectDir, world)) walk.add(config, 'config');
  walk.add(script, 'script');
  const files = named.filter((file) => file !== '').map((file) => resolve(world.cwd, file));
  for (const file of [...files, join(projectDir, 'nextflow_schema.json')])
    if (!walk.note(file).isRead) return undefined;
  return (await walk.run()) ? walk : undefined;
}

/** Tells whether a project has classes of its own, which may do anything. */
async function hasLibrary(projectDir: string): Promise<boolean> {
  const kind = await diskTree.kind(join(projectDir, 'lib'));
  if (kind === undefined) return false;
  return kind === 'file' || (await readdir(join(projectDir, 'lib')).catch(() => ['?'])).length > 0;
}

/** Tells whether a path leads to the same directory, step by step as the system goes, and by its text. */
function isSame(steps: string, path: string): boolean {
  try {
    return realpathSync.native(steps) === realpathSync.native(path);
  } catch {
    return false;
  }
}

class Walk implements ClosedCode {
  readonly states = new Map<string, string>();
  readonly sources = new Set<string>();
  readonly #texts: string[] = [];
  readonly #times: string[] = [];
  readonly #waiting: { readonly file: string; readonly language: SourceLanguage }[] = [];
  readonly #constants: ReadonlyMap<string, string>;

  constructor(projectDir: string, launchDir: string) {
    this.#constants = new Map([
      ['projectDir', projectDir],
      ['baseDir', projectDir],
      ['launchDir', launchDir],
    ]);
  }

  readonly mentions = (text: string): boolean => this.#texts.some((one) => one.includes(text));

  get times(): string {
    return this.#times.join('\n');
  }

  add(file: string, language: SourceLanguage): void {
    this.#waiting.push({ file, language });
  }

  /** Notes a file that Nextflow reads, and that is no code. @returns its text; undefined if there is none. */
  note(file: string): { readonly text: string | undefined; readonly isRead: boolean } {
    const status = statSync(file, { throwIfNoEntry: false });
    if (status !== undefined) this.#times.push(`${file} ${status.ino} ${status.mtimeMs} ${status.ctimeMs}`);
    const source = readSourceFile(file);
    if ('problem' in source) {
      this.states.set(file, source.isAbsent === true ? ABSENT : String(source.problem));
      return { text: undefined, isRead: source.isAbsent === true };
    }
    const digest = createHash('sha256').update(source.bytes).digest('hex');
    this.states.set(file, `${digest} ${realpathSync(file)}`);
    const text = source.bytes.toString('utf8');
    this.#texts.push(text);
    return { text, isRead: true };
  }

  /** Follows all includes. @returns false if something is not plain, not literal or not there. */
  async run(): Promise<boolean> {
    const seen = new Set<string>();
    for (const { file, language } of this.#waiting) {
      if (seen.has(`${language} ${file}`)) continue;
      seen.add(`${language} ${file}`);
      if (seen.size > MAX_FILES) return false;
      const { text, isRead } = this.note(file);
      if (!isRead) return false;
      if (text === undefined) {
        // A config that is not there counts as none; whatever else is named has to be there.
        if (language === 'config') continue;
        return false;
      }
      // What it includes may be beside the link, or beside the file that it leads to.
      const real = realpathSync(file);
      if (real !== join(realpathSync(dirname(file)), basename(file))) return false;
      this.sources.add(real);
      const plain = readPlainCode(text, language);
      if (plain === undefined) return false;
      for (const path of plain.includes) if (!(await this.#follow(path, file, language))) return false;
    }
    return true;
  }

  async #follow(path: string, from: string, language: SourceLanguage): Promise<boolean> {
    const full = this.#withConstants(path, dirname(from));
    // Another machine, a plugin, or a module of the registry.
    if (full === undefined || full.includes(':')) return false;
    if (language === 'script' && !/^\.{0,2}\//.test(full)) return false;
    // Nextflow looks for `a.b` as `a.nf` too.
    if (language === 'script' && !full.endsWith('.nf') && basename(full).includes('.')) return false;
    const target = resolve(dirname(from), full);
    // `..` of a linked directory is another one for the system.
    if (isAbsolute(full) ? full !== target : !isSame(`${dirname(from)}/${dirname(full)}`, dirname(target)))
      return false;
    for (const file of includeCandidates(target, language)) {
      const kind = await diskTree.kind(file);
      if (kind === 'file') {
        this.add(file, language);
        return true;
      }
      this.states.set(file, kind ?? ABSENT);
    }
    return false;
  }

  /** Puts constants into a path. Stricter than the include graph, which may guess: nothing may be guessed here. */
  #withConstants(path: string, moduleDir: string): string | undefined {
    const unknown: string[] = [];
    const full = path.replace(
      /\$(?:\{(\w+)\}|(\w+)(?![\w.])|)/g,
      (whole, braced: string | undefined, bare: string | undefined) => {
        const name = braced ?? bare ?? '';
        const value = name === 'moduleDir' ? moduleDir : this.#constants.get(name);
        if (value === undefined) unknown.push(whole);
        return value ?? '';
      },
    );
    return unknown.length === 0 ? full : undefined;
  }
}
