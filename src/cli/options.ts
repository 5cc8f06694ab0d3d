import { type Argument, InvalidArgumentError, Option } from 'commander';
import { didYouMean } from '../core/system/near-miss.ts';
import type { Scope } from '../core/secrets/scope.ts';

/** Takes only the listed values, with a near miss for any other; help and completion show them. */
export function choices<T extends Option | Argument>(taker: T, values: readonly string[]): T {
  taker.choices([...values]);
  taker.argParser((typed) => {
    if (values.includes(typed)) return typed;
    throw new InvalidArgumentError(`Allowed: ${values.join(', ')}.${String(didYouMean(typed, values))}`);
  });
  return taker;
}

/** `--scope`, with the scopes that the command can work on. */
export const scopeOption = (description: string, scopes: readonly Scope[] = ['user', 'workspace']): Option =>
  choices(new Option('--scope <scope>', description), scopes);

export const workspaceOption = (): Option =>
  new Option('--workspace <dir>', 'the workspace (default: found upwards; NF_SECRETS_WORKSPACE)');

export const acceptOption = (): Option =>
  new Option('--accept-members', "accept who can read the workspace's vault without being asked");

export const jsonOption = (): Option => new Option('--json', 'print JSON');

/** Collects a repeatable option. */
export function collect(value: string, earlier: string[] | undefined): string[] {
  return [...(earlier ?? []), value];
}
