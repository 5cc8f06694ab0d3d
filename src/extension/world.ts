import { l10n, type LogOutputChannel, type Uri, window, workspace } from 'vscode';
import { localWorld, type World } from '../core/system/world.ts';

/**
 * The one place where the core meets VS Code: what it says goes to the log, what it asks is a modal question with
 * what it said before as the detail.
 *
 * @param folder - what counts as the current directory; without one, the person's home.
 */
export function openWorld(log: LogOutputChannel, folder: Uri | undefined): World {
  const said: string[] = [];
  const world = localWorld({
    env: process.env,
    cwd: folder?.fsPath ?? '',
    say: (line) => {
      said.push(line);
      log.info(line);
    },
    ask: async (question) => {
      const yes = l10n.t('Yes');
      const detail = said.splice(0).join('\n');
      return (await window.showWarningMessage(question, { modal: true, detail }, yes)) === yes;
    },
  });
  const startsNothing = !workspace.isTrusted;
  return { ...world, startsNothing, ...(folder === undefined ? { cwd: world.homeDir ?? '/' } : {}) };
}
