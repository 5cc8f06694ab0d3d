import {
  l10n,
  type QuickPickItem,
  QuickPickItemKind,
  ThemeIcon,
  type WorkspaceFolder,
  workspace,
} from 'vscode';
import { withoutCredentials } from '../../core/pipeline/pipeline-label.ts';
import { printable } from '../../core/system/printable.ts';
import { shortPath } from '../code/short-path.ts';
import { withoutLinks } from '../plain-text.ts';
import type { Services } from '../services.ts';
import { alone, askPick, askText } from '../steps.ts';
import { RememberedAnswers } from './answers.ts';
import { type EntryScript, localPipeline, type Pipeline } from './pipelines.ts';

/** Longest path that a line of the list has room for. In UTF-16 units. */
const LONGEST = 60;

interface PipelineItem extends QuickPickItem {
  /** Undefined for the item that asks for a remote pipeline, and for what is no item. */
  readonly pipeline: Pipeline | undefined;
}

/** Asks for a pipeline: one that was launched lately, another of the window, or a remote one. @throws CancellationError */
export async function askPipeline(
  scripts: readonly EntryScript[],
  folder: WorkspaceFolder,
  { remembered }: Pick<Services, 'remembered'>,
): Promise<Pipeline> {
  const local = scripts.map(localPipeline);
  const { recent, others } = byLastLaunch(local, folder, new RememberedAnswers(remembered));
  const remote: PipelineItem = {
    label: l10n.t('Remote pipeline…'),
    description: 'owner/name',
    iconPath: new ThemeIcon('globe'),
    pipeline: undefined,
  };
  const items: PipelineItem[] = [
    ...(recent.length > 0 ? [separator(l10n.t('launched lately'))] : []),
    ...recent.map(pipelineItem),
    ...(recent.length > 0 ? [separator(l10n.t('others'))] : []),
    ...others.map(pipelineItem),
    remote,
  ];
  const frame = alone(l10n.t('Launch Pipeline'));
  const question = { placeholder: l10n.t('Which pipeline?'), items, matchesDetail: true };
  const chosen = await askPick(frame, question);
  return chosen.pipeline ?? { word: await askRemote(), folder, isRemote: true };
}

/** Pipelines that were launched before, the last one first, and the others in their order. */
function byLastLaunch(
  local: readonly Pipeline[],
  folder: WorkspaceFolder,
  answers: RememberedAnswers,
): { readonly recent: Pipeline[]; readonly others: Pipeline[] } {
  const folders = new Set([folder, ...local.map((pipeline) => pipeline.folder)]);
  const launched: { readonly pipeline: Pipeline; readonly at: string }[] = [];
  for (const of of folders) {
    for (const [word, at] of answers.lastLaunches(of)) {
      const script = local.find((one) => one.folder === of && one.word === word);
      // A script that is gone is not offered: its word would be taken for the name of a remote one.
      const pipeline = script ?? (isRemoteWord(word) ? { word, folder: of, isRemote: true } : undefined);
      if (pipeline !== undefined) launched.push({ pipeline, at });
    }
  }
  const recent = launched.sort((a, b) => (a.at < b.at ? 1 : -1)).map(({ pipeline }) => pipeline);
  return { recent, others: local.filter((pipeline) => !recent.includes(pipeline)) };
}

/** Tells whether a word can only be the name or URL of a remote pipeline. */
const isRemoteWord = (word: string): boolean => !word.endsWith('.nf') && !/^[./]/.test(word);

function pipelineItem(pipeline: Pipeline): PipelineItem {
  const { word, folder, isRemote } = pipeline;
  const whole = withoutLinks(printable(isRemote ? withoutCredentials(word) : word));
  const label = isRemote ? whole : shortPath(whole, LONGEST);
  return {
    label,
    description: (workspace.workspaceFolders?.length ?? 0) > 1 ? withoutLinks(printable(folder.name)) : '',
    ...(label !== whole && { detail: whole }),
    iconPath: new ThemeIcon(isRemote ? 'globe' : 'file-code'),
    pipeline,
  };
}

const separator = (label: string): PipelineItem => ({
  label,
  kind: QuickPickItemKind.Separator,
  pipeline: undefined,
});

async function askRemote(): Promise<string> {
  return askText(alone(l10n.t('Launch Pipeline')), {
    prompt: l10n.t('The name or URL of a pipeline, as for nextflow run'),
    placeholder: 'nf-core/rnaseq',
    validate: (text) =>
      /^[^\s-]\S*$/.test(text) ? undefined : l10n.t('It has no spaces and does not start with a dash.'),
  });
}
