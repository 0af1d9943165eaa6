import { useState } from 'react';
import { useShortcuts } from '@/ui/useShortcuts';

interface RowActions {
  show: (index: number) => void;
  open: (index: number) => void;
  toggle: (index: number) => void;
}

/** j and k move, Enter opens, x selects. Gives the row that the keys are at, -1 for none. */
export function useRowKeys(count: number, actions: RowActions): number {
  const [active, setActive] = useState(-1);
  const move = (step: number) => {
    if (count === 0) return;
    const next = Math.max(0, Math.min(count - 1, active + step));
    setActive(next);
    actions.show(next);
  };
  useShortcuts({
    j: () => move(1),
    k: () => move(-1),
    Enter: () => active >= 0 && actions.open(active),
    x: () => active >= 0 && actions.toggle(active),
  });
  return Math.min(active, count - 1);
}
