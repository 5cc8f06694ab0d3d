import { FileType, Uri, workspace } from 'vscode';
import { PASSED_OVER } from '../../core/pipeline/source-files.ts';

/** Number of directories that are read at most: each costs a request to an unknown server. */
const MAX_DIRECTORIES = 2_000;

/**
 * Finds the files below a folder that is on no disk. `workspace.findFiles` would wait for ever if the provider of the
 * folder has no search.
 *
 * @param isWanted - selects files by their URI.
 */
export async function virtualFiles(folder: Uri, isWanted: (uri: Uri) => boolean): Promise<Uri[]> {
  const found: Uri[] = [];
  const directories = [folder];
  // The list grows in the loop; a link that leads back ends at the limit.
  for (const directory of directories) {
    const entries = await workspace.fs.readDirectory(directory).then(
      (list) => list,
      () => [],
    );
    for (const [name, type] of entries) {
      const uri = Uri.joinPath(directory, name);
      if ((type & FileType.Directory) !== 0) {
        if (!PASSED_OVER.has(name) && directories.length < MAX_DIRECTORIES) directories.push(uri);
      } else if (isWanted(uri)) found.push(uri);
    }
  }
  return found;
}
