import { l10n } from 'vscode';
import { phraseText } from './phrase-text.ts';
import { repairedName, secretNameProblem } from '../core/secrets/secret-name.ts';

/** Problem of a name, with the nearest good name. */
export function nameProblem(text: string): string | undefined {
  const problem = secretNameProblem(text);
  if (problem === undefined) return undefined;
  const repaired = repairedName(text);
  const message = l10n.t('This cannot be a name: {0}.', phraseText(problem));
  return repaired === undefined ? message : `${message} ${l10n.t('Did you mean {0}?', repaired)}`;
}
