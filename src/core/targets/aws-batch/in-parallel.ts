import { setTimeout as sleep } from 'node:timers/promises';
import pMap, { pMapSkip } from 'p-map';

/** Requests that are under way at the same time. */
export const CONCURRENCY = 50;

/**
 * Secrets that are made or deleted in a second: Secrets Manager takes about 50 such requests of an account, and has
 * room for as many at once.
 */
const WRITES_PER_SECOND = 50;

/**
 * Does the same for all items, several at a time. After the first failure nothing new is begun, and what is under way
 * is waited for: whoever cleans up must not be overtaken by it.
 *
 * @param turn - is awaited before each.
 * @throws what the first failure was.
 */
export async function inParallel<Item, Result>(
  items: Iterable<Item>,
  work: (item: Item) => Promise<Result>,
  turn?: () => Promise<void>,
): Promise<Result[]> {
  let failure: { readonly error: unknown } | undefined;
  const results = await pMap(
    items,
    async (item): Promise<Result | typeof pMapSkip> => {
      await turn?.();
      if (failure !== undefined) return pMapSkip;
      try {
        return await work(item);
      } catch (error) {
        failure ??= { error };
        return pMapSkip;
      }
    },
    { concurrency: CONCURRENCY },
  );
  if (failure !== undefined) throw failure.error as Error;
  return results;
}

/** @returns what is to be awaited before each request that makes or deletes a secret. */
export function writePace(): () => Promise<void> {
  const starts: number[] = [];
  return async () => {
    const now = performance.now();
    const start = Math.max(now, (starts.at(-WRITES_PER_SECOND) ?? -Infinity) + 1000);
    starts.push(start);
    if (start > now) await sleep(start - now);
  };
}
