import { Uri, workspace } from 'vscode';
import type { Use } from './uses.ts';

/** URI of a location for the opener of VS Code: the fragment has line and column. */
export function useUri({ uri, line, column }: Pick<Use, 'uri' | 'line' | 'column'>): Uri {
  return Uri.parse(uri).with({ fragment: `${line},${column}` });
}

/** `modules/search.nf:12`, with the folder's name if the window has several. */
export function useLabel({ uri, line }: Pick<Use, 'uri' | 'line'>): string {
  return `${workspace.asRelativePath(Uri.parse(uri))}:${line}`;
}
