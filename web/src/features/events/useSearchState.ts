// The one filter state: the address. Everything on the page reads it and changes it here.
import { getRouteApi } from '@tanstack/react-router';
import { useCallback } from 'react';
import type { EventsSearch } from '@/features/events/search';

const route = getRouteApi('/app/events');

export interface SearchState {
  search: EventsSearch;
  /** Changes some parts; undefined takes a part away. */
  change: (part: Partial<EventsSearch>) => void;
}

export function useSearchState(): SearchState {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const change = useCallback(
    (part: Partial<EventsSearch>) => {
      void navigate({ search: (before) => ({ ...before, ...part }), replace: 'event' in part });
    },
    [navigate],
  );
  return { search, change };
}
