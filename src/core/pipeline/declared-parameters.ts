import { join } from 'node:path';
import type { GraphFile } from './include-graph.ts';
import type { SourceTree } from './source-tree.ts';

/**
 * Finds which parameters a pipeline knows, of some that a person may have meant for another program: its code names
 * them, or its `nextflow_schema.json` does. A name in the text is enough: nothing is refused that may be right.
 */
export class DeclaredParameters {
  readonly #unknown: Map<string, RegExp>;

  /** @param names - names as they are typed, without dashes before them: `dry-run`. */
  constructor(names: readonly string[]) {
    this.#unknown = new Map(names.map((name) => [name, mentionOf(name)]));
  }

  add({ text = '' }: Pick<GraphFile, 'text'>): void {
    for (const [name, mention] of this.#unknown) if (mention.test(text)) this.#unknown.delete(name);
  }

  /** @returns the names that are no parameters of the pipeline. */
  async unknown(projectDir: string, tree: SourceTree): Promise<readonly string[]> {
    if (this.#unknown.size === 0) return [];
    const schema = await tree.read(join(projectDir, 'nextflow_schema.json'));
    if ('bytes' in schema) this.add({ text: schema.bytes.toString('utf8') });
    return [...this.#unknown.keys()];
  }
}

/** Matches `params.dryRun`, `params['dry-run']`, `dry_run = …` in a block, and `"dry_run": …` in a schema. */
function mentionOf(name: string): RegExp {
  const form = name.replace(/-(\w)/g, (_, letter: string) => `(?:[-_]?[${letter}${letter.toUpperCase()}])`);
  return new RegExp(`params\\s*(?:\\?\\s*)?[.[]\\s*["']?${form}\\b|\\b${form}["']?\\s*[:=](?![=~])`);
}
