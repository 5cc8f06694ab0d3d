import { type Phrase, phrase } from '../system/phrase.ts';
import { printable } from '../system/printable.ts';
import type { LostInclude } from './include-graph.ts';

/** URL of institutions' configs that pipelines of nf-core include: each is a profile, and nothing else matters here. */
const INSTITUTIONS = 'https://raw.githubusercontent.com/nf-core/configs/';

interface NotRead extends LostInclude {
  /** Path as it is shown. */
  readonly file: string;
  readonly isConfig: boolean;
}

/** Code of a pipeline that is not read, in words: one line for all files with the same reason. */
export class UnreadCode {
  readonly #files: Phrase[] = [];
  readonly #includes: NotRead[] = [];

  addFile(file: string, problem: Phrase): void {
    this.#files.push(phrase`${printable(file)} is not read: ${problem}.`);
  }

  addInclude(file: string, isConfig: boolean, lost: LostInclude): void {
    this.#includes.push({ ...lost, file, isConfig });
  }

  /**
   * Tells whether configs that are not read may set parameters of this run.
   *
   * @param areProfilesKnown - true if all profiles in use are in configs that were read.
   */
  mayLackConfig(areProfilesKnown: boolean): boolean {
    return this.#matters(areProfilesKnown).some(({ isConfig }) => isConfig);
  }

  lines(areProfilesKnown: boolean): Phrase[] {
    const byReason = new Map<string, NotRead[]>();
    for (const one of this.#matters(areProfilesKnown)) {
      const key = `${String(one.isConfig)}\0${String(one.reason)}`;
      byReason.set(key, [...(byReason.get(key) ?? []), one]);
    }
    return [...this.#files, ...[...byReason.values()].flatMap(line)];
  }

  #matters(areProfilesKnown: boolean): NotRead[] {
    return this.#includes.filter(
      ({ isConfig, target = '' }) => !(isConfig && areProfilesKnown && target.startsWith(INSTITUTIONS)),
    );
  }
}

function line([first, ...others]: readonly NotRead[]): Phrase[] {
  if (first === undefined) return [];
  const { file, include, reason } = first;
  const at = `${printable(file)}:${include.line}`;
  return [
    others.length === 0
      ? phrase`${at} includes code that is not read: ${reason}.`
      : phrase`${at} and ${others.length} more like it include code that is not read: ${reason}.`,
  ];
}
