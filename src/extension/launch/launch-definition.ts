import { l10n, type TaskDefinition } from 'vscode';
import { ExitCode, HumanError } from '../../core/system/human-error.ts';
import { didYouMean } from '../../core/system/near-miss.ts';
import { printable } from '../../core/system/printable.ts';
import { TARGET_IDS } from '../../core/targets/targets.ts';
import { phraseText } from '../phrase-text.ts';
import { TASK_TYPE } from '../task-type.ts';
import type { LaunchOption } from '../target-view.ts';
import { LAUNCH_OPTIONS } from '../target-views.ts';

/** Id of the target that a person chooses; `auto` leaves the choice to the pipeline. */
export type TargetChoice = string;

export const TARGETS: readonly TargetChoice[] = ['auto', ...TARGET_IDS];

/** Values of launch options (`target-view.ts`), by the names of their properties. */
export type OptionValues = Readonly<Record<string, unknown>>;

/** The value of an option that a launch itself has. */
export function ownValue({ property }: LaunchOption, values: OptionValues): string | undefined {
  const value = values[property];
  return typeof value === 'string' ? value : undefined;
}

/** A launch in `tasks.json`; package.json describes each property. It has those of the targets' launch options too. */
export interface LaunchDefinition extends TaskDefinition {
  readonly type: typeof TASK_TYPE;
  readonly pipeline: string;
  readonly profile?: string;
  readonly paramsFile?: string;
  readonly resume?: boolean;
  readonly secrets?: readonly string[];
  readonly allowMissing?: boolean;
  readonly target?: TargetChoice;
  readonly arguments?: readonly string[];
}

/** Checks for a word that counts as a value, not as an option, for Nextflow and for nf-secrets. */
const isWord = (value: unknown): boolean =>
  typeof value === 'string' && value !== '' && !value.startsWith('-');
const isTexts = (value: unknown): boolean =>
  Array.isArray(value) && value.every((item) => typeof item === 'string');

/** Closed list of properties, with a check for each. */
const PROPERTIES: Readonly<Record<string, (value: unknown) => boolean>> = {
  pipeline: isWord,
  profile: isWord,
  paramsFile: isWord,
  resume: (value) => typeof value === 'boolean',
  secrets: isTexts,
  allowMissing: (value) => typeof value === 'boolean',
  target: (value) => TARGETS.some((target) => target === value),
  arguments: isTexts,
  ...Object.fromEntries(
    LAUNCH_OPTIONS.map((option) => [
      option.property,
      (value: unknown) => typeof value === 'string' && option.isRight(value),
    ]),
  ),
};

/** @throws HumanError 64 if a property is unknown, missing or of a wrong kind. */
export function readDefinition(definition: TaskDefinition): LaunchDefinition {
  const refuse = (what: string): HumanError =>
    new HumanError(ExitCode.usage, l10n.t('A task of the type {0} is not right: {1}', TASK_TYPE, what));
  for (const [name, value] of Object.entries(definition)) {
    if (name === 'type') continue;
    const isRight = PROPERTIES[name];
    if (isRight === undefined) {
      const near = didYouMean(name, Object.keys(PROPERTIES));
      throw refuse(
        `${l10n.t('there is no property {0}.', printable(name))}${near === '' ? '' : phraseText(near)}`,
      );
    }
    if (!isRight(value)) throw refuse(l10n.t('the value of {0} cannot be used.', name));
  }
  if (definition['pipeline'] === undefined) throw refuse(l10n.t('it has no pipeline.'));
  return definition as LaunchDefinition;
}
