import { l10n, type WorkspaceEdit } from 'vscode';
import type { CodeFile, FileEdit } from '../../core/diagnostics/fixes/in-params.ts';
import { renameInCode } from '../../core/diagnostics/fixes/fixes.ts';
import { renameVariable } from '../../core/diagnostics/fixes/shell-variables.ts';
import { processBodies } from '../../core/diagnostics/fixes/process-body.ts';
import { printable } from '../../core/system/printable.ts';
import type { Services } from '../services.ts';
import { type Preview, previewed } from './code-edit.ts';
import { codeWith } from './workspace-code.ts';

/** A new name for a secret, in the code of one folder. */
export interface CodeRename {
  readonly from: string;
  readonly to: string;
  /** URI of the folder, as text; undefined for all folders of the window. */
  readonly folder: string | undefined;
}

/**
 * Edits that give a secret another name in all code: in references to it, and in the scripts of the processes that ask
 * for it, which read it from their environment. The preview reports the rest, which cannot be changed.
 */
export async function renamingOf(
  { from, to, folder }: CodeRename,
  { references }: Pick<Services, 'references'>,
  { isForced = false }: Pick<Preview, 'isForced'> = {},
): Promise<WorkspaceEdit> {
  const files = await codeWith(from, references, folder);
  // A config asks for it on behalf of processes in other files: their scripts read it under its name.
  const byConfig = files.some(({ code }) =>
    code.scan.references.some(
      ({ name, kind }) => name === from && kind === 'directive' && code.language === 'config',
    ),
  );
  const changes = files
    .map((one) => changesOf(one, from, to, byConfig))
    .filter(({ edits }) => edits.length > 0);
  const dynamic = [...references.files.values()]
    .filter((file) => folder === undefined || file.folder === folder)
    .reduce((sum, { scan }) => sum + scan.dynamic.length, 0);
  const notes = [
    ...(dynamic === 0
      ? []
      : [l10n.t('Names that only the running pipeline knows are not changed: {0}.', dynamic)]),
    l10n.t('Nor is what other files read from their environment: templates, programs.'),
  ];
  const label = l10n.t('Rename {0} to {1}', printable(from), to);
  return previewed(files, changes, { label, description: notes.join(' '), isForced });
}

function changesOf({ file, code }: CodeFile, from: string, to: string, byConfig: boolean): FileEdit {
  const edits = new Map(renameInCode(code, from, to).map((edit) => [edit.offset, edit]));
  if (byConfig) {
    for (const body of processBodies(code))
      for (const edit of renameVariable(code, body, from, to)) edits.set(edit.offset, edit);
  }
  return { file, edits: [...edits.values()].sort((a, b) => a.offset - b.offset) };
}
