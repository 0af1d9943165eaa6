// The action registry's shape: what can be done to things of one kind. Row menu, bulk bar, drawer, palette and single keys
// all offer the same list; an action that cannot be used now is shown with the reason instead of being hidden.
import type { ParseKeys } from 'i18next';
import type { ComponentType } from 'react';

export interface Action<Item> {
  id: string;
  label: ParseKeys;
  icon?: ComponentType<{ size?: number }>;
  /** A key that does it when pressed alone, as long as single keys are on. Not one of those of lists: / j k x ? */
  key?: string;
  /** The right that the API wants. */
  right?: string;
  dangerous?: boolean;
  /** Only one thing at a time. */
  single?: boolean;
  /** Why it cannot be done to these things now, or undefined. */
  refusal?: (items: Item[]) => ParseKeys | undefined;
  /** Asks first, or can be undone, when it changes something. */
  run: (items: Item[]) => void;
}

/** Why `action` is not available to someone with `rights`, or undefined. */
export function refusalOf<Item>(action: Action<Item>, items: Item[], rights: readonly string[]): ParseKeys | undefined {
  if (action.right && !rights.includes(action.right)) return 'action.noRight';
  if (items.length === 0) return 'action.nothingSelected';
  if (action.single && items.length > 1) return 'action.onlyOne';
  return action.refusal?.(items);
}
