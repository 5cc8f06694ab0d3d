import { awsView } from './aws/aws-view.ts';
import { localView } from './runs/local-view.ts';
import type { TargetView } from './target-view.ts';

/** All targets, as the extension shows them. */
export const TARGET_VIEWS: readonly TargetView[] = [localView, awsView];
