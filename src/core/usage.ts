import { readFileIfThere, writePrivateFile } from './durable-file.ts';
import { withLock } from './file-lock.ts';
import { usagePath } from './places.ts';
import type { Scope } from './scope.ts';
import { timestamp, type World } from './world.ts';

/** When secrets were last used on this machine: for each vault or scope, by name, ISO 8601 in UTC. */
export type Usage = Readonly<Record<string, Readonly<Record<string, string>>>>;

const MAX_BYTES = 16 << 20;

/** A workspace's secrets are told apart by its directory. */
function section(scope: Scope, workspace: string): string {
  return scope === 'workspace' ? `workspace ${workspace}` : scope;
}

/** What is known of last uses; a damaged or absent file knows nothing. */
export async function readUsage(world: World): Promise<Usage> {
  try {
    const bytes = await readFileIfThere(usagePath(world), MAX_BYTES);
    const parsed: unknown = JSON.parse(bytes?.toString('utf8') ?? '{}');
    return isUsage(parsed) ? parsed : {};
  } catch {
    return {};
  }
}

function isUsage(parsed: unknown): parsed is Usage {
  const isRecord = (value: unknown): value is Record<string, unknown> =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  return (
    isRecord(parsed) &&
    Object.values(parsed).every(
      (names) => isRecord(names) && Object.values(names).every((date) => typeof date === 'string'),
    )
  );
}

/** When this secret was last sent to a run or read out here, or null. */
export function lastUsed(usage: Usage, name: string, scope: Scope, workspace: string): string | null {
  return new Map(Object.entries(usage[section(scope, workspace)] ?? {})).get(name) ?? null;
}

/** Notes that secrets were used now. A convenience: where it cannot be written, nobody is stopped by that. */
export async function recordUsage(
  secrets: Iterable<{ readonly name: string; readonly from: Scope }>,
  workspace: string,
  world: World,
): Promise<void> {
  try {
    await withLock(usagePath(world), world, async () => {
      const usage = new Map(
        Object.entries(await readUsage(world)).map(([key, names]) => [key, new Map(Object.entries(names))]),
      );
      for (const { name, from } of secrets) {
        const key = section(from, workspace);
        const names = usage.get(key) ?? new Map<string, string>();
        usage.set(key, names.set(name, timestamp(world.now())));
      }
      const plain = Object.fromEntries(Array.from(usage, ([key, names]) => [key, Object.fromEntries(names)]));
      await writePrivateFile(usagePath(world), Buffer.from(`${JSON.stringify(plain, undefined, 1)}\n`));
    });
  } catch {
    // See above.
  }
}
