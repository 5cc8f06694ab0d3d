import { l10n } from 'vscode';
import type { Phrase } from '../core/system/phrase.ts';

/** A sentence of the core in the language of VS Code; its templates are in the bundle of `l10n`. */
export const phraseText = (phrase: Phrase): string =>
  phrase.in((template, args) => l10n.t({ message: template, args: [...args], comment: [] }));
