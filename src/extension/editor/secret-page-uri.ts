import { Uri } from 'vscode';

/** Scheme of the pages about secrets. */
export const PAGE_SCHEME = 'nextflow-secret';

/** The page of a secret, as the code of a folder sees it. @param folder - URI of the folder, as text. */
export const pageUri = (name: string, folder: string): Uri =>
  Uri.from({ scheme: PAGE_SCHEME, path: `/${name}`, query: folder });

export function subjectOf({ path, query }: Uri): { readonly name: string; readonly folder: string } {
  return { name: path.slice(1), folder: query };
}
