import { ExitCode, HumanError } from '../system/human-error.ts';
import { grantsPath } from '../system/paths.ts';
import { printable } from '../system/printable.ts';
import type { ResolvedSecret } from '../secrets/resolve.ts';
import { readState, type StateFile, updateState } from '../system/state-file.ts';
import { phrase } from '../system/phrase.ts';
import type { World } from '../system/world.ts';

const file = (world: World): StateFile<string[]> => ({
  path: grantsPath(world),
  isEntry: (value): value is string[] =>
    Array.isArray(value) && value.every((name) => typeof name === 'string'),
  ifRemoved: phrase`you are asked again before a remote pipeline gets secrets of yours`,
});

/** The person's own secrets that each remote pipeline may get, sorted. */
export async function listGrants(world: World): Promise<Map<string, string[]>> {
  return readState(file(world), world);
}

/** The person's own secrets among these that a remote pipeline has not been granted before. */
export async function notYetGranted(
  pipeline: string,
  secrets: readonly Pick<ResolvedSecret, 'name' | 'from'>[],
  world: World,
): Promise<string[]> {
  const known = new Set((await listGrants(world)).get(pipeline));
  const wanted = secrets.filter(({ from }) => from !== 'workspace').map(({ name }) => name);
  return wanted.filter((name) => !known.has(name));
}

/**
 * Makes sure that the person lets a remote pipeline have these secrets of theirs. Asks once for new names: the author
 * of the pipeline chose the names, and its code can send the values anywhere.
 *
 * @param pipeline - see {@link grantKey}.
 * @param secrets - all that would be sent; those of the workspace need no grant, it names its pipelines itself.
 * @param granted - `--grant`: names, or `all`.
 * @throws HumanError 77 if there is no yes.
 */
export async function ensureGranted(
  pipeline: string,
  secrets: readonly Pick<ResolvedSecret, 'name' | 'from'>[],
  granted: readonly string[],
  world: World,
): Promise<void> {
  const fresh = await notYetGranted(pipeline, secrets, world);
  if (fresh.length === 0) return;
  const open = granted.includes('all') ? [] : fresh.filter((name) => !granted.includes(name));
  if (open.length > 0) {
    const shown = printable(pipeline);
    const names = open.map(printable).join(', ');
    world.notice(phrase`The remote pipeline ${shown} has not had these secrets of yours before: ${names}`);
    const answer = await world.ask(
      open.length === 1
        ? phrase`Let ${shown} have it, now and later?`
        : phrase`Let ${shown} have them, now and later?`,
    );
    if (answer !== true) {
      throw new HumanError(
        ExitCode.notPermitted,
        phrase`${shown} may not have ${names}; it was not started.`,
        [...(answer === false ? [] : [{ do: 'grant' as const, names: open }]), { do: 'send-only' }],
      );
    }
  }
  await updateState(file(world), world, (grants) => {
    grants.set(pipeline, [...new Set([...(grants.get(pipeline) ?? []), ...fresh])].sort());
  });
}

/**
 * Takes grants back.
 *
 * @param names - all of the pipeline's if empty.
 * @returns the names that it may no longer get.
 * @throws HumanError 66 if it had none of them.
 */
export async function removeGrants(
  pipeline: string,
  names: readonly string[],
  world: World,
): Promise<string[]> {
  let removed: string[] = [];
  await updateState(file(world), world, (grants) => {
    const held = grants.get(pipeline) ?? [];
    const taken = new Set(names.length === 0 ? held : names);
    removed = held.filter((name) => taken.has(name));
    const kept = held.filter((name) => !taken.has(name));
    if (kept.length === 0) grants.delete(pipeline);
    else grants.set(pipeline, kept);
  });
  if (removed.length > 0) return removed;
  throw new HumanError(ExitCode.missing, phrase`There is no such grant for ${printable(pipeline)}.`, {
    do: 'list-grants',
  });
}

/**
 * The key of a remote pipeline's grants: the same for all ways to write it, never the same for two pipelines.
 * `owner/name` is GitHub's, as for Nextflow, unless `-hub` names another host.
 */
export function grantKey(pipeline: string, hub: string | undefined): string {
  const url = /^https:\/\/github\.com\/([^/]+\/[^/]+?)(?:\.git)?\/?$/i.exec(pipeline)?.[1];
  const name = url ?? (hub === undefined || hub === 'github' ? pipeline : `${hub}:${pipeline}`);
  // GitHub does not tell capitals apart; other hosts may.
  return url !== undefined || /^[^/:]+\/[^/:]+$/.test(name) ? name.toLowerCase() : name;
}
