import type { SourceScan } from '../../core/references/scan-source.ts';

/** What is kept of a file's scan. */
export type KeptScan = Pick<
  SourceScan,
  'references' | 'dynamic' | 'diagnostics' | 'entryWorkflow' | 'profiles'
>;

/** What is kept of a text that says nothing of secrets. */
export const NOTHING: KeptScan = {
  references: [],
  dynamic: [],
  diagnostics: [],
  entryWorkflow: null,
  profiles: [],
};

/**
 * Takes of scans what is kept, without strings that are cut from the text, which would keep all of the text, and each
 * name once.
 */
export class ScanKeeper {
  readonly #names = new Map<string, string>();

  kept({ references, dynamic, diagnostics, entryWorkflow, profiles }: SourceScan): KeptScan {
    if (references.length + dynamic.length + diagnostics.length + profiles.length === 0) {
      return entryWorkflow === null ? NOTHING : { ...NOTHING, entryWorkflow };
    }
    const own = <T extends string | null>(text: T): T => (text === null ? text : (this.#own(text) as T));
    return {
      references: references.map((one) => ({
        ...one,
        name: own(one.name),
        process: own(one.process),
        profile: own(one.profile),
        guards: one.guards.map(({ name, set }) => ({ name: own(name), set })),
      })),
      dynamic: dynamic.map((one) => ({
        ...one,
        text: own(one.text),
        process: own(one.process),
        profile: own(one.profile),
      })),
      diagnostics: diagnostics.map((one) => ({ ...one, name: own(one.name) })),
      entryWorkflow,
      profiles: profiles.map((one) => ({ ...one, name: own(one.name) })),
    };
  }

  #own(text: string): string {
    const known = this.#names.get(text);
    if (known !== undefined) return known;
    const own = Buffer.from(text, 'utf16le').toString('utf16le');
    this.#names.set(own, own);
    return own;
  }
}
