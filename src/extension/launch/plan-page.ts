import { join, dirname, resolve } from 'node:path';
import { l10n, Uri } from 'vscode';
import type { PlannedSecret, UnsentSecret, Use } from '../../core/launch/plan.ts';
import { nearEnd } from '../../core/secrets/expiry.ts';
import { isVaultScope } from '../../core/secrets/scope.ts';
import { printable } from '../../core/system/printable.ts';
import type { PageLine, PagePart } from '../code/linked-page.ts';
import type { NamedSecret } from '../command-arguments.ts';
import { type CommandId, commandId } from '../command-id.ts';
import { phraseText } from '../phrase-text.ts';
import { scopeWord } from '../scope-words.ts';
import { expiryOf } from '../secret-text.ts';
import { viewOf } from '../target-views.ts';
import type { LaunchDefinition } from './launch-definition.ts';
import { locationOf, type PipelinePlan } from './launch-plan.ts';
import { type LaunchTarget, targetWords, valueWords } from './launch-target.ts';
import { launchWords } from './launch-task.ts';
import type { Pipeline } from './pipelines.ts';

/** What a page of a plan is about. */
export interface PlanSubject {
  readonly pipeline: Pipeline;
  readonly definition: LaunchDefinition;
  readonly plan: PipelinePlan;
  /** Tells whether a file is one of the window's code, by its URI. */
  readonly isCode: (uri: string) => boolean;
  /** False where nothing may be changed, so that nothing is offered. */
  readonly mayAct: boolean;
}

/** The plan as a page: each location stands once below its secret, and leads there. */
export function planPage(subject: PlanSubject): PageLine[] {
  const { pipeline, definition, plan } = subject;
  const { secrets, missing, optionalMissing, passedOn, code, target } = plan;
  const unset = ({ isSet }: UnsentSecret): boolean => !isSet;
  const leftOut = ({ isSet }: UnsentSecret): boolean => isSet;
  const names = (used: readonly UnsentSecret[]): PageLine[] =>
    used.flatMap((one) => [['  ', ...nameParts(one, subject)], ...locations(one.uses, subject)]);
  const sent = secrets.flatMap((one) => [sentLine(one, subject), ...locations(one.uses, subject)]);
  const unknown = [
    ...code.dynamic.map(({ file, line, text }): PageLine => [
      '  ',
      placePart({ file, line }, subject),
      `  ${printable(text)}`,
    ]),
    ...code.notRead.map((line) => `  ${phraseText(line)}`),
  ];
  const nothing = secrets.length + missing.length + optionalMissing.length === 0;
  const words = launchWords(definition, pipeline.folder).map(printable);
  return [
    l10n.t('What a launch of {0} sends, from names in its code', printable(pipeline.word)),
    ['  ', `nextflow run ${words.join(' ')}`],
    ...serviceLines(target),
    ...storeLines(plan),
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
  ];
}

const section = (title: string, lines: readonly PageLine[]): PageLine[] =>
  lines.length === 0 ? [] : ['', title, ...lines];

/** A name that is sent. If its value ends, it can get another one here. */
function sentLine(
  { name, from, overrides, delivery, expires }: PlannedSecret,
  subject: PlanSubject,
): PagePart[] {
  const over =
    overrides.length === 0 ? '' : `, ${l10n.t('overrides {0}', overrides.map(scopeWord).join(', '))}`;
  const text = `  ${printable(name)}  ${scopeWord(from)}${over}${delivery === undefined ? '' : `  ${delivery}`}`;
  const end = nearEnd(expires ?? null, subject.plan.now);
  if (expires === undefined || end === undefined) return [text];
  const ends = `${text}  ${expiryOf({ expires, end }).join('')}`;
  if (!subject.mayAct || !isVaultScope(from)) return [ends];
  return [`${ends}  `, commandPart(l10n.t('Change Value…'), 'updateSecret', { name, scope: from })];
}

const commandPart = (text: string, command: CommandId, of: NamedSecret): PagePart => ({
  text,
  target: Uri.parse(`command:${commandId(command)}?${encodeURIComponent(JSON.stringify([of]))}`),
});

/** A name that is not sent: it can be created here. */
function nameParts({ name, isSet }: UnsentSecret, { mayAct }: PlanSubject): PagePart[] {
  const shown = printable(name);
  if (isSet || !mayAct) return [shown];
  return [shown, '  ', commandPart(l10n.t('Create Secret…'), 'createSecret', { name })];
}

function locations(uses: readonly Use[], subject: PlanSubject): PageLine[] {
  const lines = new Map<string, PageLine>();
  for (const use of uses) {
    const process = use.process === null ? '' : `  ${printable(use.process)}`;
    lines.set(`${locationOf(use)}${process}`, ['    ', placePart(use, subject), process]);
  }
  return [...lines.values()];
}

/** A location. It leads there if it is in code of the window: that of a remote pipeline is in git's store alone. */
function placePart(
  place: Pick<Use, 'file' | 'line'>,
  { pipeline: { word, folder }, isCode }: Pick<PlanSubject, 'pipeline' | 'isCode'>,
): PagePart {
  const text = locationOf(place);
  const root = folder.uri.fsPath;
  for (const base of [root, join(root, dirname(word)), join(root, word)]) {
    const uri = Uri.file(resolve(base, place.file));
    if (isCode(uri.toString())) return { text, target: uri.with({ fragment: String(place.line) }) };
  }
  return text;
}

/** The service that the workspace's secrets are in, if some of them are sent. */
function storeLines({ workspaceService, secrets, target }: PipelinePlan): string[] {
  if (workspaceService === undefined || secrets.every(({ from }) => from !== 'workspace')) return [];
  return [
    '',
    l10n.t('Secrets of the workspace'),
    `  ${l10n.t('They are in {0}.', printable(workspaceService))}`,
    ...(target.destination === undefined
      ? []
      : [`  ${l10n.t('Tasks get them from there, without a copy, if it is the region of the launch.')}`]),
  ];
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
