import { useCallback, useMemo, useState } from 'react';

export interface Selection<Item> {
  /** Those of the items that are selected; the same array as long as nothing changes. */
  selected: Item[];
  isSelected: (item: Item) => boolean;
  toggle: (item: Item) => void;
  /** All that are shown, or none. */
  toggleAll: () => void;
  clear: () => void;
}

/** Which of the items are selected. What is no longer among them is not selected, either. */
export function useSelection<Item>(items: Item[], idOf: (item: Item) => string): Selection<Item> {
  const [ids, setIds] = useState<ReadonlySet<string>>(new Set());
  const selected = useMemo(() => items.filter((item) => ids.has(idOf(item))), [items, ids, idOf]);
  const toggle = useCallback(
    (item: Item) => {
      const id = idOf(item);
      setIds((before) => {
        const after = new Set(before);
        if (!after.delete(id)) after.add(id);
        return after;
      });
    },
    [idOf],
  );
  return {
    selected,
    isSelected: (item) => ids.has(idOf(item)),
    toggle,
    toggleAll: () => setIds(new Set(selected.length === items.length ? [] : items.map(idOf))),
    clear: () => setIds(new Set()),
  };
}
