import { expect, it } from 'vitest';
import { doToAll, maxMatches, readMatches } from '@/lib/bulk';

it('goes on after a failure, and names it', async () => {
  const seen: number[] = [];
  const outcome = await doToAll([1, 2, 3, 4, 5], async (item) => {
    if (item === 2) throw new Error('no');
  }, { width: 2, tell: (count) => seen.push(count) });
  expect(outcome.done.toSorted()).toEqual([1, 3, 4, 5]);
  expect(outcome.failed.map(({ item, error }) => [item, (error as Error).message])).toEqual([[2, 'no']]);
  expect(seen).toEqual([1, 2, 3, 4, 5]);
});

it('never has more under way than it may', async () => {
  let running = 0;
  let most = 0;
  await doToAll(Array.from({ length: 20 }), async () => {
    running += 1;
    most = Math.max(most, running);
    await Promise.resolve();
    running -= 1;
  }, { width: 3 });
  expect(most).toBe(3);
});

it('stops when it is told, and says what is left', async () => {
  const stop = new AbortController();
  const outcome = await doToAll([1, 2, 3], async (item) => {
    if (item === 2) stop.abort();
  }, { width: 1, signal: stop.signal });
  expect(outcome.done).toEqual([1, 2]);
  expect(outcome.left).toEqual([3]);
});

const pages = (count: number, size: number) => async (cursor: string | undefined) => {
  const start = Number(cursor ?? 0);
  const items = Array.from({ length: Math.min(size, count - start) }, (_, index) => start + index);
  return { items, next_cursor: start + size < count ? String(start + size) : null };
};

it('reads everything that matches', async () => {
  expect(await readMatches(pages(7, 3))).toEqual({ items: [0, 1, 2, 3, 4, 5, 6], hasMore: false });
});

it('stops at the limit and says that there is more', async () => {
  const { items, hasMore } = await readMatches(pages(maxMatches + 1, 1000));
  expect(items.length).toBe(maxMatches);
  expect(hasMore).toBe(true);
});
