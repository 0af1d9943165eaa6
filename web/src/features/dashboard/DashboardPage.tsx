import { Button } from '@mantine/core';
import { IconLayoutGrid } from '@tabler/icons-react';
import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { DashboardTab } from '@/api/types';
import { emptyTab, maxTabs, moved, removed, replaced } from '@/features/dashboard/layout';
import { TabList } from '@/features/dashboard/TabList';
import { TabScope } from '@/features/dashboard/TabScope';
import { useDashboard } from '@/features/dashboard/useDashboard';
import { WidgetGrid } from '@/features/dashboard/WidgetGrid';
import { PageHeader } from '@/ui/PageHeader';
import { Gate } from '@/ui/States';

const route = getRouteApi('/app/dashboard');

/** What matters at a glance, arranged by each person for themselves. */
export function DashboardPage() {
  const { t } = useTranslation();
  const { query, tabs, save } = useDashboard();
  const navigate = route.useNavigate();
  const asked = Number(route.useSearch().tab ?? 1) - 1;
  const current = Math.max(0, Math.min(asked, tabs.length - 1));
  const tab = tabs[current];
  const [isArranging, setArranging] = useState(false);
  const change = (part: Partial<DashboardTab>) => save(replaced(tabs, current, part));
  const show = (index: number) => void navigate({ search: { tab: index > 0 ? String(index + 1) : undefined } });
  const add = () => {
    save([...tabs, emptyTab(t('dashboard.newTab'))]);
    show(tabs.length);
  };
  const shift = (by: number) => {
    const to = Math.max(0, Math.min(current + by, tabs.length - 1));
    save(moved(tabs, current, to));
    show(to);
  };
  const remove = () => {
    save(removed(tabs, current));
    show(Math.max(0, current - 1));
  };
  return (
    <>
      <PageHeader title={t('nav.dashboard')}>
        <Button size="xs" variant={isArranging ? 'filled' : 'default'} aria-pressed={isArranging} leftSection={<IconLayoutGrid size={14} />} onClick={() => setArranging(!isArranging)}>
          {t('dashboard.arrange')}
        </Button>
      </PageHeader>
      <Gate query={query}>
        <TabList tabs={tabs} current={current} add={isArranging && tabs.length < maxTabs ? add : undefined} />
        {tab && (
          <>
            <TabScope key={current} tab={tab} change={change} arranging={isArranging ? { shift, remove: tabs.length > 1 ? remove : undefined } : undefined} />
            <WidgetGrid tab={tab} isArranging={isArranging} change={(widgets) => change({ widgets })} />
          </>
        )}
      </Gate>
    </>
  );
}
