import pMap, { pMapSkip } from 'p-map';

/** The number of requests that are under way at the same time. */
export const CONCURRENCY = 50;

/** The same for AWS Batch, which takes far fewer. */
export const BATCH_CONCURRENCY = 10;

/**
 * Does the same for all items, several at a time. After the first failure it begins nothing new, and waits for the work
 * under way: this must not end after a later cleanup.
 *
 * @throws the first failure.
 */
export async function inParallel<Item, Result>(
  items: Iterable<Item>,
  work: (item: Item) => Promise<Result>,
  { concurrency = CONCURRENCY }: { readonly concurrency?: number } = {},
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
    { concurrency },
  );
  if (failure !== undefined) throw failure.error as Error;
  return results;
}
