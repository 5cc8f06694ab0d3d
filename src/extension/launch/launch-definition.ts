import { l10n, type TaskDefinition } from 'vscode';
import { ExitCode, HumanError } from '../../core/system/human-error.ts';
import { didYouMean } from '../../core/system/near-miss.ts';
import { printable } from '../../core/system/printable.ts';
import { phraseText } from '../phrase-text.ts';

/** Type of the tasks of this extension. */
export const TASK_TYPE = 'nextflow-secrets';

/** Target that a person chooses; `auto` leaves the choice to the pipeline. */
export type TargetChoice = (typeof TARGETS)[number];

export const TARGETS = ['auto', 'local', 'aws-batch'] as const;

/** A launch in `tasks.json`; package.json describes each property. */
export interface LaunchDefinition extends TaskDefinition {
  readonly type: typeof TASK_TYPE;
  readonly pipeline: string;
  readonly profile?: string;
  readonly paramsFile?: string;
  readonly resume?: boolean;
  readonly secrets?: readonly string[];
  readonly allowMissing?: boolean;
  readonly target?: TargetChoice;
  readonly awsRegion?: string;
  readonly awsProfile?: string;
  readonly arguments?: readonly string[];
}

/** Checks for a word that counts as a value, not as an option, for Nextflow and for nf-secrets. */
const isWord = (value: unknown): boolean =>
  typeof value === 'string' && value !== '' && !value.startsWith('-');
const isTexts = (value: unknown): boolean =>
  Array.isArray(value) && value.every((item) => typeof item === 'string');

/** Checks for an AWS region, which becomes a part of host names. */
export const isRegion = (value: unknown): boolean => typeof value === 'string' && /^[a-z0-9-]+$/.test(value);
/** Checks for the name of a section in the files of the AWS command line. */
export const isProfile = (value: unknown): boolean =>
  typeof value === 'string' && value.trim() !== '' && printable(value) === value;

/** Closed list of properties, with a check for each. */
const PROPERTIES: Readonly<Record<string, (value: unknown) => boolean>> = {
  pipeline: isWord,
  profile: isWord,
  paramsFile: isWord,
  resume: (value) => typeof value === 'boolean',
  secrets: isTexts,
  allowMissing: (value) => typeof value === 'boolean',
  target: (value) => TARGETS.some((target) => target === value),
  awsRegion: isRegion,
  awsProfile: isProfile,
  arguments: isTexts,
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
