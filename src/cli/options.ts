import { type Argument, InvalidArgumentError, Option } from 'commander';
import type { Phrase } from '../core/system/phrase.ts';
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

/** Takes what a test finds sound. */
export const checked =
  (isSound: (typed: string) => boolean, expected: Phrase) =>
  (typed: string): string => {
    if (isSound(typed)) return typed;
    throw new InvalidArgumentError(`Expected ${String(expected)}.`);
  };

export const workspaceOption = (): Option =>
  new Option(
    '--workspace <dir>',
    'directory of the workspace (NF_SECRETS_WORKSPACE; default: the nearest one above)',
  );

export const acceptOption = (): Option =>
  new Option('--accept-members', "accept the members of the workspace's vault without a question");

export const jsonOption = (description = 'print JSON'): Option => new Option('--json', description);

/** Text after a command's help: command lines that work as they are. A remark follows a `#`. */
export const examples = (...lines: readonly string[]): string =>
  `\n${['Examples:', ...lines.map((line) => `  ${line}`)].join('\n')}`;

/** Collects a repeatable option. */
export function collect(value: string, earlier: string[] | undefined): string[] {
  return [...(earlier ?? []), value];
}
