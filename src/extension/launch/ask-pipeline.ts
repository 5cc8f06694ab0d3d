import { l10n, type QuickPickItem, ThemeIcon, type WorkspaceFolder, workspace } from 'vscode';
import { printable } from '../../core/system/printable.ts';
import { withoutLinks } from '../plain-text.ts';
import { alone, askPick, askText } from '../steps.ts';
import { type EntryScript, localPipeline, type Pipeline } from './pipelines.ts';

interface PipelineItem extends QuickPickItem {
  /** Undefined for the item that asks for a remote pipeline. */
  readonly pipeline: Pipeline | undefined;
}

/** Asks for a pipeline: one of the window, or a remote one. @throws CancellationError */
export async function askPipeline(
  scripts: readonly EntryScript[],
  folder: WorkspaceFolder,
): Promise<Pipeline> {
  const items = scripts.map((script): PipelineItem => {
    const pipeline = localPipeline(script);
    return {
      label: withoutLinks(printable(pipeline.word)),
      description:
        (workspace.workspaceFolders?.length ?? 0) > 1 ? withoutLinks(printable(script.folder.name)) : '',
      iconPath: new ThemeIcon('file-code'),
      pipeline,
    };
  });
  const remote: PipelineItem = {
    label: l10n.t('Remote pipeline…'),
    description: 'owner/name',
    iconPath: new ThemeIcon('globe'),
    pipeline: undefined,
  };
  const frame = alone(l10n.t('Launch Pipeline'));
  const chosen = await askPick(frame, { placeholder: l10n.t('Which pipeline?'), items: [...items, remote] });
  if (chosen.pipeline !== undefined) return chosen.pipeline;
  const word = await askText(frame, {
    prompt: l10n.t('The name or URL of a pipeline, as for nextflow run'),
    placeholder: 'nf-core/rnaseq',
    validate: (text) =>
      /^[^\s-]\S*$/.test(text) ? undefined : l10n.t('It has no spaces and does not start with a dash.'),
  });
  return { word, folder, isRemote: true };
}
