import type { LedgerEntry } from '../core/targets/lease-entry.ts';
import type { LeaseItem } from '../core/targets/lease-item.ts';
import type { Releasable } from '../core/targets/target.ts';

/** A lease item as the view of runs shows it. */
export interface ItemView {
  /** The name that a person looks for. */
  readonly title: string;
  readonly description: string;
  readonly tooltip: string;
  /** Id of a `ThemeIcon`. */
  readonly icon: string;
}

/** A target as the extension shows it. */
export interface TargetView {
  /** The target's id. */
  readonly target: string;
  /** @param label - a path, an ARN. */
  item(item: LeaseItem, label: string, entry: Releasable | undefined): ItemView;
  /** The target of a run in few words, and lines for its tooltip. Undefined if nothing of the run is in this target. */
  run?(entry: LedgerEntry): { readonly short: string; readonly tooltip: readonly string[] } | undefined;
}
