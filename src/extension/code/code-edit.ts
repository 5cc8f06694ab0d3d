import { Range, Uri, WorkspaceEdit, type WorkspaceEditEntryMetadata } from 'vscode';
import type { CodeFile, FileEdit } from '../../core/diagnostics/fixes/in-params.ts';
import { rangesOf } from './workspace-code.ts';

/** Label and description of a change in a preview. */
export interface Preview {
  readonly label: string;
  readonly description?: string | undefined;
  /**
   * True if the preview comes without a request, with nothing ticked. Else VS Code shows it, all ticked, only on
   * request: `Ctrl+Enter` on a quick fix or a new name.
   */
  readonly isForced?: boolean;
}

/**
 * Edits of code in the form of VS Code: with a preview, and refused if a text was changed meanwhile.
 *
 * @param files - the texts that the edits were made for.
 */
export function previewed(
  files: readonly CodeFile[],
  changes: readonly FileEdit[],
  { label, description, isForced = false }: Preview,
): WorkspaceEdit {
  const edit = new WorkspaceEdit();
  const metadata: WorkspaceEditEntryMetadata = {
    needsConfirmation: isForced,
    label,
    ...(description !== undefined && { description }),
  };
  for (const { file, edits } of changes) {
    const text = files.find((one) => one.file === file)?.code.text ?? '';
    for (const [index, { start, end }] of rangesOf(text, edits).entries()) {
      const range = new Range(start.line, start.character, end.line, end.character);
      edit.replace(Uri.parse(file), range, edits[index]?.text ?? '', metadata);
    }
  }
  return edit;
}
