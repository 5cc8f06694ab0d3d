import { basename, resolve } from 'node:path';
import { readHead } from '../../system/file-head.ts';
import { ExitCode, HumanError } from '../../system/human-error.ts';
import { printable } from '../../system/printable.ts';
import { statIfThere } from '../../system/durable-file.ts';
import type { World } from '../../system/world.ts';
import { findOnPath } from '../../system/find-on-path.ts';
import { phrase } from '../../system/phrase.ts';

// A submit program gives a command to another program and ends. This process cannot see which command runs then, and
// when.

/** Programs that put a whole command into a queue. The command waits longer than they do. */
const SUBMIT = new Set(
  'sbatch qsub msub bsub condor_submit condor_submit_dag oarsub llsubmit pjsub jsub at batch'.split(' '),
);
/** Options with which the program waits until the job ends. */
const WAITS: Readonly<Record<string, RegExp>> = {
  bsub: /^-I[sp]?$/,
  qsub: /^-I$/,
  oarsub: /^(-I|--interactive)$/,
};
/** Programs that run the command in their arguments, with those of their options that take a value. */
const WRAPPERS: Readonly<Record<string, RegExp>> = {
  env: /^(-u|-C|-S|--unset|--chdir)$/,
  nohup: /^$/,
  setsid: /^$/,
  nice: /^(-n|--adjustment)$/,
  ionice: /^(-c|-n|--class|--classdata)$/,
  stdbuf: /^(-i|-o|-e)$/,
  time: /^(-f|-o)$/,
  timeout: /^(-s|-k|--signal|--kill-after)$/,
  exec: /^-a$/,
  command: /^$/,
};
const SHELLS = new Set(['sh', 'bash', 'dash', 'zsh', 'ksh']);
const MAX_SCRIPT_BYTES = 1 << 18;

/** A program that a command is or starts, and that leaves work to a queue. */
interface Submission {
  readonly program: string;
  /** The script that has it; undefined if the command itself has it. */
  readonly script?: string;
  readonly line?: number;
}

/**
 * Looks for work that a command leaves to a queue, as far as that can be seen before its start.
 *
 * @returns the location in its script that does so, in words; undefined if none is seen.
 * @throws HumanError 64 if the command itself does so: its job would start after the lease, or outlive it unseen.
 */
export async function submittedLater(words: readonly string[], world: World): Promise<string | undefined> {
  const found = await submission(words, world);
  if (found === undefined) return undefined;
  if (found.script !== undefined) return `${found.program} in ${found.script}:${found.line ?? 1}`;
  throw new HumanError(
    ExitCode.usage,
    phrase`${printable(found.program)} only submits a job and ends, but the secrets are there only as long as
      the command runs.`,
    { do: 'submit-launch' },
  );
}

async function submission(words: readonly string[], world: World): Promise<Submission | undefined> {
  const [command, ...args] = unwrapped(words);
  if (command === undefined) return undefined;
  const program = basename(command);
  if (isSubmit(program, args)) return { program };
  if (SHELLS.has(program)) {
    const text = scriptArgument(args);
    const inText = text === undefined ? undefined : inScript(text)[0];
    if (inText !== undefined) return { program: inText.program };
  }
  const file = SHELLS.has(program) ? args.find((word) => !/^[-+]/.test(word)) : command;
  if (file === undefined || scriptArgument(args) !== undefined) return undefined;
  const path = file.includes('/') || SHELLS.has(program) ? resolve(world.cwd, file) : findOnPath(file, world);
  // The content of a pipe can be read only once.
  const isFile = path !== undefined && (await statIfThere(path).catch(() => undefined))?.isFile() === true;
  const script = isFile ? await readHead(path, MAX_SCRIPT_BYTES) : '';
  if (!SHELLS.has(program) && !/^#!.*\b(ba|da|z|k)?sh\b/.test(script.split('\n', 1)[0] ?? ''))
    return undefined;
  const [one] = inScript(script);
  return one === undefined ? undefined : { ...one, script: file };
}

function isSubmit(program: string, args: readonly string[]): boolean {
  // The service manager starts the command, not we. With these options it waits for the end, or starts it itself.
  if (program === 'systemd-run')
    return !args.some((word) => /^(--scope|--wait|--pipe|--pty|--shell|-P|-t|-S)$/.test(word));
  if (!SUBMIT.has(program)) return false;
  return !args.some((word) => WAITS[program]?.test(word) === true);
}

/** The words after `env A=1`, `nohup`, `timeout 5m` and the like. */
function unwrapped(words: readonly string[]): readonly string[] {
  let rest = words;
  for (;;) {
    rest = rest.slice(rest.findIndex((word) => !/^[A-Za-z_]\w*=/.test(word)));
    const name = basename(rest[0] ?? '');
    const withValue = WRAPPERS[name];
    if (withValue === undefined) return rest;
    let next = 1;
    while (rest[next]?.startsWith('-') === true) next += withValue.test(rest[next] ?? '') ? 2 : 1;
    if (name === 'timeout') next += 1;
    if (next >= rest.length) return [];
    rest = rest.slice(next);
  }
}

/** The text of `bash -c TEXT`, also of `bash -lc TEXT`. */
function scriptArgument(args: readonly string[]): string | undefined {
  const at = args.findIndex((word) => /^-[A-Za-z]*c[A-Za-z]*$/.test(word));
  const isOption = args.slice(0, Math.max(at, 0)).every((word) => /^[-+]/.test(word));
  return at >= 0 && isOption ? args.slice(at + 1).find((word) => !/^[-+]/.test(word)) : undefined;
}

const KEYWORDS = new Set(['if', 'then', 'else', 'elif', 'do', 'while', 'until', '!', '{', '(']);

/**
 * Finds the submit programs that a shell script has as commands. Words in quotes, comments and here-documents do not
 * count. Values of variables are not known.
 */
function inScript(text: string): (Submission & { readonly line: number })[] {
  const found: (Submission & { readonly line: number })[] = [];
  for (const { words, line } of simpleCommands(text)) {
    let rest: readonly string[] = words;
    while (KEYWORDS.has(rest[0] ?? '')) rest = rest.slice(1);
    const [command = '', ...args] = unwrapped(rest);
    const program = basename(command);
    if (isSubmit(program, args)) found.push({ program, line });
  }
  return found;
}

/** Splits a script into the shell's commands, and these into words without their quotes. */
function simpleCommands(text: string): { words: string[]; line: number }[] {
  const commands: { words: string[]; line: number }[] = [];
  let hereEnd: string | undefined;
  let words: string[] = [];
  let quote = '';
  for (const [index, line] of text.split('\n').entries()) {
    if (hereEnd !== undefined) {
      if (line.trim() === hereEnd) hereEnd = undefined;
      continue;
    }
    const pieces = /'[^']*'|"(?:\\.|[^"\\])*"|\$\(|[;&|()`]|\s+|#.*|\\.|\\$|['"]|[^\s;&|()`'"\\#$]+|[$#]/g;
    let word: string | undefined;
    const endWord = (): void => {
      if (word !== undefined) words.push(word);
      word = undefined;
    };
    const endCommand = (): void => {
      endWord();
      if (words.length > 0) commands.push({ words, line: index + 1 });
      words = [];
    };
    let rest = line;
    if (quote !== '') {
      const end = rest.indexOf(quote);
      if (end < 0) continue;
      rest = rest.slice(end + 1);
      quote = '';
    }
    for (const [piece] of rest.matchAll(pieces)) {
      if (piece === "'" || piece === '"') {
        // The quoted text continues in the next lines. The rest of this line belongs to it.
        quote = piece;
        break;
      }
      if (piece === '\\') continue;
      if (piece.startsWith('#') && word === undefined) break;
      if (/^\s/.test(piece)) endWord();
      else if (/^([;&|()`]|\$\()$/.test(piece)) endCommand();
      else word = (word ?? '') + (/^['"]/.test(piece) ? piece.slice(1, -1) : piece.replace(/^\\/, ''));
    }
    hereEnd = /<<-?\s*["']?(\w+)["']?/.exec(line)?.[1];
    if (quote === '' && !line.endsWith('\\')) endCommand();
  }
  return commands;
}
