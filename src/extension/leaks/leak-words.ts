import { l10n } from 'vscode';
import type { RecordedCause, RecordedLeak } from '../../core/leaks/record.ts';
import { printable } from '../../core/system/printable.ts';
import { filesOf, type LeakGroup, namesOf } from './leak-group.ts';

// Words for leaks: never a value, nor text around it.

/** `2 leaks · not all was looked at` */
export function countWords({ leaks, isComplete }: LeakGroup): string {
  const count = leaks.length === 1 ? l10n.t('1 leak') : l10n.t('{0} leaks', leaks.length);
  if (isComplete) return count;
  const rest = l10n.t('not all was looked at');
  return leaks.length === 0 ? rest : `${count} · ${rest}`;
}

/** Sentences for the end of a run. */
export function endWords(group: LeakGroup): string[] {
  const { leaks, isComplete } = group;
  const names = namesOf(group).map(printable);
  const files = filesOf(group).length;
  const shown = names.length > 3 ? [...names.slice(0, 3), '…'] : names;
  return [
    ...(leaks.length === 0
      ? []
      : [
          files === 1
            ? l10n.t('Leaks: {0}, in 1 file of the run.', shown.join(', '))
            : l10n.t('Leaks: {0}, in {1} files of the run.', shown.join(', '), files),
        ]),
    ...(isComplete ? [] : [l10n.t('Not all of its files could be looked at for leaks.')]),
  ];
}

/** A leak, at its place. */
export function leakSentence({ name, form, count }: RecordedLeak, { kind, title }: LeakGroup): string {
  const secret = printable(name);
  const found =
    count > 1
      ? l10n.t('The value of {0} is in this file ({1}, {2} times)', secret, printable(form), count)
      : l10n.t('The value of {0} is in this file ({1})', secret, printable(form));
  const since = kind === 'run' ? `, ${l10n.t('after the run of {0}', printable(title))}` : '';
  return `${found}${since}. ${l10n.t('Delete the file, or the value in it, and make a new value where it comes from.')}`;
}

/** The code that did it. */
export function causeSentence({ name, code }: RecordedCause): string {
  const secret = printable(name);
  switch (code) {
    case 'in-script':
      return l10n.t("writes secrets.{0} into the script; use the directive secret '{0}'", secret);
    case 'in-params':
      return l10n.t('makes a parameter of secrets.{0}; read it where it is needed', secret);
    case 'in-config':
      return l10n.t('writes secrets.{0} into a setting that Nextflow writes into files', secret);
    case 'directive':
      return l10n.t(
        'gives {0} to a task; a script that prints the variable, or has set -x, writes it down',
        secret,
      );
    default:
      return l10n.t('prints secrets.{0}, or writes it into a file', secret);
  }
}

/** The same at that code. */
export const causeProblem = (cause: RecordedCause, files: number): string => {
  const found =
    files === 1
      ? l10n.t('The value of {0} was found in 1 file after a run.', printable(cause.name))
      : l10n.t('The value of {0} was found in {1} files after a run.', printable(cause.name), files);
  return `${found} ${l10n.t('This {0}.', causeSentence(cause))}`;
};
