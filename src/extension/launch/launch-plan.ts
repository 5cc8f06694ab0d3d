import { l10n } from 'vscode';
import { chooseSecrets, type Use, type UsedName } from '../../core/launch/plan.ts';
import { printable } from '../../core/system/printable.ts';
import { type PipelineCode, readPipeline } from '../../core/pipeline/pipeline.ts';
import type { Pulling } from '../../core/pipeline/remote-pipeline.ts';
import type { Scope } from '../../core/secrets/scope.ts';
import type { Services } from '../services.ts';
import { settings } from '../settings.ts';
import { type LaunchAws, launchAws, saidWords, targetWords } from './launch-aws.ts';
import type { LaunchDefinition } from './launch-definition.ts';
import { launchWords } from './launch-task.ts';
import type { Pipeline } from './pipelines.ts';

/** A name that a launch sends, and where its value comes from. */
export interface PlannedSecret {
  readonly name: string;
  readonly from: Scope;
  readonly overrides: readonly Scope[];
  readonly uses: readonly Use[];
  /** Whether tasks in AWS Batch get it, through AWS Secrets Manager. Only Nextflow can tell all of them. */
  readonly inAws: boolean;
}

/** What a launch would send, as its code tells. No values. */
export interface LaunchPlan {
  readonly secrets: readonly PlannedSecret[];
  readonly missing: readonly UsedName[];
  readonly optionalMissing: readonly UsedName[];
  readonly code: PipelineCode;
  readonly aws: LaunchAws;
}

/**
 * The plan of a launch from names alone, by the same rules as the launch itself.
 *
 * @param pulling - `if-needed` only where the launch follows: Nextflow is then asked for a remote pipeline.
 * @throws HumanError 69 if a remote pipeline is not on this machine.
 */
export async function planFor(
  { word, folder }: Pipeline,
  definition: LaunchDefinition,
  { secrets, openWorld }: Services,
  pulling: Pulling = 'never',
): Promise<LaunchPlan> {
  const command = {
    // Not started: a plan runs no code. Its text tells its version, and that which clone of a pipeline it runs.
    executable: settings.nextflowPath.get(folder) || 'nextflow',
    args: ['run', ...launchWords(definition, folder)],
    pipeline: word,
    background: undefined,
  };
  const world = openWorld(folder.uri);
  const code = await readPipeline(command, pulling, world);
  const aws = launchAws({ args: command.args, definition, code }, folder, world);
  const key = folder.uri.toString();
  const rows = secrets.inFolder(key)?.rows ?? [];
  const needs = chooseSecrets(code, new Set(rows.map(({ name }) => name)), { only: definition.secrets });
  const planned = needs.names.flatMap((name): PlannedSecret[] => {
    const [from, ...overrides] = rows.filter((row) => row.name === name).map(({ scope }) => scope);
    const uses = needs.usesOf.get(name) ?? [];
    // `secrets.X` is read by Nextflow itself, wherever the tasks run.
    const inAws = aws.use === 'yes' && uses.some(({ kind }) => kind === 'directive');
    return from === undefined ? [] : [{ name, from, overrides, uses, inAws }];
  });
  const { missing, optionalMissing } = needs;
  return { secrets: planned, missing, optionalMissing, code, aws };
}

/** The plan as a text that a person, or a screen reader, can read. */
export function planText({ word }: Pipeline, plan: LaunchPlan): string {
  const { secrets, missing, optionalMissing, code, aws } = plan;
  const places = (uses: readonly Use[]): string[] =>
    uses.map(
      ({ file, line, process }) =>
        `    ${printable(file)}:${line}${process === null ? '' : `  ${printable(process)}`}`,
    );
  const section = (title: string, lines: readonly string[]): string[] =>
    lines.length === 0 ? [] : ['', title, ...lines];
  const names = (used: readonly UsedName[]): string[] =>
    used.flatMap(({ name, uses }) => [`  ${printable(name)}`, ...places(uses)]);
  const sent = secrets.flatMap(({ name, from, overrides, uses, inAws }) => {
    const over = overrides.length === 0 ? '' : `, ${l10n.t('overrides {0}', overrides.join(', '))}`;
    return [`  ${printable(name)}  ${from}${over}${inAws ? '  secrets-manager' : ''}`, ...places(uses)];
  });
  const where =
    aws.use === 'no'
      ? []
      : [
          `  ${l10n.t('Target: {0}', targetWords(aws))}`,
          `  ${l10n.t('Region: {0}', saidWords(aws.region))}`,
          `  ${l10n.t('Profile: {0}', saidWords(aws.profile))}`,
        ];
  const unknown = [
    ...code.dynamic.map(({ file, line, text }) => `  ${printable(file)}:${line}  ${printable(text)}`),
    ...code.notRead.map((line) => `  ${printable(line)}`),
  ];
  const nothing = secrets.length + missing.length + optionalMissing.length === 0;
  return [
    l10n.t('What a launch of {0} sends, from names in its code', printable(word)),
    ...section(l10n.t('AWS'), where),
    ...section(l10n.t('Sent'), sent),
    ...section(l10n.t('Missing: the launch stops'), names(missing)),
    ...section(l10n.t('Optional, not set'), names(optionalMissing)),
    ...section(l10n.t('Not known before it runs'), unknown),
    ...(nothing ? ['', l10n.t('Its code refers to no secret.')] : []),
    '',
  ].join('\n');
}

/** `main.nf:12`, for one use in the plan. */
export const placeOfUse = ({ file, line }: Use): string => `${printable(file)}:${line}`;
