import { DRIVER, type GitSetting } from '../core/vault/merge/install.ts';
import { ownProgram } from './own-program.ts';

/** One word for a shell, whatever its characters. */
const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;

/** The settings of git. If the program is not there any more, another one on the PATH is taken, or git is told so. */
export function driverSettings(): GitSetting[] {
  // Absolute paths: git may run with another PATH.
  const [program, script] = ownProgram();
  // In VS Code, Node.js is the editor's own program, which would open a window.
  const asNode = process.versions['electron'] === undefined ? '' : 'ELECTRON_RUN_AS_NODE=1 ';
  const start = `${asNode}${[program, ...(script === undefined ? [] : [script])].map(quoted).join(' ')}`;
  const isThere = `test -x ${quoted(program)}${script === undefined ? '' : ` && test -f ${quoted(script)}`}`;
  const onPath = 'command -v nf-secrets >/dev/null 2>&1';
  const moved =
    'echo "nf-secrets is not where it was: the vault is not merged. Run: nf-secrets merge install, then: nf-secrets resolve" >&2';
  const merge = 'merge-driver %O %A %B %P';
  const driver =
    // git takes a percent sign for one of its own.
    `if ${isThere.replaceAll('%', '%%')}; then ${start.replaceAll('%', '%%')} ${merge}; ` +
    `elif ${onPath}; then nf-secrets ${merge}; else ${moved}; false; fi`;
  // git takes what is left in %A for the version that both sides come from, also after a failure: that of one branch would
  // have changes of the other one look undone, and what both have changed look changed by one.
  const ancestor = `{ ${driver}; } 2>/dev/null || { echo 'nf-secrets: not merged' > %A; exit 1; }`;
  const textconv =
    `show() { if ${isThere}; then ${start} show-names "$1"; ` +
    `elif ${onPath}; then nf-secrets show-names "$1"; else cat "$1"; fi; }; show`;
  return [
    ['merge.nf-secrets.name', 'secrets of nf-secrets, by their names'],
    [DRIVER, driver],
    ['merge.nf-secrets.recursive', 'nf-secrets-ancestor'],
    ['merge.nf-secrets-ancestor.name', 'secrets of nf-secrets, in what both sides come from'],
    ['merge.nf-secrets-ancestor.driver', ancestor],
    ['diff.nf-secrets.textconv', textconv],
  ];
}
