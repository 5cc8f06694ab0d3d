import { Argument, type Command, type Option } from 'commander';
import { findWorkspace, workspaceVaultPath } from '../../core/system/paths.ts';
import { readRoster } from '../../core/vault/members/roster-file.ts';
import { listIfHere } from '../../core/secrets/resolve.ts';
import { backgroundRuns } from '../../core/runs/background.ts';
import { recordedRuns } from '../../core/runs/ledger.ts';
import { secretNameProblem } from '../../core/secrets/secret-name.ts';
import { homeProblem } from '../../core/system/tool-home.ts';
import type { World } from '../../core/system/world.ts';
import { choices, examples } from '../options.ts';
import type { Shell } from '../shell.ts';
import { storesOf } from '../../core/stores/stores.ts';

/**
 * Scripts for each shell, which asks us for the words that fit, and offers files if we know none.
 * `complete` gets the words after `nf-secrets`, the last of them unfinished.
 */
const SCRIPTS = {
  bash: `_nf_secrets() {
    local IFS=$'\\n'
    COMPREPLY=($(nf-secrets complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -o bashdefault -F _nf_secrets nf-secrets
`,
  zsh: `#compdef nf-secrets
_nf_secrets() {
    local -a candidates
    candidates=("\${(@f)$(nf-secrets complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
    if [[ -n "\${candidates[1]}" ]]; then compadd -a candidates; else _files; fi
}
if [[ "\${funcstack[1]}" == _nf_secrets ]]; then _nf_secrets "$@"; else compdef _nf_secrets nf-secrets; fi
`,
  fish: `complete -c nf-secrets -a '(nf-secrets complete -- (commandline -opc)[2..-1] (commandline -ct) 2>/dev/null)'
`,
} as const;

type ShellName = keyof typeof SCRIPTS;
const SHELLS: readonly ShellName[] = ['bash', 'zsh', 'fish'];

/** Arguments and options that take names of secrets. */
const NAMES = new Set(['name', 'names', 'old', 'pattern', '--only', '--secret', '--grant']);
/** Arguments and options that take ids of runs. */
const RUNS = new Set(['run', '--run']);

/** Arguments that take labels of members. */
const LABELS = new Set(['label']);

export function addCompletion(program: Command, shell: Shell): void {
  program
    .command('completion')
    .summary('print a script that completes commands in your shell')
    .description('Prints a script that makes your shell complete commands, options and names of secrets.')
    .addArgument(choices(new Argument('<shell>', 'your shell'), SHELLS))
    .addHelpText(
      'after',
      examples(
        `echo 'eval "$(nf-secrets completion bash)"' >> ~/.bashrc`,
        `echo 'eval "$(nf-secrets completion zsh)"' >> ~/.zshrc   # after the line with compinit`,
        'nf-secrets completion fish > ~/.config/fish/completions/nf-secrets.fish',
      ),
    )
    .action(async (name: ShellName) => shell.print(SCRIPTS[name]));
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
