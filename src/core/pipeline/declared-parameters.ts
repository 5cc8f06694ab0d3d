import { dirname, join } from 'node:path';
import type { GraphFile } from './include-graph.ts';
import type { SourceTree } from './source-tree.ts';

/**
 * Finds which parameters a pipeline knows, of some that a person may have meant for another program: its code names
 * them, or its `nextflow_schema.json` does. A name in the text is enough: nothing is refused that may be right.
 */
export class DeclaredParameters {
  readonly #unknown: Map<string, RegExp>;
  /** Paths that templates of processes may have. */
  readonly #templates = new Set<string>();

  /** @param names - names as they are typed, without dashes before them: `dry-run`. */
  constructor(names: readonly string[]) {
    this.#unknown = new Map(names.map((name) => [name, mentionOf(name)]));
  }

  add({ text = '', file }: Pick<GraphFile, 'text' | 'file'>, projectDir: string): void {
    if (this.#unknown.size === 0) return;
    this.#addText(text);
    for (const [, name = ''] of text.matchAll(TEMPLATE))
      for (const directory of [dirname(file), projectDir])
        this.#templates.add(join(directory, 'templates', name));
  }

  #addText(text: string): void {
    for (const [name, mention] of this.#unknown) if (mention.test(text)) this.#unknown.delete(name);
  }

  /** @returns the names that are no parameters of the pipeline; none if some of its code is not read here. */
  async unknown(projectDir: string, tree: SourceTree): Promise<readonly string[]> {
    if (this.#unknown.size === 0) return [];
    // Classes in Groovy, which get the parameters.
    if ((await tree.kind(join(projectDir, 'lib'))) === 'directory') return [];
    for (const path of [join(projectDir, 'nextflow_schema.json'), ...this.#templates]) {
      const source = await tree.read(path);
      if ('bytes' in source) this.#addText(source.bytes.toString('utf8'));
      else if (source.isAbsent !== true) return [];
    }
    return [...this.#unknown.keys()];
  }
}

/** Matches the name of a template in a process. */
const TEMPLATE = /\btemplate\s*\(?\s*["']([^"'$\n]+)["']/g;

/** Matches `params.dryRun`, `params['dry-run']`, `dry_run = …` in a block, and `"dry_run": …` in a schema. */
function mentionOf(name: string): RegExp {
  const form = name.replace(/-(\w)/g, (_, letter: string) => `(?:[-_]?[${letter}${letter.toUpperCase()}])`);
  return new RegExp(`params\\s*(?:\\?\\s*)?[.[]\\s*["']?${form}\\b|\\b${form}["']?\\s*[:=](?![=~])`);
}
