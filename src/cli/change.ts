import type { Command } from 'commander';
import { ExitCode, HumanError } from '../core/system/human-error.ts';
import { printable } from '../core/system/printable.ts';
import type { ListedSecret } from '../core/secrets/resolve.ts';
import { type VaultScope, isVaultScope } from '../core/secrets/scope.ts';
import type { World } from '../core/system/world.ts';
import { InterruptedError } from './ask.ts';
import { notSet } from './commands/get.ts';
import { acceptOption, scopeOption, workspaceOption } from './options.ts';

// The common part of delete, rename, copy and move: they change secrets of the one scope that has them.

export interface ChangeOptions {
  readonly scope?: VaultScope;
  readonly yes?: true;
  readonly workspace?: string;
  readonly acceptMembers?: true;
}

export function changeCommand(program: Command, name: string): Command {
  return program
    .command(name)
    .addOption(scopeOption('scope of the secret, if several scopes have the name'))
    .option('--yes', 'do not ask')
    .addOption(workspaceOption())
    .addOption(acceptOption());
}

/**
 * Asks for a yes, unless `--yes` gives it.
 *
 * @throws InterruptedError for a no, which ends the command as Ctrl-C does; HumanError 64 if there is nobody to ask.
 */
export async function confirmChange(question: string, { yes }: ChangeOptions, world: World): Promise<void> {
  if (yes === true) return;
  const answer = await world.ask(question);
  if (answer === true) return;
  throw answer === false
    ? new InterruptedError()
    : new HumanError(
        ExitCode.usage,
        `This needs a confirmation, and there is no terminal to ask on: ${question}`,
        'Add --yes.',
      );
}

/**
 * The scope to change for a name: the named one, or the only one of ours that has it.
 *
 * @throws HumanError 64 if it is in none, in several, or only in Nextflow's own store.
 */
export function theOneScope(
  name: string,
  scope: VaultScope | undefined,
  known: readonly ListedSecret[],
): VaultScope {
  const having = known.filter((secret) => secret.name === name && (scope ?? secret.scope) === secret.scope);
  const ours = having.map((secret) => secret.scope).filter(isVaultScope);
  const [only, other] = ours;
  if (only !== undefined && other === undefined) return only;
  if (only !== undefined) {
    throw new HumanError(
      ExitCode.usage,
      `${printable(name)} is set in ${ours.join(' and ')}.`,
      'Name one: --scope user or --scope workspace',
    );
  }
  if (having.length > 0) {
    throw new HumanError(
      ExitCode.usage,
      `${printable(name)} is in Nextflow's own store, which nf-secrets only reads.`,
      `Take it over first: nf-secrets import nextflow. To delete it there: nextflow secrets delete ${printable(name)}`,
    );
  }
  throw notSet(name, known, {
    scope,
    remedy: 'See what there is: nf-secrets list',
    exitCode: ExitCode.usage,
  });
}
