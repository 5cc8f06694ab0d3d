import type { SourceProcess, SourceSecretSetting, SourceSelector } from '../references/scan.ts';
import { type Choice, chooses, isPlainSelector } from './selector.ts';

// Which of several lists of secrets a process gets. Nextflow takes the last one that there is of: `process.secret`, the
// process's own directives, `withLabel`, `withName` (`nextflow.script.ProcessConfig`). Of two selectors of a kind, the
// one wins whose first mention stands behind that of the other; what is set in the same block again, replaces what was.

/** With more settings, none is said to have no effect: real pipelines have a handful. */
const MAX_SETTINGS = 100;

/** A config's `secret = …`, and where it comes in the order that configs are read in. */
export interface PlacedSetting extends SourceSecretSetting {
  readonly position: readonly number[];
}

export interface PlacedSelector extends Pick<SourceSelector, 'name' | 'profile'> {
  readonly position: readonly number[];
}

/** All that decides which secrets processes get. */
export interface SecretDirectives<Process extends SourceProcess, Setting extends PlacedSetting> {
  readonly processes: readonly Process[];
  /** Of the profiles in use. */
  readonly settings: readonly Setting[];
  readonly selectors: readonly PlacedSelector[];
  /** Names that processes have beside their own. */
  readonly aliases: ReadonlySet<string>;
  /** Whether there can be no other process. */
  readonly isComplete: boolean;
}

/** Processes whose own directives, and settings, certainly have no effect, in every version of Nextflow. */
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
 * Whether a setting certainly takes the place of another one. In a file, a profile is merged at its end, or, with the
 * strict syntax, where it stands.
 */
function replaces(later: PlacedSetting, earlier: PlacedSetting): boolean {
  if (!later.replaces || later.selector !== earlier.selector) return false;
  const isInLaterFile = (later.position[0] ?? 0) > (earlier.position[0] ?? 0);
  const areAlike = later.profile === earlier.profile || earlier.profile === null;
  return isInLaterFile || (areAlike && isBehind(later.position, earlier.position));
}

/** Tells whether a selector that chooses a process by its own name wins against another one that may choose it. */
function strength(
  selectors: readonly PlacedSelector[],
  aliases: ReadonlySet<string>,
): (one: string, other: string) => boolean {
  // What a profile mentions comes sooner in the strict syntax than in Groovy's.
  const uncertain = new Set(selectors.flatMap(({ name, profile }) => (profile === null ? [] : [name])));
  const first = new Map<string, readonly number[]>();
  for (const { name, position } of selectors) {
    const known = first.get(name);
    if (known === undefined || isBehind(known, position)) first.set(name, position);
  }
  return (one, other) => {
    if (one === other) return false;
    const isLabel = one.startsWith('withLabel:');
    const isOtherLabel = other.startsWith('withLabel:');
    if (isLabel !== isOtherLabel) return isOtherLabel;
    // By an alias or a full name, a process is chosen after all others.
    if (!isOtherLabel && !isPlainSelector(other, aliases)) return false;
    const [from, otherFrom] = [first.get(one), first.get(other)];
    if (from === undefined || otherFrom === undefined) return false;
    return !uncertain.has(one) && !uncertain.has(other) && isBehind(from, otherFrom);
  };
}

function isBehind(one: readonly number[], other: readonly number[]): boolean {
  for (const [index, at] of one.entries()) {
    const from = other[index];
    if (from === undefined || at !== from) return from === undefined || at > from;
  }
  return false;
}
