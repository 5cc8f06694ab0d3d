import type { SourceProcess, SourceSecretSetting, SourceSelector } from '../references/scan.ts';
import { type Choice, chooses, isPlainSelector } from './selector.ts';

// The list of secrets that a process gets, if there are several. Nextflow takes the last one that exists of:
// `process.secret`, the process's own directives, `withLabel`, `withName` (`nextflow.script.ProcessConfig`). Of two
// selectors of a kind, the one with the later first mention wins. A second setting in a block replaces the first.

/** With more settings, none is reported to have no effect: real pipelines have a handful. */
const MAX_SETTINGS = 100;

/** A config's `secret = …`, and its position in the order of the configs. */
export interface PlacedSetting extends SourceSecretSetting {
  readonly position: readonly number[];
}

export interface PlacedSelector extends Pick<SourceSelector, 'name' | 'profile'> {
  readonly position: readonly number[];
}

/** Everything that decides which secrets processes get. */
export interface SecretDirectives<Process extends SourceProcess, Setting extends PlacedSetting> {
  readonly processes: readonly Process[];
  /** Settings outside of profiles, and of the profiles in use. */
  readonly settings: readonly Setting[];
  readonly selectors: readonly PlacedSelector[];
  /** Other names of processes, beside their own. */
  readonly aliases: ReadonlySet<string>;
  /** True if there can be no other process. */
  readonly isComplete: boolean;
}

/** Finds settings, and processes with directives, that certainly have no effect in every version of Nextflow. */
export function replacedDirectives<Process extends SourceProcess, Setting extends PlacedSetting>({
  processes,
  settings,
  selectors,
  aliases,
  isComplete,
}: SecretDirectives<Process, Setting>): {
  readonly processes: ReadonlySet<Process>;
  readonly settings: ReadonlySet<Setting>;
} {
  if (settings.length > MAX_SETTINGS) return { processes: new Set(), settings: new Set() };
  const effective = settings.filter((one) => !settings.some((other) => replaces(other, one)));
  const certain = effective.filter((one) => one.replaces && one.selector !== null);
  const replaced = new Set(settings.filter((one) => !effective.includes(one)));
  const choices = new Map(settings.map(({ selector }) => [selector, chooses(selector ?? '', aliases)]));
  const choice = (selector: string | null, process: Process): Choice =>
    choices.get(selector)?.(process) ?? 'unknown';
  const winners = new Map(
    processes.map((process) => [
      process,
      certain.filter(({ selector }) => choice(selector, process) === 'yes'),
    ]),
  );
  const isStronger = strength(selectors, aliases);
  const tasks = processes.filter(({ isNative }) => !isNative);
  for (const one of isComplete ? effective : []) {
    const { selector } = one;
    const isUseless = tasks.every((process) => {
      const chosenBy = winners.get(process) ?? [];
      if (selector === null) return process.hasSecrets || chosenBy.length > 0;
      if (choice(selector, process) === 'no') return true;
      return chosenBy.some((other) => isStronger(other.selector ?? '', selector));
    });
    if (isUseless) replaced.add(one);
  }
  return {
    processes: new Set(processes.filter((process) => winners.get(process)?.length !== 0)),
    settings: replaced,
  };
}

/**
 * Tells whether a setting certainly replaces another one. Nextflow merges a profile at the end of its file, or, with
 * the strict syntax, at its own position.
 */
function replaces(later: PlacedSetting, earlier: PlacedSetting): boolean {
  if (!later.replaces || later.selector !== earlier.selector) return false;
  const isInLaterFile = (later.position[0] ?? 0) > (earlier.position[0] ?? 0);
  const areAlike = later.profile === earlier.profile || earlier.profile === null;
  return isInLaterFile || (areAlike && isLater(later.position, earlier.position));
}

/** Tells whether a selector that chooses a process by its own name wins against another one that may choose it. */
function strength(
  selectors: readonly PlacedSelector[],
  aliases: ReadonlySet<string>,
): (one: string, other: string) => boolean {
  // A mention in a profile comes sooner in the strict syntax than in Groovy's.
  const uncertain = new Set(selectors.flatMap(({ name, profile }) => (profile === null ? [] : [name])));
  const first = new Map<string, readonly number[]>();
  for (const { name, position } of selectors) {
    const known = first.get(name);
    if (known === undefined || isLater(known, position)) first.set(name, position);
  }
  return (one, other) => {
    if (one === other) return false;
    const isLabel = one.startsWith('withLabel:');
    const isOtherLabel = other.startsWith('withLabel:');
    if (isLabel !== isOtherLabel) return isOtherLabel;
    // A selector by an alias or a full name chooses a process after all others.
    if (!isOtherLabel && !isPlainSelector(other, aliases)) return false;
    const [from, otherFrom] = [first.get(one), first.get(other)];
    if (from === undefined || otherFrom === undefined) return false;
    return !uncertain.has(one) && !uncertain.has(other) && isLater(from, otherFrom);
  };
}

function isLater(one: readonly number[], other: readonly number[]): boolean {
  for (const [index, at] of one.entries()) {
    const from = other[index];
    if (from === undefined || at !== from) return from === undefined || at > from;
  }
  return false;
}
