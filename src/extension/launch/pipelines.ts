import { relative } from 'node:path';
import { RelativePattern, Uri, workspace, type WorkspaceFolder } from 'vscode';
import type { SourceSpan } from '../../core/references/scan.ts';
import type { ReferenceIndex } from '../code/reference-index.ts';
import { nearness } from '../state/join.ts';

/** A pipeline for `nextflow run`, and the folder that it runs in. */
export interface Pipeline {
  /** Path relative to the folder; or the name or URL of a remote pipeline. */
  readonly word: string;
  readonly folder: WorkspaceFolder;
  readonly isRemote: boolean;
}

/** A script that a run can start with. */
export interface EntryScript {
  readonly uri: Uri;
  readonly folder: WorkspaceFolder;
  /** Range of the word `workflow`. */
  readonly workflow: SourceSpan;
}

/** The scripts with an entry workflow, those nearest to their folder first, `main.nf` before others. */
export function entryScripts({ files }: Pick<ReferenceIndex, 'files'>): EntryScript[] {
  const found: EntryScript[] = [];
  for (const [key, { folder: own, scan }] of files) {
    const uri = Uri.parse(key);
    const folder = workspace.getWorkspaceFolder(uri);
    const workflow = scan.entryWorkflow;
    if (workflow === null || own === undefined || folder?.uri.scheme !== 'file') continue;
    found.push({ uri, folder, workflow });
  }
  return found.sort((a, b) => (nearness(a.uri.path) < nearness(b.uri.path) ? -1 : 1));
}

export function localPipeline(script: EntryScript): Pipeline {
  return { word: pipelineWord(script), folder: script.folder, isRemote: false };
}

/** Path of a script for `nextflow run`, relative to its folder. */
function pipelineWord({ uri, folder }: EntryScript): string {
  const path = relative(folder.uri.fsPath, uri.fsPath);
  return path.startsWith('-') ? `./${path}` : path;
}

/** The names of the profiles in the configs of a folder; those of its own config come first. */
export function profilesOf(folder: WorkspaceFolder, { files }: Pick<ReferenceIndex, 'files'>): string[] {
  const inFolder = [...files].filter(([key]) => workspace.getWorkspaceFolder(Uri.parse(key)) === folder);
  const byLength = inFolder.sort(([a], [b]) => a.length - b.length);
  return [...new Set(byLength.flatMap(([, { scan }]) => scan.profiles.map(({ name }) => name)))];
}

/** Files of parameters in a folder, relative to it. */
export async function paramsFiles(folder: WorkspaceFolder): Promise<string[]> {
  const pattern = new RelativePattern(folder, '**/*param*.{yml,yaml,json}');
  const found = await workspace.findFiles(pattern, '**/{work,.nextflow,node_modules}/**', 50);
  return found
    .map(({ fsPath }) => relative(folder.uri.fsPath, fsPath))
    .filter((path) => !path.endsWith('nextflow_schema.json'))
    .sort();
}
