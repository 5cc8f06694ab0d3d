import { l10n, type LogOutputChannel, type Uri, window, workspace } from 'vscode';
import { Phrase } from '../core/system/phrase.ts';
import { phraseText } from './phrase-text.ts';
import { remedySentences } from './remedies.ts';
import { localWorld, type World } from '../core/system/world.ts';

/**
 * The one place where the core meets VS Code: what it says goes to the log, what it asks is a modal question with
 * what it said before as the detail.
 *
 * @param folder - what counts as the current directory; without one, the person's home.
 */
export function openWorld(log: LogOutputChannel, folder: Uri | undefined): World {
  const said: string[] = [];
  const say = (line: string): void => {
    said.push(line);
    log.info(line);
  };
  const world = localWorld({
    env: process.env,
    cwd: folder?.fsPath ?? '',
    say,
    notice: (notice, remedy) => {
      say([phraseText(notice), ...remedySentences(remedy === undefined ? [] : [remedy])].join(' '));
    },
    ask: async (question) => {
      const text = question instanceof Phrase ? phraseText(question) : question;
      const yes = l10n.t('Yes');
      const detail = said.splice(0).join('\n');
      return (await window.showWarningMessage(text, { modal: true, detail }, yes)) === yes;
    },
  });
  const startsNothing = !workspace.isTrusted;
  return { ...world, startsNothing, ...(folder === undefined ? { cwd: world.homeDir ?? '/' } : {}) };
}
