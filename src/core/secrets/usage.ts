import { usagePath } from '../system/paths.ts';
import type { Scope } from './scope.ts';
import { isRecord, readState, type StateFile, updateState } from '../system/state-file.ts';
import { timestamp, type World } from '../system/world.ts';
import { phrase } from '../system/phrase.ts';

/** Longest wait, in milliseconds: nobody waits long for a date. */
const PATIENCE = 1_000;

/** Times of the last use of one scope's secrets on this machine: by name, ISO 8601 in UTC. */
type Dates = Record<string, string>;

/** Last uses by scope; a workspace's secrets are told apart by its directory. */
export type Usage = ReadonlyMap<string, Readonly<Dates>>;

const file = (world: World): StateFile<Dates> => ({
  path: usagePath(world),
  durable: false,
  isEntry: (value): value is Dates =>
    isRecord(value) && Object.values(value).every((date) => typeof date === 'string'),
  ifRemoved: phrase`dates of last use start anew`,
});

const section = (scope: Scope, workspace: string): string =>
  scope === 'workspace' ? `workspace ${workspace}` : scope;

/** Reads the last uses that are known; a damaged file knows none. */
export async function readUsage(world: World): Promise<Usage> {
  return readState(file(world), world).catch(() => new Map<string, Dates>());
}

/** Returns the time that this secret was last sent to a run or read out here, or null. */
export function lastUsed(usage: Usage, name: string, scope: Scope, workspace: string): string | null {
  const dates = usage.get(section(scope, workspace)) ?? {};
  return Object.hasOwn(dates, name) ? (dates[name] ?? null) : null;
}

/** Notes that secrets were used now. A convenience: if it cannot be written, nobody is stopped by that. */
export async function recordUsage(
  secrets: Iterable<{ readonly name: string; readonly from: Scope }>,
  workspace: string,
  world: World,
): Promise<void> {
  const now = timestamp(world.now());
  await updateState(
    file(world),
    world,
    (usage) => {
      // Each section is copied once: a lease may have thousands of names.
      const used = new Map<string, [string, string][]>();
      for (const { name, from } of secrets) {
        const key = section(from, workspace);
        const dates = used.get(key) ?? [];
        dates.push([name, now]);
        used.set(key, dates);
      }
      for (const [key, dates] of used) usage.set(key, { ...usage.get(key), ...Object.fromEntries(dates) });
    },
    PATIENCE,
  ).catch(() => undefined);
}
