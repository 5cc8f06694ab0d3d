import { ExitCode, HumanError } from '../system/human-error.ts';
import { printable } from '../system/printable.ts';
import { type Phrase, phrase } from '../system/phrase.ts';

/** Longest name that Nextflow and Seqera Platform accept, in characters. */
const MAX_LENGTH = 100;
/** Most runs (of letters and digits, or one underscore) that their expression allows after the first character. */
const MAX_RUNS = 49;
/** sops leaves values under keys with this ending in clear text. */
export const CLEAR_SUFFIX = '_unencrypted';

const CHARACTERS = /^[A-Za-z_][A-Za-z0-9_]+$/;

/**
 * Gives the reason that a text is no name for a secret, or undefined if it is one.
 *
 * The rule is Nextflow's `^[a-zA-Z_](?:[0-9A-Za-z]+|(_)(?!\1)){1,49}$` with at most 100 characters and no
 * leading `__`, written so that it takes linear time (Nextflow's own form backtracks for seconds on a long
 * name that does not match). Names that sops would leave unencrypted are refused too.
 */
export function secretNameProblem(name: string): Phrase | undefined {
  if (name.length < 2) return phrase`it needs at least two characters`;
  if (name.length > MAX_LENGTH) return phrase`it has more than ${MAX_LENGTH} characters`;
  if (/^[0-9]/.test(name)) return phrase`it starts with a digit`;
  if (!CHARACTERS.test(name)) {
    const odd = /[^A-Za-z0-9_]/u.exec(name)?.[0] ?? '';
    const shown =
      odd === ' ' ? phrase`a space` : printable(odd) === '' ? phrase`a control character` : `"${odd}"`;
    return phrase`it has ${shown}; letters A-Z and a-z, digits and underscores are allowed`;
  }
  if (name.includes('__')) return phrase`it has two underscores in a row`;
  if ((name.slice(1).match(/[0-9A-Za-z]+|_/g) ?? []).length > MAX_RUNS)
    return phrase`it has too many underscores`;
  if (name.endsWith(CLEAR_SUFFIX))
    return phrase`it ends in ${CLEAR_SUFFIX}, which sops would leave as plain text`;
  return undefined;
}

/** Returns the valid name that is nearest to one that is not (`my-key` gives `my_key`), or undefined. */
export function repairedName(name: string): string | undefined {
  if (name.length > 4 * MAX_LENGTH) return undefined;
  const repaired = name
    .replace(/[^A-Za-z0-9]+/g, '_')
    .replace(/^_?(?=[0-9])/, '_')
    .replace(/_+$/, '');
  return secretNameProblem(repaired) === undefined ? repaired : undefined;
}

/** @throws HumanError 64 with the reason and, where there is one, the nearest valid name. */
export function assertSecretName(name: string): void {
  const problem = secretNameProblem(name);
  if (problem === undefined) return;
  const [before = '', value] = name.split('=', 2);
  if (value !== undefined) {
    // NAME=VALUE, typed by habit: the text after the sign is not repeated.
    throw new HumanError(
      ExitCode.usage,
      phrase`The name of a secret has no "=" (${printable(before).slice(0, 60)}=…), and a value is never an
        argument: other users see arguments in the process list.`,
      phrase`Give only the name; the value is asked for, or read from stdin.`,
    );
  }
  const shown = printable(name.length > 60 ? `${name.slice(0, 60)}…` : name);
  const repaired = repairedName(name);
  throw new HumanError(
    ExitCode.usage,
    phrase`"${shown}" cannot be the name of a secret: ${problem}.`,
    repaired === undefined ? [] : phrase`Did you mean ${repaired}?`,
  );
}

/** Variables that bash or Nextflow's task script sets itself, measured with bash 5.2 and Nextflow 22.10 to 25.04. */
const SET_BY_THE_SHELL = new Set(
  (
    'BASHOPTS BASHPID BASH_ALIASES BASH_ARGV0 BASH_CMDS BASH_SUBSHELL BASH_VERSINFO DIRSTACK EPOCHSECONDS EUID ' +
    'FUNCNAME GROUPS HISTCMD IFS LINENO NXF_SCRATCH NXF_TASK_WORKDIR OLDPWD OPTIND PIPESTATUS PPID PS4 PWD RANDOM ' +
    'SECONDS SHELLOPTS SHLVL UID'
  ).split(' '),
);

/** Tells whether a task cannot get a secret of this name by the directive: its shell sets that variable itself. */
export function isSetByTheShell(name: string): boolean {
  return SET_BY_THE_SHELL.has(name);
}
