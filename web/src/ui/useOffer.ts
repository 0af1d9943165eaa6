import { useEffect, useState, useSyncExternalStore } from 'react';
import { useRights } from '@/api/session';
import type { Action } from '@/lib/actions';
import { listenToOffers, newestOffer, offerOf, putOffer, takeOffer } from '@/lib/offers';

/** Offers the actions on these things to the palette and the single keys, as long as the component is there. */
export function useOffer<Item>(target: string, actions: readonly Action<Item>[], items: Item[]): void {
  const rights = useRights();
  const [id] = useState(() => Symbol('offer'));
  useEffect(() => {
    if (items.length === 0) takeOffer(id);
    else putOffer(id, offerOf(target, actions, items, rights));
  }, [id, target, actions, items, rights]);
  useEffect(() => () => takeOffer(id), [id]);
}

export const useNewestOffer = () => useSyncExternalStore(listenToOffers, newestOffer);
