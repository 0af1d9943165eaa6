import { useCallback } from 'react';
import type { SavedSearch } from '@/api/types';
import { useSearchState } from '@/features/events/useSearchState';
import { ranges } from '@/lib/time';

/** Gives the function that shows what a kept search finds. */
export function useOpenView(): (view: SavedSearch) => void {
  const { change } = useSearchState();
  return useCallback(
    (view) =>
      change({
        filter: view.filter || undefined,
        range: ranges.find((range) => range === view.range),
        from: undefined,
        to: undefined,
        live: undefined,
        order: undefined,
        fold: view.group_by || undefined,
      }),
    [change],
  );
}
