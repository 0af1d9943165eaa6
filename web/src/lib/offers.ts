// What the actions of the page at hand would be done to: a selection, the row that the keys are at, what a drawer shows. The
// palette and the single keys take the newest offer; the older one is back when that goes.
import { type Action, refusalOf } from '@/lib/actions';

export interface OfferedAction {
  action: Pick<Action<never>, 'id' | 'label' | 'icon' | 'key'>;
  run: () => void;
}

export interface Offer {
  /** What it would be done to, as people read it. */
  target: string;
  actions: readonly OfferedAction[];
}

let stack: readonly { id: symbol; offer: Offer }[] = [];
const listeners = new Set<() => void>();
const tell = () => {
  for (const listener of listeners) listener();
};

/** Only what can be done now, by someone with `rights`. */
export function offerOf<Item>(target: string, actions: readonly Action<Item>[], items: Item[], rights: readonly string[]): Offer {
  return {
    target,
    actions: actions
      .filter((action) => refusalOf(action, items, rights) === undefined)
      .map((action) => ({ action, run: () => action.run(items) })),
  };
}

/** Makes an offer, or puts another in its place, which does not change its rank. */
export function putOffer(id: symbol, offer: Offer): void {
  const at = stack.findIndex((each) => each.id === id);
  stack = at < 0 ? [...stack, { id, offer }] : stack.with(at, { id, offer });
  tell();
}

export function takeOffer(id: symbol): void {
  stack = stack.filter((each) => each.id !== id);
  tell();
}

export const newestOffer = (): Offer | undefined => stack.at(-1)?.offer;

export function listenToOffers(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
