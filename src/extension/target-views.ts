import { awsView } from './aws/aws-view.ts';
import { localView } from './runs/local-view.ts';
import type { LaunchOption, TargetView } from './target-view.ts';

/** All targets, as the extension shows them. */
export const TARGET_VIEWS: readonly TargetView[] = [localView, awsView];

/** The options of launches to all targets. */
export const LAUNCH_OPTIONS: readonly LaunchOption[] = TARGET_VIEWS.flatMap(
  ({ launchOptions = [] }) => launchOptions,
);

/** The view of a target; undefined if there is none of this id. */
export const viewOf = (id: string | undefined): TargetView | undefined =>
  TARGET_VIEWS.find(({ target }) => target === id);
