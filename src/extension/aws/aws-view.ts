import { l10n } from 'vscode';
import { printable } from '../../core/system/printable.ts';
import { AWS_BATCH_TARGET, type AwsItem } from '../../core/targets/aws-batch/items.ts';
import type { TargetView } from '../target-view.ts';
import { AWS_OPTIONS } from './launch-options.ts';

/** The target `aws-batch` in the extension. */
export const awsView: TargetView = {
  target: AWS_BATCH_TARGET,
  title: () => l10n.t('AWS Batch'),
  icon: 'cloud',
  planTitle: () => l10n.t('AWS'),
  launchOptions: AWS_OPTIONS,
  item: (item, label, entry) => {
    const known = item as AwsItem;
    const region = printable(entry?.aws?.region ?? '');
    return {
      title: titleOf(known),
      description: [kindOf(known), region].filter(Boolean).join(' · '),
      tooltip: l10n.t('Removed when the run ends: {0}', printable(label)),
      icon: known.kind === 'aws-secret' ? 'key' : 'server-process',
    };
  },
  run: ({ aws }) => {
    if (aws === undefined) return undefined;
    const { account, region, profile } = aws;
    return {
      short: l10n.t('AWS {0}', printable(region)),
      tooltip: [
        l10n.t('AWS account {0}, region {1}', printable(account), printable(region)),
        ...(profile === null ? [] : [l10n.t('profile {0}', printable(profile))]),
      ],
    };
  },
};

/** Title of an item. That of a secret leaves out the prefix that the names of all have. */
function titleOf(item: AwsItem): string {
  if (item.kind === 'aws-secret') return printable(item.name.slice(item.name.lastIndexOf('/') + 1));
  return printable(item.revision === null ? item.name : `${item.name}:${item.revision}`);
}

const kindOf = ({ kind }: AwsItem): string =>
  kind === 'aws-secret' ? l10n.t('AWS secret') : l10n.t('AWS job definition');
