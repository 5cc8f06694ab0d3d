import { l10n } from 'vscode';
import {
  type LaunchPlan,
  planLaunch,
  scopesByName,
  type UnsentSecret,
  type Use,
} from '../../core/launch/plan.ts';
import { originOf } from '../../core/launch/program.ts';
import { phraseText } from '../phrase-text.ts';
import { printable } from '../../core/system/printable.ts';
import { type PipelineCode, readPipeline } from '../../core/pipeline/pipeline.ts';
import { SERVICE_EXECUTORS } from '../../core/targets/targets.ts';
import type { Pulling } from '../../core/pipeline/remote-pipeline.ts';
import { scopeWord } from '../scope-words.ts';
import type { Services } from '../services.ts';
import { settings } from '../settings.ts';
import { viewOf } from '../target-views.ts';
import type { LaunchDefinition } from './launch-definition.ts';
import { type LaunchTarget, launchTarget, targetWords, valueWords } from './launch-target.ts';
import { launchWords } from './launch-task.ts';
import type { Pipeline } from './pipelines.ts';

/** The plan of a launch, from the texts of its pipeline. Only Nextflow knows everything that tasks in a service get. */
export interface PipelinePlan extends LaunchPlan {
  readonly code: PipelineCode;
  readonly target: LaunchTarget;
}

/**
 * The plan of a launch from names alone, by the same rules as the launch itself.
 *
 * @param pulling - `if-needed` only if the launch follows: Nextflow then fetches a remote pipeline.
 * @throws HumanError 69 if a remote pipeline is not on this machine.
 */
export async function planFor(
  { word, folder }: Pipeline,
  definition: LaunchDefinition,
  { secrets, openWorld }: Services,
  pulling: Pulling = 'never',
): Promise<PipelinePlan> {
  const command = {
    // Not started: a plan runs no code. Its text has its version, and the version decides which clone it runs.
    executable: settings.nextflowPath.get(folder) || 'nextflow',
    args: ['run', ...launchWords(definition, folder)],
    pipeline: word,
    background: undefined,
  };
  const world = openWorld(folder.uri);
  const code = await readPipeline(command, { pulling, services: SERVICE_EXECUTORS }, world);
  const target = launchTarget({ args: command.args, definition, code }, folder, world);
  const key = folder.uri.toString();
  const rows = secrets.inFolder(key)?.rows ?? [];
  const origin = originOf(command, world);
  const available = { scopesOf: scopesByName(rows) };
  const plan = planLaunch({ code, destination: target.destination, origin }, available, {
    only: definition.secrets,
  });
  return { ...plan, code, target };
}

/** The plan as a text that a person, or a screen reader, can read. */
export function planText({ word }: Pipeline, plan: PipelinePlan): string {
  const { secrets, missing, optionalMissing, passedOn, code, target } = plan;
  const locations = (uses: readonly Use[]): string[] =>
    uses.map(
      ({ file, line, process }) =>
        `    ${printable(file)}:${line}${process === null ? '' : `  ${printable(process)}`}`,
    );
  const section = (title: string, lines: readonly string[]): string[] =>
    lines.length === 0 ? [] : ['', title, ...lines];
  const names = (used: readonly UnsentSecret[]): string[] =>
    used.flatMap(({ name, uses }) => [`  ${printable(name)}`, ...locations(uses)]);
  const unset = ({ isSet }: UnsentSecret): boolean => !isSet;
  const leftOut = ({ isSet }: UnsentSecret): boolean => isSet;
  const sent = secrets.flatMap(({ name, from, overrides, uses, delivery }) => {
    const over =
      overrides.length === 0 ? '' : `, ${l10n.t('overrides {0}', overrides.map(scopeWord).join(', '))}`;
    return [
      `  ${printable(name)}  ${scopeWord(from)}${over}${delivery === undefined ? '' : `  ${delivery}`}`,
      ...locations(uses),
    ];
  });
  const unknown = [
    ...code.dynamic.map(({ file, line, text }) => `  ${printable(file)}:${line}  ${printable(text)}`),
    ...code.notRead.map((line) => `  ${phraseText(line)}`),
  ];
  const nothing = secrets.length + missing.length + optionalMissing.length === 0;
  return [
    l10n.t('What a launch of {0} sends, from names in its code', printable(word)),
    ...serviceLines(target),
    ...section(l10n.t('Sent'), sent),
    ...section(
      l10n.t('Passed on from your own Nextflow store, though the code does not name them'),
      passedOn.map((name) => `  ${printable(name)}`),
    ),
    ...section(l10n.t('Missing: the launch stops'), names(missing.filter(unset))),
    ...section(l10n.t('Left out, but needed: the launch stops'), names(missing.filter(leftOut))),
    ...section(l10n.t('Optional, not set'), names(optionalMissing.filter(unset))),
    ...section(l10n.t('Optional, left out'), names(optionalMissing.filter(leftOut))),
    ...section(l10n.t('Not known before it runs'), unknown),
    ...(nothing ? ['', l10n.t('Its code refers to no secret.')] : []),
    '',
  ].join('\n');
}

/** The service that tasks go to, and its options. None if they stay on this machine. */
function serviceLines(target: LaunchTarget): string[] {
  const { destination, options } = target;
  if (destination === undefined) return [];
  const title = viewOf(destination.service.id)?.planTitle?.() ?? destination.service.title;
  return [
    '',
    title,
    `  ${l10n.t('Target: {0}', targetWords(target))}`,
    ...options.map((option) => `  ${option.option.planLine(valueWords(option))}`),
  ];
}

/** `main.nf:12`, for one use in the plan. */
export const locationOf = ({ file, line }: Use): string => `${printable(file)}:${line}`;
