import { shellWord } from '../system/printable.ts';
import type { JsonTree } from '../system/json-tree.ts';
import { phrase } from '../system/phrase.ts';
import { run } from '../system/remedy.ts';
import type { Explanation } from './vault-error.ts';

// Changes that other programs make to a vault's file on their own, and how to mend them.

/** Explains why a text is not JSON: git or an editor changed it. */
export function explainText(text: string, path: string): Explanation {
  const file = shellWord(path);
  if (/^(<{7}|>{7}|\|{7})( |\r?$)/m.test(text)) {
    return {
      why: phrase`It has the marks of a merge conflict in git.`,
      remedies: [
        { do: 'resolve', lead: phrase`If git is still merging` },
        run(
          phrase`If the marks are committed, put back the file of an older commit`,
          `git log --oneline -- ${file}`,
        ),
      ],
    };
  }
  if (/^[ \t]*(\/\/|\/\*)/m.test(text) || /,\s*[}\]]/.test(text)) {
    return {
      remedies: [
        run(
          phrase`Take out comments, and commas before a closing bracket, which JSON does not have; or put the file back`,
          `git checkout HEAD -- ${file}`,
        ),
      ],
    };
  }
  return {};
}

/** Explains why the MAC does not fit if each value is right: sops's MAC has them in the order of the file. */
export function explainOrder(tree: ReadonlyMap<string, JsonTree>, path: string): Explanation {
  const file = shellWord(path);
  const byFormatter = isSorted([...tree.keys()]) || hasSortedInfo(tree);
  if (!byFormatter) return {};
  return {
    why: phrase`Its keys are in alphabetical order: a formatter may have sorted them, and the MAC needs the order in
      which they were written.`,
    remedies: [
      run(phrase`Put the file back from git`, `git checkout HEAD -- ${file}`),
      run(phrase`To see which older commits have it`, `git log -- ${file}`),
      phrase`Keep formatters away from it: a line .nf-secrets/ in .prettierignore, or the like of your formatter.`,
    ],
  };
}

/** Looks for sorted infos. We write `secrets` first, and `created` before `description`, but this after `updated`. */
function hasSortedInfo(tree: ReadonlyMap<string, JsonTree>): boolean {
  const infos = [...tree.values()].flatMap((section) =>
    section instanceof Map ? [...section.values()] : [],
  );
  return infos.some(
    (info) =>
      info instanceof Map && info.has('updated') && info.has('description') && isSorted([...info.keys()]),
  );
}

const isSorted = (keys: readonly string[]): boolean =>
  keys.length > 1 && keys.every((key, index) => index === 0 || (keys[index - 1] ?? '') <= key);
