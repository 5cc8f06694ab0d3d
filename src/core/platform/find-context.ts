import { ExitCode, HumanError } from '../system/human-error.ts';
import { nearMiss } from '../system/near-miss.ts';
import { type Phrase, phrase } from '../system/phrase.ts';
import { printable } from '../system/printable.ts';
import {
  contextOf,
  OWN_CONTEXT,
  type PlatformContext,
  type PlatformMembership,
  type PlatformWorkspace,
} from './types.ts';

/** Most workspaces that a message names. */
const MOST_NAMED = 10;

/** Tells whether a person means their own context. */
export const isOwnContext = (typed: string): boolean => typed.trim().toLowerCase() === OWN_CONTEXT.title;

/**
 * Finds the context that a person names: `user`, `ORG/WORKSPACE`, the name of a workspace alone if there is one such, or
 * its id. Capital letters do not matter, unless two names differ in nothing else.
 *
 * @throws HumanError 64 if there is none such, or more than one.
 */
export function findContext(
  typed: string,
  { workspaces }: Pick<PlatformMembership, 'workspaces'>,
  host: string,
): PlatformContext {
  const wanted = typed.trim();
  if (isOwnContext(wanted)) return OWN_CONTEXT;
  const titles = (one: PlatformWorkspace): string[] => [contextOf(one).title, one.name, one.id];
  const exact = workspaces.filter((one) => titles(one).includes(wanted));
  const alike = workspaces.filter((one) =>
    titles(one).some((title) => title.toLowerCase() === wanted.toLowerCase()),
  );
  const found = exact.length > 0 ? exact : alike;
  const [only, other] = found;
  if (only !== undefined && other === undefined) return contextOf(only);
  if (only !== undefined) {
    const named = found.map((one) => `${printable(contextOf(one).title)} (${one.id})`).join(', ');
    throw new HumanError(
      ExitCode.usage,
      phrase`Several workspaces are called ${printable(wanted)}: ${named}.`,
      phrase`Name the organisation too, as ORG/WORKSPACE, or the number of the workspace.`,
    );
  }
  throw new HumanError(ExitCode.usage, unknownWorkspace(wanted, workspaces, host), {
    do: 'list-platform-workspaces',
  });
}

function unknownWorkspace(wanted: string, workspaces: readonly PlatformWorkspace[], host: string): Phrase {
  const shown = printable(wanted).slice(0, 200);
  if (workspaces.length === 0)
    return phrase`You see no workspace at ${host}, so none called ${shown}. Your own secrets are in "user".`;
  const near =
    nearMiss(
      wanted,
      workspaces.map((one) => contextOf(one).title),
    ) ?? nearMiss(wanted, new Set(workspaces.map(({ name }) => name)));
  if (near !== undefined)
    return phrase`You see no workspace called ${shown} at ${host}. Did you mean ${printable(near)}?`;
  const some = workspaces.slice(0, MOST_NAMED).map((one) => printable(contextOf(one).title));
  return phrase`You see no workspace called ${shown} at ${host}. There are: ${some.join(', ')}${
    workspaces.length > MOST_NAMED ? ', …' : ''
  }`;
}
