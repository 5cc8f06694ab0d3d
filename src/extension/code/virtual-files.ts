import { FileType, Uri, workspace } from 'vscode';
import { PASSED_OVER } from '../../core/pipeline/source-files.ts';

/** Directories that are looked into at most: each costs a request to who knows where. */
const MAX_DIRECTORIES = 2_000;

/**
 * The files below a folder that is on no disk. `workspace.findFiles` waits for ever where the folder's provider has
 * no search.
 *
 * @param isWanted - tells files by their URI.
 */
export async function virtualFiles(folder: Uri, isWanted: (uri: Uri) => boolean): Promise<Uri[]> {
  const found: Uri[] = [];
  const directories = [folder];
  // Grows while it is gone through; a link that leads back ends at the limit.
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
