import type { Command } from 'commander';
import { ExitCode, HumanError } from '../../core/system/human-error.ts';
import { findWorkspace } from '../../core/system/paths.ts';
import { printable, printableJson } from '../../core/system/printable.ts';
import { type Operation, sidesOf } from '../../core/vault/merge/git-stages.ts';
import type { Choices, Conflict, SideInfo } from '../../core/vault/merge/merge-secrets.ts';
import {
  assertMayResolve,
  canTake,
  conflictsOf,
  deletedBy,
  keepChoices,
  resolveVault,
  takeSide,
  type UnmergedVault,
  unmergedVault,
  WHOLE_VAULT,
} from '../../core/vault/merge/resolve-vault.ts';
import type { SideName } from '../../core/vault/merge/three-way.ts';
import { workspaceVault } from '../../core/vault/vault-location.ts';
import { askOneOf } from '../ask.ts';
import { acceptOption, examples, jsonOption, workspaceOption } from '../options.ts';
import type { Shell } from '../shell.ts';

interface ResolveOptions {
  readonly ours?: true;
  readonly theirs?: true;
  readonly json?: true;
  readonly workspace?: string;
  readonly acceptMembers?: true;
}

export function addResolve(program: Command, shell: Shell): void {
  program
    .command('resolve')
    .summary("merge the workspace's vault where git could not")
    .description(
      "Merges the workspace's vault by names, after git has stopped with a conflict: in a merge, rebase, cherry-pick, " +
        'revert or stash. What only one side has changed is merged. For each secret that both have changed, you ' +
        'choose a side; nf-secrets shows who changed it and when, never a value.',
    )
    .argument('[names...]', 'secrets to decide; without names, all that are left')
    .option('--ours', 'take our side')
    .option('--theirs', 'take the other side')
    .addOption(jsonOption('print what both sides have changed as JSON, and change nothing'))
    .addOption(workspaceOption())
    .addOption(acceptOption())
    .addHelpText(
      'after',
      examples(
        'nf-secrets resolve                        # merges, and asks about what both sides have changed',
        'nf-secrets resolve DB_PASSWORD --theirs',
        'nf-secrets resolve --ours                 # for all that both sides have changed',
      ),
    )
    .action(async (names: string[], options: ResolveOptions) => {
      await resolve(names, options, shell);
    });
}

async function resolve(names: readonly string[], options: ResolveOptions, shell: Shell): Promise<void> {
  const { world, print } = shell;
  const side = sideOption(names, options);
  const { directory } = await findWorkspace(world, options.workspace);
  const vault = await unmergedVault(workspaceVault(directory), world);
  if (options.json === true) {
    await print(`${printableJson(await overview(vault, shell))}\n`);
    return;
  }
  if (vault === undefined) {
    world.say(`There is nothing to merge in ${printable(directory)}.`);
    return;
  }
  const accept = options.acceptMembers === true;
  try {
    await merge(vault, { names, side, accept }, shell);
  } catch (error) {
    if (side === undefined || names.length > 0 || !canTake(side, error)) throw error;
    await takeSide(vault, side, accept, world);
    const other = side === 'ours' ? 'theirs' : 'ours';
    world.say(`The changes of ${other} are not in it, because the two sides cannot be merged.`);
  }
  sayDone(vault, shell);
}

interface Decision {
  readonly names: readonly string[];
  /** Side for these names, or for all if none is named; undefined to ask. */
  readonly side: SideName | undefined;
  readonly accept: boolean;
}

/** @throws HumanError 65 if something is left to decide; as `resolveVault`. */
async function merge(vault: UnmergedVault, { names, side, accept }: Decision, shell: Shell): Promise<void> {
  const { world } = shell;
  const conflicts = await conflictsOf(vault, world);
  assertKnown(names, conflicts);
  const choices = new Map(vault.choices);
  const asks = side === undefined && shell.canAsk;
  if (side !== undefined)
    for (const { name } of conflicts) if (names.length === 0 || names.includes(name)) choices.set(name, side);
  if (asks && conflicts.some(({ name }) => !choices.has(name))) {
    await assertMayResolve(vault, world);
    await askFor(vault, conflicts, choices, shell);
  }
  const isOfNames = asks || names.length > 0;
  const decided = isOfNames && choices.size > 0 ? await keepChoices(vault, choices, world) : vault;
  const left = await resolveVault(decided, choices, accept, world);
  if (left.length > 0) throw asks ? decideLater(vault, left) : undecided(vault, left);
}

/** @throws HumanError 64 for both sides at once, or names without a side. */
function sideOption(names: readonly string[], { ours, theirs }: ResolveOptions): SideName | undefined {
  if (ours === true && theirs === true)
    throw new HumanError(ExitCode.usage, 'Name one side: --ours or --theirs.');
  const side = ours === true ? 'ours' : theirs === true ? 'theirs' : undefined;
  if (names.length > 0 && side === undefined)
    throw new HumanError(
      ExitCode.usage,
      `Name the side for ${names.map(printable).join(', ')}: --ours or --theirs.`,
    );
  return side;
}

function assertKnown(names: readonly string[], conflicts: readonly Conflict[]): void {
  const unknown = names.find((name) => !conflicts.some((conflict) => conflict.name === name));
  if (unknown === undefined) return;
  throw new HumanError(
    ExitCode.missing,
    `${printable(unknown)} is nothing that both sides have changed.`,
    conflicts.length === 0
      ? 'Nothing is: nf-secrets resolve merges it.'
      : `These are: ${conflicts.map(({ name }) => printable(name)).join(', ')}`,
  );
}

const dateAndAuthor = (info: SideInfo | null): string =>
  info === null
    ? 'deleted'
    : `changed ${printable(info.updated ?? 'at an unknown time').slice(0, 20)} by ${printable(info.updatedBy ?? 'somebody unknown').slice(0, 80)}`;

const titleOf = ({ name, parts }: Conflict): string =>
  parts.length === 0 ? printable(name) : `${printable(name)} (${parts.map(printable).join(', ')})`;

function linesOf(vault: UnmergedVault, conflict: Conflict): string[] {
  if (conflict.name === WHOLE_VAULT) {
    return deletedBy(vault) === 'ours'
      ? ['Ours has deleted the whole vault, theirs has changed it.']
      : ['Theirs has deleted the whole vault, ours has changed it.'];
  }
  return [
    `${titleOf(conflict)}:`,
    `  ours:   ${dateAndAuthor(conflict.ours)}`,
    `  theirs: ${dateAndAuthor(conflict.theirs)}`,
  ];
}

/** Asks for each conflict that is not decided. */
async function askFor(
  vault: UnmergedVault,
  conflicts: readonly Conflict[],
  choices: Map<string, SideName>,
  { world }: Shell,
): Promise<void> {
  world.say(`Both sides have changed these: ${String(sidesOf(vault.operation))}.`);
  for (const conflict of conflicts.filter(({ name }) => !choices.has(name))) {
    for (const line of linesOf(vault, conflict)) world.say(line);
    const answer = await askOneOf('Take ours or theirs?', ['ours', 'theirs', 'later']);
    if (answer === 'ours' || answer === 'theirs') choices.set(conflict.name, answer);
  }
}

/** The person has seen all of them just now. */
const decideLater = ({ path }: UnmergedVault, left: readonly Conflict[]): HumanError =>
  new HumanError(
    ExitCode.data,
    `${printable(path)} is not merged yet; your decisions are kept.`,
    `${left.length === 1 ? 'One is' : `${left.length} are`} left to decide. Go on with: nf-secrets resolve`,
  );

function undecided(vault: UnmergedVault, left: readonly Conflict[]): HumanError {
  const { path, operation } = vault;
  const first = printable(left[0]?.name ?? '');
  const isWhole = left.some(({ name }) => name === WHOLE_VAULT);
  return new HumanError(
    ExitCode.data,
    `${printable(path)} is not merged yet. Both sides have changed these, and ${String(sidesOf(operation))}.`,
    [
      ...left.flatMap((conflict) => linesOf(vault, conflict)),
      isWhole
        ? 'Choose: nf-secrets resolve --ours, or --theirs'
        : `Choose for each: nf-secrets resolve ${first} --ours, or --theirs`,
      ...(isWhole ? [] : ['Or for all of them: nf-secrets resolve --ours, or --theirs']),
    ].join('\n'),
  );
}

const NEXT: Readonly<Record<Operation, string>> = {
  merge: 'Go on with: git commit',
  rebase: 'Go on with: git rebase --continue',
  'cherry-pick': 'Go on with: git cherry-pick --continue',
  revert: 'Go on with: git revert --continue',
  other:
    'If it comes from a stash, it is still there: git stash drop. If it comes from a patch: git am --continue',
};

function sayDone({ path, operation }: UnmergedVault, { world }: Shell): void {
  world.say(`Merged ${printable(path)}, and put it into git's index. ${NEXT[operation]}`);
}

async function overview(vault: UnmergedVault | undefined, { world }: Shell): Promise<unknown> {
  if (vault === undefined) return { unmerged: false, operation: null, conflicts: [] };
  const decided: Choices = vault.choices;
  const conflicts = await conflictsOf(vault, world);
  return {
    unmerged: true,
    operation: vault.operation,
    conflicts: conflicts.map((conflict) => ({ ...conflict, decided: decided.get(conflict.name) ?? null })),
  };
}
