import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { localPipelineDirectory, type NextflowCommand, optionValues } from '../nextflow/nextflow-command.ts';
import type { SourceLanguage } from '../references/scan.ts';
import type { World } from '../system/world.ts';
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
  // Configs may be on other machines.
  if (optionValues(args, '-c', '-config', '-C').some((file) => /:\/\/|^~/.test(file))) return undefined;
  const path = resolve(world.cwd, pipeline);
  const script = (await diskTree.kind(path)) === 'directory' ? join(path, 'main.nf') : path;
  const walk = new Walk(projectDir, world.cwd);
  for (const config of configFiles(args, projectDir, world)) walk.add(config, 'config');
  walk.add(script, 'script');
  const named = [...optionValues(args, '-params-file'), world.env['NXF_PARAMS_FILE'] ?? ''];
  for (const file of named) if (file !== '') walk.note(resolve(world.cwd, file));
  walk.note(join(projectDir, 'nextflow_schema.json'));
  return (await walk.run()) ? walk : undefined;
}

/** Tells whether a project has classes of its own, which may do anything. */
async function hasLibrary(projectDir: string): Promise<boolean> {
  const kind = await diskTree.kind(join(projectDir, 'lib'));
  if (kind === undefined) return false;
  return kind === 'file' || (await readdir(join(projectDir, 'lib')).catch(() => ['?'])).length > 0;
}

class Walk implements ClosedCode {
  readonly states = new Map<string, string>();
  readonly sources = new Set<string>();
  readonly #texts: string[] = [];
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

  add(file: string, language: SourceLanguage): void {
    this.#waiting.push({ file, language });
  }

  /** Notes a file that Nextflow reads, and that is no code. @returns its text; undefined if there is none. */
  note(file: string): { readonly text: string | undefined; readonly isRead: boolean } {
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
    const target = resolve(dirname(from), full);
    const candidates =
      language === 'config' || target.endsWith('.nf')
        ? [target]
        : [`${target}.nf`, join(target, 'main.nf'), target];
    for (const file of candidates) {
      const kind = await diskTree.kind(file);
      if (kind === 'file') {
        this.add(file, language);
        return true;
      }
      this.states.set(file, kind ?? ABSENT);
    }
    return false;
  }

  #withConstants(path: string, moduleDir: string): string | undefined {
    const unknown: string[] = [];
    const full = path.replace(
      /\$(?:\{(\w+)\}|(\w+)(?!\.)|)/g,
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
