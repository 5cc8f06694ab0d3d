import { InputBoxValidationSeverity, l10n, type QuickPickItem, QuickPickItemKind, ThemeIcon } from 'vscode';
import { phraseText } from '../phrase-text.ts';
import { withoutLinks } from '../plain-text.ts';
import { printable } from '../../core/system/printable.ts';
import { isSetByTheShell, repairedName, secretNameProblem } from '../../core/secrets/secret-name.ts';
import { askPick, askText, type Frame } from '../steps.ts';
import { nameProblem } from '../name-problem.ts';

interface NameItem extends QuickPickItem {
  /** Undefined for an item that only informs. */
  readonly name: string | undefined;
}

export interface NameQuestion {
  /** Names that code refers to and that are not set. */
  readonly missing: readonly string[];
  /** Names that are set in the chosen scope. */
  readonly taken: ReadonlySet<string>;
  readonly current?: string | undefined;
}

/** Asks for the name of a new secret. It offers missing names, and checks a typed name at once. */
export async function askNewName(frame: Frame, { missing, taken, current }: NameQuestion): Promise<string> {
  if (missing.length === 0) return askFreeName(frame, taken, current);
  const suggested = missing.map((name): NameItem => ({
    label: withoutLinks(name),
    description: l10n.t('used in the code, not set'),
    iconPath: new ThemeIcon('warning'),
    name,
  }));
  const chosen = await askPick<NameItem>(frame, {
    placeholder: l10n.t('Choose a missing name, or type another one'),
    items: [{ label: l10n.t('Missing'), kind: QuickPickItemKind.Separator, name: undefined }, ...suggested],
    active: suggested[0],
    typed: (text) => typedItem(text, missing, taken),
    isChoosable: ({ name }) => name !== undefined,
  });
  return chosen.name ?? '';
}

function typedItem(text: string, missing: readonly string[], taken: ReadonlySet<string>): NameItem {
  const item = (name: string | undefined, icon: string, label: string, description: string): NameItem => ({
    name,
    label,
    description,
    iconPath: new ThemeIcon(icon),
    alwaysShow: true,
  });
  if (text === '') return item(undefined, 'add', l10n.t('Another name'), l10n.t('type it'));
  const problem = secretNameProblem(text);
  if (problem === undefined) {
    const known = missing.includes(text) ? l10n.t('used in the code, not set') : l10n.t('new name');
    return item(text, 'add', text, noteOn(text, taken) ?? known);
  }
  const message = l10n.t('"{0}" cannot be a name: {1}', printable(text).slice(0, 60), phraseText(problem));
  const repaired = repairedName(text);
  return repaired === undefined
    ? item(undefined, 'error', message, '')
    : item(repaired, 'lightbulb', repaired, `${l10n.t('did you mean this?')} ${message}`);
}

async function askFreeName(
  frame: Frame,
  taken: ReadonlySet<string>,
  current: string | undefined,
): Promise<string> {
  return askText(frame, {
    prompt: l10n.t('Its name: letters, digits and single underscores'),
    placeholder: 'NCBI_API_KEY',
    ...(current !== undefined && { value: current }),
    validate: (text) => {
      const note = noteOn(text, taken);
      return (
        nameProblem(text) ??
        (note === undefined ? undefined : { message: note, severity: InputBoxValidationSeverity.Warning })
      );
    },
  });
}

function noteOn(name: string, taken: ReadonlySet<string>): string | undefined {
  if (taken.has(name)) return l10n.t('set already: its value will be replaced');
  return isSetByTheShell(name)
    ? l10n.t('tasks cannot get it: their shell sets this variable itself')
    : undefined;
}
