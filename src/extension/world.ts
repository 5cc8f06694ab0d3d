import { l10n, type LogOutputChannel, type Uri, window, workspace } from 'vscode';
import { Phrase } from '../core/system/phrase.ts';
import { phraseText } from './phrase-text.ts';
import { factWithRemedies } from './remedies.ts';
import { localWorld, type World } from '../core/system/world.ts';

/**
 * Connects the core with VS Code, here and nowhere else. Messages of the core go to the log. A question of the core
 * becomes a modal one, with the messages before it as the detail.
 *
 * @param folder - the current directory; without one, the person's home directory.
 */
export function openWorld(log: LogOutputChannel, folder: Uri | undefined): World {
  const lines: string[] = [];
  const say = (line: string): void => {
    lines.push(line);
    log.info(line);
  };
  const world = localWorld({
    env: process.env,
    cwd: folder?.fsPath ?? '',
    say,
    notice: (notice, remedy) => {
      say(factWithRemedies(notice, remedy));
    },
    ask: async (question) => {
      const text = question instanceof Phrase ? phraseText(question) : question;
      const yes = l10n.t('Yes');
      const detail = lines.splice(0).join('\n');
      return (await window.showWarningMessage(text, { modal: true, detail }, yes)) === yes;
    },
  });
  const startsNothing = !workspace.isTrusted;
  return { ...world, startsNothing, ...(folder === undefined ? { cwd: world.homeDir ?? '/' } : {}) };
}
