import { Button } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { DashboardTab } from '@/api/types';
import classes from '@/features/dashboard/Dashboard.module.css';

interface TabListProps {
  tabs: readonly DashboardTab[];
  current: number;
  add: (() => void) | undefined;
}

/** The tabs of the dashboard: links, because each has its own address. */
export function TabList({ tabs, current, add }: TabListProps) {
  const { t } = useTranslation();
  return (
    <nav aria-label={t('dashboard.tabs')} className={classes.tabs}>
      {tabs.map(({ name }, index) => (
        // oxlint-disable-next-line no-array-index-key -- a tab is its place
        <Link key={index} to="/dashboard" search={index > 0 ? { tab: String(index + 1) } : {}} className={classes.tab ?? ''} activeProps={{}} aria-current={index === current ? 'page' : undefined}>
          {name}
        </Link>
      ))}
      {add && (
        <Button size="compact-xs" variant="default" leftSection={<IconPlus size={12} />} onClick={add}>
          {t('dashboard.addTab')}
        </Button>
      )}
    </nav>
  );
}
