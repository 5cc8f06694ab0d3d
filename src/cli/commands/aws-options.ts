import { AWS_BATCH_TARGET } from '../../core/targets/aws-batch/items.ts';
import type { TargetOptions } from '../target-options.ts';

/** Options that commands for all targets have for this one alone. */
export const awsOptions: TargetOptions = {
  target: AWS_BATCH_TARGET,
  sweep: {
    name: 'aws',
    description: 'show what is left in AWS, even if you had no run there in the last 30 days',
    example: 'AWS_REGION=eu-west-1 nf-secrets sweep --aws',
  },
};
