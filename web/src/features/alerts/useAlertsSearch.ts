// The one state of the page: the address.
import { getRouteApi } from '@tanstack/react-router';
import { useCallback } from 'react';
import type { AlertsSearch } from '@/features/alerts/search';

const route = getRouteApi('/app/alerts');

export function useAlertsSearch() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const change = useCallback(
    (part: Partial<AlertsSearch>) => {
      void navigate({ search: (before) => ({ ...before, ...part }), replace: 'alert' in part });
    },
    [navigate],
  );
  return { search, change };
}
