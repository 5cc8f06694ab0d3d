import { l10n, workspace, type WorkspaceFolder } from 'vscode';
import { type Destination, destinationOf } from '../../core/targets/destination.ts';
import { printable } from '../../core/system/printable.ts';
import type { PipelineCode } from '../../core/pipeline/pipeline.ts';
import type { World } from '../../core/system/world.ts';
import { settings } from '../settings.ts';
import type { LaunchOption } from '../target-view.ts';
import { viewOf } from '../target-views.ts';
import { type OptionValues, ownValue, type TargetChoice, TARGETS } from './launch-definition.ts';

/** The target of a launch, as far as it is known before it runs. */
export interface LaunchTarget {
  readonly choice: TargetChoice;
  /** The service that the pipeline's code names, for any choice. */
  readonly inCode: Destination | undefined;
  /** The service that the launch will assume. */
  readonly destination: Destination | undefined;
  /** The options of that service. */
  readonly options: readonly FoundOption[];
}

/** An option of a launch with its value. */
export interface FoundOption {
  readonly option: LaunchOption;
  /** Undefined if no source that is read here has it. */
  readonly found: FoundValue | undefined;
}

interface FoundValue {
  readonly value: string;
  /** Source in words: a location in a config, a setting, a variable. Empty for the launch itself. */
  readonly by: string;
  /** True if the source is the pipeline, which counts before the launch. */
  readonly isFixed: boolean;
}

/** The texts that decide the target of a launch. */
export interface LaunchTexts {
  /** Arguments of `nextflow`. */
  readonly args: readonly string[];
  readonly definition: OptionValues & { readonly target?: TargetChoice | undefined };
  readonly code: Pick<PipelineCode, 'settings' | 'mayUse'>;
}

/** Code that is not known here. */
export const NO_CODE: LaunchTexts['code'] = { settings: [], mayUse: new Set() };

/** Finds the target of a launch. */
export function launchTarget(texts: LaunchTexts, folder: WorkspaceFolder, world: World): LaunchTarget {
  const { args, definition, code } = texts;
  const choice = chosenTarget(definition, folder);
  const destination = destinationOf({ args }, code, choice === 'auto' ? undefined : choice, world);
  const { launchOptions = [] } = viewOf(destination?.service.id) ?? {};
  return {
    choice,
    inCode: destinationOf({ args }, code, undefined, world),
    destination,
    options: launchOptions.map((option) => findOption(option, texts, folder, world)),
  };
}

/** Finds the value of an option. The pipeline's configs count before everything else, as they do for Nextflow. */
export function findOption(
  option: LaunchOption,
  { definition, code }: Pick<LaunchTexts, 'definition' | 'code'>,
  folder: WorkspaceFolder,
  world: World,
): FoundOption {
  const inCode = code.settings.findLast(({ path }) => path.join('.') === option.config);
  if (inCode !== undefined) {
    const file = printable(workspace.asRelativePath(inCode.file, false));
    return { option, found: { value: inCode.value, by: `${file}:${inCode.line}`, isFixed: true } };
  }
  const open = (value: string, by: string): FoundOption => ({ option, found: { value, by, isFixed: false } });
  const own = ownValue(option, definition);
  if (own !== undefined) return open(own, '');
  const { setting } = option;
  const set = setting.get(folder);
  if (set !== '') return open(set, l10n.t('setting {0}', setting.id));
  const variable = option.variables.find((name) => world.env[name]);
  return variable === undefined ? { option, found: undefined } : open(world.env[variable] ?? '', variable);
}

/** The target that a launch asks for: its own, else that of the settings. */
export function chosenTarget(
  { target }: { readonly target?: TargetChoice | undefined },
  folder: WorkspaceFolder,
): TargetChoice {
  return target ?? TARGETS.find((one) => one === settings.target.get(folder)) ?? 'auto';
}

/** The target in words. */
export function targetWords({ choice, destination }: Pick<LaunchTarget, 'choice' | 'destination'>): string {
  if (choice !== 'auto') return viewOf(choice)?.title() ?? choice;
  if (destination === undefined) return l10n.t('as the pipeline says');
  const { service, isCertain } = destination;
  const title = viewOf(service.id)?.title() ?? service.title;
  return isCertain
    ? l10n.t('{0}, as the pipeline says', title)
    : l10n.t('{0}, if Nextflow tells so when it starts', title);
}

/** `eu-west-1 (nextflow.config:4)`. */
export function valueWords({ option, found }: FoundOption): string {
  if (found === undefined) return option.fallback();
  return found.by === '' ? printable(found.value) : `${printable(found.value)} (${printable(found.by)})`;
}
