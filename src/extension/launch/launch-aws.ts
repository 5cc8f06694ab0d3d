import { l10n, workspace, type WorkspaceFolder } from 'vscode';
import { type Destination, destinationOf, useOf } from '../../core/targets/destination.ts';
import type { ServiceUse } from '../../core/targets/executors.ts';
import { printable } from '../../core/system/printable.ts';
import type { PipelineCode } from '../../core/pipeline/pipeline.ts';
import type { World } from '../../core/system/world.ts';
import { settings } from '../settings.ts';
import { type LaunchDefinition, type TargetChoice, TARGETS } from './launch-definition.ts';

/** A value for AWS, with its source. */
export interface Said {
  readonly value: string;
  /** Source in words: a location in a config, a setting, a variable. Empty for the launch itself. */
  readonly by: string;
  /** True if the source is the pipeline, which counts before the launch. */
  readonly isFixed: boolean;
}

/** The use that a launch makes of AWS Batch, as far as it is known before it runs. */
export interface LaunchAws {
  /** Use according to the pipeline's code, for any target. */
  readonly inCode: ServiceUse;
  readonly target: TargetChoice;
  /** Use that the launch will assume. */
  readonly use: ServiceUse;
  readonly destination: Destination | undefined;
  /** Undefined if no source has it; the person's AWS configuration may. */
  readonly region: Said | undefined;
  readonly profile: Said | undefined;
}

/** The texts that decide the target of a launch. */
export interface LaunchTexts {
  /** Arguments of `nextflow`. */
  readonly args: readonly string[];
  readonly definition: Pick<LaunchDefinition, 'target' | 'awsRegion' | 'awsProfile'>;
  readonly code: Pick<PipelineCode, 'settings' | 'mayUse'>;
}

/** Code that is not known here. */
export const NO_CODE: LaunchTexts['code'] = { settings: [], mayUse: new Set() };

/** Finds the target of a launch. The pipeline's configs count before everything else, as they do for Nextflow. */
export function launchAws(
  { args, definition, code }: LaunchTexts,
  folder: WorkspaceFolder,
  world: World,
): LaunchAws {
  const target = targetOf(definition, folder);
  const chosen = target === 'auto' ? undefined : target;
  const of = (
    key: 'region' | 'profile',
    own: string | undefined,
    setting: typeof settings.awsRegion,
    variables: readonly string[],
  ): Said | undefined => {
    const inCode = code.settings.findLast(({ path }) => path.join('.') === `aws.${key}`);
    if (inCode !== undefined) {
      const file = printable(workspace.asRelativePath(inCode.file, false));
      return { value: inCode.value, by: `${file}:${inCode.line}`, isFixed: true };
    }
    const open = (value: string, by: string): Said => ({ value, by, isFixed: false });
    if (own !== undefined) return open(own, '');
    const set = setting.get(folder);
    if (set !== '') return open(set, l10n.t('setting {0}', setting.id));
    const variable = variables.find((name) => world.env[name]);
    return variable === undefined ? undefined : open(world.env[variable] ?? '', variable);
  };
  const destination = destinationOf({ args }, code, chosen, world);
  return {
    inCode: useOf(destinationOf({ args }, code, undefined, world)),
    target,
    use: useOf(destination),
    destination,
    region: of('region', definition.awsRegion, settings.awsRegion, ['AWS_REGION', 'AWS_DEFAULT_REGION']),
    profile: of('profile', definition.awsProfile, settings.awsProfile, ['AWS_PROFILE']),
  };
}

/** The target of a launch: its own, else that of the settings. */
export function targetOf(
  { target }: { readonly target?: TargetChoice | undefined },
  folder: WorkspaceFolder,
): TargetChoice {
  return target ?? TARGETS.find((one) => one === settings.target.get(folder)) ?? 'auto';
}

/** The target in words. */
export function targetWords({ target, use }: Pick<LaunchAws, 'target' | 'use'>): string {
  if (target === 'local') return l10n.t('this machine, or a scheduler');
  if (target === 'aws-batch') return l10n.t('AWS Batch');
  switch (use) {
    case 'yes':
      return l10n.t('AWS Batch, as the pipeline says');
    case 'maybe':
      return l10n.t('AWS Batch, if Nextflow says so when it starts');
    case 'no':
      return l10n.t('as the pipeline says');
  }
}

/** `eu-west-1 (nextflow.config:4)`; without a source the AWS SDK uses the person's AWS configuration. */
export function saidWords(said: Said | undefined): string {
  if (said === undefined) return l10n.t('that of your AWS configuration');
  return said.by === '' ? printable(said.value) : `${printable(said.value)} (${printable(said.by)})`;
}
