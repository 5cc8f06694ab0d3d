import { Argument, type Command, Option } from 'commander';
import { ExitCode, HumanError } from '../../core/system/human-error.ts';
import { findWorkspace, workspaceVaultPath } from '../../core/system/paths.ts';
import { readRoster } from '../../core/vault/members/roster-file.ts';
import { listIfHere } from '../../core/secrets/resolve.ts';
import { backgroundRuns } from '../../core/runs/background.ts';
import { recordedRuns } from '../../core/runs/ledger.ts';
import { secretNameProblem } from '../../core/secrets/secret-name.ts';
import { homeProblem } from '../../core/system/tool-home.ts';
import type { World } from '../../core/system/world.ts';
import { choices, examples } from '../options.ts';
import { type ShellName, SHELLS, SCRIPTS } from '../completion-scripts.ts';
import type { Shell } from '../shell.ts';
import { storesOf } from '../../core/stores/stores.ts';

/** Arguments and options that take names of secrets. */
const NAMES = new Set(['name', 'names', 'old', 'pattern', '--only', '--secret', '--grant']);
/** Arguments and options that take ids of runs. */
const RUNS = new Set(['run', '--run']);

/** Arguments that take labels of members. */
const LABELS = new Set(['label']);

interface CompletionOptions {
  readonly install?: true;
  readonly uninstall?: true;
  readonly yes?: true;
}

export function addCompletion(program: Command, shell: Shell): void {
  program
    .command('completion')
    .summary('make your shell complete commands, options and names')
    .description(
      'Prints a script that makes your shell complete commands, options and names of secrets. With --install, puts it ' +
        'where your shell finds it: shows each file that it writes, and asks.',
    )
    .addArgument(
      choices(new Argument('[shell]', 'your shell; with --install the one of $SHELL by default'), SHELLS),
    )
    .option('--install', 'put the script where the shell finds it')
    .addOption(new Option('--uninstall', 'take back what --install wrote').conflicts('install'))
    .option('--yes', 'do not ask')
    .addHelpText(
      'after',
      examples(
        'nf-secrets completion --install',
        'nf-secrets completion zsh --install --yes',
        'nf-secrets completion --uninstall',
        'nf-secrets completion bash > nf-secrets.bash    # to install it in another way',
      ),
    )
    .action(async (named: ShellName | undefined, options: CompletionOptions) => {
      const { install, uninstall } = options;
      if (install !== true && uninstall !== true) {
        if (named === undefined)
          throw new HumanError(ExitCode.usage, `Name your shell: ${SHELLS.join(', ')}. Or: --install`);
        await shell.print(SCRIPTS[named]);
        return;
      }
      const { setUpCompletion } = await import('../install-completion.ts');
      await setUpCompletion(named, uninstall === true ? 'remove' : 'write', options, shell.world);
    });
  program
    .command('complete', { hidden: true })
    .argument('[words...]')
    .action(async (words: string[]) => {
      const candidates = await complete(program, words, shell.world);
      await shell.print(candidates.map((candidate) => `${candidate}\n`).join(''));
    });
}

async function complete(program: Command, words: readonly string[], world: World): Promise<string[]> {
  const typed = words.at(-1) ?? '';
  const before = words.slice(0, -1);
  let command = program;
  let operands = 0;
  let open: Option | undefined;
  for (const word of before) {
    if (word === '--') return [];
    if (open !== undefined) open = undefined;
    else if (word.startsWith('-')) open = optionWithValue(command, word);
    else {
      const inner = command.commands.find((known) => known.name() === word);
      if (inner !== undefined && operands === 0) command = inner;
      else operands += 1;
    }
  }
  // The words after the pipeline or the command belong to another program.
  if (['launch', 'exec'].includes(command.name()) && operands > 0) return [];
  const candidates = await candidatesFor({ command, open, operands, typed }, world);
  return candidates.filter((candidate) => candidate.startsWith(typed));
}

function optionWithValue(command: Command, word: string): Option | undefined {
  const option = command.options.find(({ long, short }) => long === word || short === word);
  return option?.required === true ? option : undefined;
}

/** The word that is being typed, and what comes before it. */
interface UnfinishedWord {
  readonly command: Command;
  /** The option that it is the value of. */
  readonly open: Option | undefined;
  /** Number of arguments of the command that come before it. */
  readonly operands: number;
  readonly typed: string;
}

async function candidatesFor(
  { command, open, operands, typed }: UnfinishedWord,
  world: World,
): Promise<readonly string[]> {
  if (open !== undefined) return open.argChoices ?? valuesOf(open.long ?? '', world);
  if (typed.startsWith('-')) {
    return [...command.options.filter(({ hidden }) => !hidden).flatMap(({ long }) => long ?? []), '--help'];
  }
  const inner = command.createHelp().visibleCommands(command);
  if (inner.length > 0) return operands > 0 ? [] : inner.map((known) => known.name());
  const given = command.registeredArguments;
  const argument = given[operands] ?? (given.at(-1)?.variadic === true ? given.at(-1) : undefined);
  if (argument === undefined) return [];
  return argument.argChoices ?? valuesOf(argument.name(), world);
}

async function valuesOf(taker: string, world: World): Promise<readonly string[]> {
  if ((await homeProblem(world)) !== undefined) return [];
  if (NAMES.has(taker)) return secretNames(world);
  if (LABELS.has(taker)) return memberLabels(world);
  if (!RUNS.has(taker)) return [];
  const inBackground = (await backgroundRuns(world)).map(({ runId }) => runId);
  return [...new Set([...(await recordedRuns(world)), ...inBackground])];
}

async function secretNames(world: World): Promise<string[]> {
  const { directory } = await findWorkspace(world, undefined);
  const names = new Set<string>();
  // Nobody waits for a network after a tab.
  for (const store of storesOf(directory, world))
    for (const name of (await listIfHere(store)).keys()) names.add(name);
  // Nextflow's own store may have any text for a name, and shells expand what they get.
  return [...names].filter((name) => secretNameProblem(name) === undefined);
}

/** Labels of the members, and of people with several machines. */
async function memberLabels(world: World): Promise<string[]> {
  const { directory } = await findWorkspace(world, undefined);
  const roster = await readRoster(workspaceVaultPath(directory)).catch(() => undefined);
  const labels = roster?.members.map(({ label }) => label) ?? [];
  const people = labels.map((label) => label.split('/')[0] ?? '');
  const several = people.filter((person, index) => people.indexOf(person) < index && person !== 'robot');
  return [...new Set([...labels, ...several])];
}
