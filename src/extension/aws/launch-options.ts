import { l10n } from 'vscode';
import { printable } from '../../core/system/printable.ts';
import { ConfigValue } from '../config-value.ts';
import type { LaunchOption } from '../target-view.ts';

const fallback = (): string => l10n.t('that of your AWS configuration');

const region: LaunchOption = {
  property: 'awsRegion',
  setting: new ConfigValue('aws.region', ''),
  config: 'aws.region',
  variables: ['AWS_REGION', 'AWS_DEFAULT_REGION'],
  icon: 'globe',
  // It becomes a part of host names.
  isRight: (value) => /^[a-z0-9-]+$/.test(value),
  title: () => l10n.t('AWS region'),
  planLine: (value) => l10n.t('Region: {0}', value),
  fallback,
  question: () => ({
    prompt: l10n.t('AWS_REGION of the launch; empty for that of your AWS configuration'),
    placeholder: 'eu-west-1',
    problem: l10n.t('A region is written like eu-west-1.'),
  }),
};

const profile: LaunchOption = {
  property: 'awsProfile',
  setting: new ConfigValue('aws.profile', ''),
  config: 'aws.profile',
  variables: ['AWS_PROFILE'],
  icon: 'account',
  // The name of a section in the files of the AWS command line.
  isRight: (value) => value.trim() !== '' && printable(value) === value,
  title: () => l10n.t('AWS profile'),
  planLine: (value) => l10n.t('Profile: {0}', value),
  fallback,
  question: () => ({
    prompt: l10n.t('AWS_PROFILE of the launch; empty for that of your AWS configuration'),
    problem: l10n.t('This cannot be the name of a profile.'),
  }),
};

/** The options of launches that use AWS. */
export const AWS_OPTIONS: readonly LaunchOption[] = [region, profile];
