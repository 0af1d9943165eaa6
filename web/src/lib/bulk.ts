// One thing after another, for many: with progress, and with the failures by name instead of stopping at the first.
export interface Failure<Item> {
  item: Item;
  error: unknown;
}

export interface Outcome<Item> {
  done: Item[];
  failed: Failure<Item>[];
  /** Not tried: it was stopped. */
  left: Item[];
}

interface BulkOptions {
  /** How many at once. */
  width?: number;
  tell?: (finished: number) => void;
  signal?: AbortSignal;
}

export async function doToAll<Item>(items: readonly Item[], each: (item: Item) => Promise<unknown>, { width = 4, tell, signal }: BulkOptions = {}): Promise<Outcome<Item>> {
  const outcome: Outcome<Item> = { done: [], failed: [], left: [] };
  let next = 0;
  const work = async () => {
    for (;;) {
      if (next >= items.length || signal?.aborted) return;
      const item = items[next] as Item;
      next += 1;
      try {
        await each(item);
        outcome.done.push(item);
      } catch (error) {
        outcome.failed.push({ item, error });
      }
      tell?.(outcome.done.length + outcome.failed.length);
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, work));
  outcome.left = items.slice(next);
  return outcome;
}

interface Page<Item> {
  items: Item[];
  next_cursor: string | null;
}

/** How many things one action may be done to. */
export const maxMatches = 10_000;

/** Reads everything that matches, page by page; stops at maxMatches and says so with `hasMore`. */
export async function readMatches<Item>(
  page: (cursor: string | undefined) => Promise<Page<Item>>,
  tell?: (count: number) => void,
): Promise<{ items: Item[]; hasMore: boolean }> {
  const items: Item[] = [];
  let cursor: string | undefined;
  do {
    const answer = await page(cursor);
    items.push(...answer.items);
    tell?.(items.length);
    cursor = answer.next_cursor ?? undefined;
  } while (cursor && items.length < maxMatches);
  return { items: items.slice(0, maxMatches), hasMore: cursor !== undefined || items.length > maxMatches };
}
