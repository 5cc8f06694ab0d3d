import pMap, { pMapSkip } from 'p-map';

/**
 * Requests that are under way at the same time: Secrets Manager takes about 50 writes a second of an account, and
 * others use it too.
 */
export const CONCURRENCY = 25;

/**
 * Does the same for all items, several at a time. After the first failure nothing new is begun, and what is under way
 * is waited for: whoever cleans up must not be overtaken by it.
 *
 * @throws what the first failure was.
 */
export async function inParallel<Item, Result>(
  items: Iterable<Item>,
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  let failure: { readonly error: unknown } | undefined;
  const results = await pMap(
    items,
    async (item): Promise<Result | typeof pMapSkip> => {
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
