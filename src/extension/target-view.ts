import type { LedgerEntry } from '../core/targets/lease-entry.ts';
import type { LeaseItem } from '../core/targets/lease-item.ts';
import type { Releasable } from '../core/targets/target.ts';
import type { ConfigValue } from './config-value.ts';

/** A lease item as the view of runs shows it. */
export interface ItemView {
  /** The name that a person looks for. */
  readonly title: string;
  readonly description: string;
  readonly tooltip: string;
  /** Id of a `ThemeIcon`. */
  readonly icon: string;
}

/**
 * An option of launches to one target, such as its region. A person gives it as an answer of the wizard, a property of a
 * task or a setting; a launch gets it as a variable.
 */
export interface LaunchOption {
  /** Name of the task's property; package.json describes it. */
  readonly property: string;
  readonly setting: ConfigValue<string>;
  /** Path of the setting in the pipeline's configs, which counts before everything else: `aws.region`. */
  readonly config: string;
  /** Variables that may have the value, the first before the others. A launch gets the first. */
  readonly variables: readonly [string, ...string[]];
  /** Id of a `ThemeIcon`. */
  readonly icon: string;
  isRight(value: string): boolean;
  title(): string;
  /** Line of the plan for a value, in words. */
  planLine(value: string): string;
  /** Words for the value if no source that is read here has it. */
  fallback(): string;
  question(): OptionQuestion;
}

/** Question for an option of a launch; an empty answer leaves it to settings and environment. */
export interface OptionQuestion {
  readonly prompt: string;
  readonly placeholder?: string;
  /** Answer to a value that is not right. */
  readonly problem: string;
}

/** A target as the extension shows it. */
export interface TargetView {
  /** The target's id. */
  readonly target: string;
  /** Name in questions. */
  title(): string;
  /** Id of a `ThemeIcon`. */
  readonly icon: string;
  /** Title of its part of a launch's plan. Absent if the plan has none. */
  planTitle?(): string;
  /** Absent: it has none. */
  readonly launchOptions?: readonly LaunchOption[];
  /** @param label - a path, an ARN. */
  item(item: LeaseItem, label: string, entry: Releasable | undefined): ItemView;
  /** The target of a run in few words, and lines for its tooltip. Undefined if nothing of the run is in this target. */
  run?(entry: LedgerEntry): { readonly short: string; readonly tooltip: readonly string[] } | undefined;
}
