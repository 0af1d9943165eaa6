import { useRowKeys } from '@/ui/useRowKeys';
import { type Selection, useSelection } from '@/ui/useSelection';

/** A list whose rows have nothing to open: what is selected, and the row that the keys are at. */
export function useListKeys<Item>(items: Item[], idOf: (item: Item) => string, nameOf: (item: Item) => string): Selection<Item> & { active: Item | undefined; nameOf: (item: Item) => string } {
  const selection = useSelection(items, idOf);
  const active = items[useRowKeys(items.length, {
    show: () => undefined,
    open: () => undefined,
    toggle: (index) => items[index] && selection.toggle(items[index]),
  })];
  return { ...selection, active, nameOf };
}
