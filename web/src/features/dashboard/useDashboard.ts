// The dashboard in force and the one way to change it: shown at once, then kept by the manager.
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useMemo, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf, ifMatch } from '@/api/client';
import type { Dashboard, DashboardTab } from '@/api/types';
import { defaultTabs } from '@/features/dashboard/layout';
import { dashboardQuery } from '@/features/dashboard/queries';
import { notifyFailure } from '@/ui/notify';

export function useDashboard() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const query = useQuery(dashboardQuery);
  const stored = query.data?.tabs;
  const tabs = useMemo(() => (stored && stored.length > 0 ? stored : defaultTabs(t('dashboard.today'), t('dashboard.week'))), [stored, t]);
  const writing = useRef<Promise<unknown>>(Promise.resolve());

  const save = useCallback(
    (next: DashboardTab[]) => {
      const key = dashboardQuery.queryKey;
      client.setQueryData(key, (before) => before && { ...before, tabs: next });
      // One after another, each on top of the answer to the one before.
      writing.current = writing.current.then(async () => {
        const etag = client.getQueryData<Dashboard>(key)?.etag ?? '*';
        try {
          const saved = await bodyOf(api.PUT('/session/dashboard', { params: { header: ifMatch(etag) }, body: { tabs: next } }));
          client.setQueryData(key, (now) => now && { ...now, etag: saved.etag });
        } catch (error) {
          notifyFailure(error);
          await client.invalidateQueries({ queryKey: key, exact: true });
        }
      });
    },
    [client],
  );
  return { query, tabs, save };
}
