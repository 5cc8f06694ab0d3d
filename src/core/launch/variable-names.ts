import type { PipelineCode } from '../pipeline/pipeline.ts';
import { ExitCode, HumanError } from '../system/human-error.ts';
import type { Notice } from '../system/notice.ts';
import { printable } from '../system/printable.ts';
import type { Destination } from '../targets/destination.ts';
import { SERVICES } from '../targets/targets.ts';
import type { LaunchPlan, Use } from './plan.ts';
import { usedIn } from './used-in.ts';
import { phrase } from '../system/phrase.ts';

/** Variables that bash sets itself: an assignment to them is refused, or lost. */
const SHELLS_OWN = new Set([
  ...['UID', 'EUID', 'PPID', 'SHELLOPTS', 'BASHOPTS', 'BASH', 'BASH_VERSION', 'BASH_VERSINFO', 'BASHPID'],
  ...['BASH_ARGC', 'BASH_ARGV', 'BASH_ARGV0', 'BASH_COMMAND', 'BASH_LINENO', 'BASH_SOURCE', 'BASH_SUBSHELL'],
  ...['COMP_WORDBREAKS', 'DIRSTACK', 'EPOCHREALTIME', 'EPOCHSECONDS', 'FUNCNAME', 'GROUPS', 'HISTCMD'],
  ...['LINENO', 'OLDPWD', 'OPTIND', 'PWD', 'RANDOM', 'SECONDS', 'SHLVL', 'SRANDOM'],
]);

/** Variables by which the shell of a task, its programs and Nextflow's script around it find their way. */
const FINDS_THE_WAY =
  /^(PATH|HOME|IFS|SHELL|TMPDIR|ENV|BASH_ENV|CDPATH|PS4|LD_PRELOAD|LD_LIBRARY_PATH|DYLD_\w+|NXF_\w+)$/;

type PlannedNames = Pick<LaunchPlan, 'secrets'>;

/** Names that tasks of the run ask for, each with its uses. */
function askedFor({ secrets }: PlannedNames): (readonly [name: string, uses: readonly Use[]])[] {
  return secrets.flatMap(({ name, uses }) => {
    const asking = uses.filter(({ kind, ignored, reached }) => kind === 'directive' && !ignored && reached);
    return asking.length === 0 ? [] : [[name, asking] as const];
  });
}

/** @throws HumanError 69 if a task asks for a secret that the shell lets nobody set. */
export function refuseShellsOwn(plan: PlannedNames): void {
  for (const [name, uses] of askedFor(plan)) {
    if (!SHELLS_OWN.has(name)) continue;
    throw new HumanError(
      ExitCode.unavailable,
      phrase`Secret ${name} is used in ${usedIn(uses)}, but bash sets the variable ${name} itself: no task
        can get it.`,
      { do: 'rename-secret', name },
    );
  }
}

/**
 * Notes for a person on secrets with a variable that something else sets or reads, as far as the text tells.
 *
 * @param destination - undefined if Nextflow tells what runs there; the other notes follow then.
 */
export function variableNotes(
  code: Pick<PipelineCode, 'settings'>,
  destination: Destination | undefined,
  plan: PlannedNames,
): Notice[] {
  return askedFor(plan).flatMap(([name, uses]) => {
    const shown = printable(name);
    const notes: Notice[] = [];
    if (FINDS_THE_WAY.test(name))
      notes.push({
        fact: phrase`WARNING: a task that asks for ${shown} (${usedIn(uses)}) gets the secret instead of the
          variable ${shown} that its programs need.`,
      });
    if (destination?.isCertain === true) notes.push(...destination.service.nameNotes(name, usedIn(uses)));
    const rival = code.settings.find((setting) => sets(setting, name));
    if (rival !== undefined)
      notes.push({
        fact: phrase`WARNING: ${printable(rival.file)}:${rival.line} sets ${shown} too: in a container, and in
          ${SERVICE_TITLES}, a task gets that value instead of the secret.`,
      });
    return notes;
  });
}

const SERVICE_TITLES = SERVICES.map(({ title }) => title).join(' and ');

/** The names of variables among a container's options. */
const GIVEN = /(?:^|\s)(?:-e|--env)[\s=]*["']?([^\s"'=]+)=/g;

/** Tells whether a setting gives a variable to tasks: `env.NAME`, or `-e NAME=…` among a container's options. */
function sets({ path, value }: PipelineCode['settings'][number], name: string): boolean {
  if (path.at(-2) === 'env') return path.at(-1) === name;
  const isOptions = path.at(-1) === 'containerOptions' || path.at(-1) === 'runOptions';
  return isOptions && [...value.matchAll(GIVEN)].some(([, given]) => given === name);
}
