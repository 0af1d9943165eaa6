import { expect, it, vi } from 'vitest';
import type { Action } from '@/lib/actions';
import { listenToOffers, newestOffer, offerOf, putOffer, takeOffer } from '@/lib/offers';

const done = vi.fn();
const actions: Action<number>[] = [
  { id: 'open', label: 'common.show', run: done },
  { id: 'write', label: 'common.edit', right: 'agents:write', run: done },
  { id: 'odd', label: 'common.copy', refusal: (items) => (items.some((each) => each % 2 === 0) ? 'action.onlyOne' : undefined), run: done },
];

const ids = (items: number[], rights: string[]) => offerOf('x', actions, items, rights).actions.map((each) => each.action.id);
const offer = (target: string) => ({ target, actions: [] });

it('offers only what state and rights allow', () => {
  expect(ids([1], ['agents:write'])).toEqual(['open', 'write', 'odd']);
  expect(ids([2], [])).toEqual(['open']);
  expect(ids([], ['agents:write'])).toEqual([]);
});

it('runs on what was offered', () => {
  offerOf('x', actions, [1, 3], []).actions[0]?.run();
  expect(done).toHaveBeenLastCalledWith([1, 3]);
});

it('has the newest on top, and the older again when it goes', () => {
  const [list, drawer] = [Symbol('list'), Symbol('drawer')];
  const heard = vi.fn();
  const leave = listenToOffers(heard);
  putOffer(list, offer('list'));
  putOffer(drawer, offer('drawer'));
  putOffer(list, offer('list, changed'));
  expect(newestOffer()?.target).toBe('drawer');
  takeOffer(drawer);
  expect(newestOffer()?.target).toBe('list, changed');
  takeOffer(list);
  expect(newestOffer()).toBeUndefined();
  expect(heard).toHaveBeenCalledTimes(5);
  leave();
});
