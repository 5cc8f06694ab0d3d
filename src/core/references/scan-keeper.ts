import type { SourceScan } from './scan.ts';

/** The parts of a file's scan that are kept. */
export type KeptScan = Pick<
  SourceScan,
  'references' | 'dynamic' | 'diagnostics' | 'entryWorkflow' | 'profiles'
>;

export const NOTHING_FOUND: KeptScan = {
  references: [],
  dynamic: [],
  diagnostics: [],
  entryWorkflow: null,
  profiles: [],
};

/** Copies scans, so that no part of a string keeps the whole text in memory. Keeps each name once. */
export class ScanKeeper {
  readonly #names = new Map<string, string>();

  keep({ references, dynamic, diagnostics, entryWorkflow, profiles }: SourceScan): KeptScan {
    if (references.length + dynamic.length + diagnostics.length + profiles.length === 0) {
      return entryWorkflow === null ? NOTHING_FOUND : { ...NOTHING_FOUND, entryWorkflow };
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
      diagnostics: diagnostics.map((one) => ({
        ...one,
        name: own(one.name),
        ...(one.setting !== undefined && { setting: own(one.setting) }),
        ...(one.through !== undefined && { through: own(one.through) }),
      })),
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
