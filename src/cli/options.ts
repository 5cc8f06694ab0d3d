import { InvalidArgumentError, Option } from 'commander';
import { didYouMean } from '../core/near-miss.ts';

/** A value out of a list, or an error with a near miss. */
export function choice<T extends string>(choices: readonly T[]): (typed: string) => T {
  return (typed) => {
    const found = choices.find((known) => known === typed);
    if (found !== undefined) return found;
    throw new InvalidArgumentError(`Allowed: ${choices.join(', ')}.${didYouMean(typed, choices)}`);
  };
}

export const workspaceOption = (): Option =>
  new Option('--workspace <dir>', 'the workspace (default: found upwards; NF_SECRETS_WORKSPACE)');

export const acceptOption = (): Option =>
  new Option('--accept-members', "accept who can read the workspace's vault without being asked");

export const jsonOption = (): Option => new Option('--json', 'print JSON');

/** Collects a repeatable option. */
export function collect(value: string, earlier: string[] | undefined): string[] {
  return [...(earlier ?? []), value];
}
