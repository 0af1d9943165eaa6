import { Anchor } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { Alert } from '@/api/types';
import { AlertDrawer } from '@/features/alerts/AlertDrawer';
import { AlertFilters } from '@/features/alerts/AlertFilters';
import { AlertState } from '@/features/alerts/AlertState';
import { alertsQuery } from '@/features/alerts/queries';
import { useAlertActions } from '@/features/alerts/useAlertActions';
import { useAlertsSearch } from '@/features/alerts/useAlertsSearch';
import { ActionMenu } from '@/ui/ActionMenu';
import { alertPages } from '@/ui/alertPages';
import { BulkBar } from '@/ui/BulkBar';
import { type Column, DataTable } from '@/ui/DataTable';
import { PageHeader } from '@/ui/PageHeader';
import { PageTabs } from '@/ui/PageTabs';
import { Severity } from '@/ui/Severity';
import { Empty } from '@/ui/States';
import { Ago } from '@/ui/Time';
import { useRowKeys } from '@/ui/useRowKeys';
import { useSelection } from '@/ui/useSelection';

const idOf = (alert: Alert) => alert.id;
const nameOf = (alert: Alert) => alert.title;

/** What needs a person: the list, what can be done about one or several, and why each was opened. */
export function AlertsPage() {
  const { t, i18n } = useTranslation();
  const { search, change } = useAlertsSearch();
  const query = useInfiniteQuery(alertsQuery(search, i18n.language));
  const alerts = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const selection = useSelection(alerts, idOf);
  const active = alerts[useRowKeys(alerts.length, {
    show: () => undefined,
    open: (index) => alerts[index] && change({ alert: alerts[index].id }),
    toggle: (index) => alerts[index] && selection.toggle(alerts[index]),
  })];
  const { actions, dialogs } = useAlertActions();
  const columns = useMemo<Column<Alert>[]>(() => {
    return [
      { id: 'severity', header: t('field.severity'), cell: ({ row }) => <Severity value={row.original.severity} /> },
      { id: 'title', header: t('alerts.alert'), cell: ({ row }) => <Anchor component="button" type="button" size="sm" ta="start" onClick={() => change({ alert: row.original.id })}>{row.original.title}</Anchor> },
      { id: 'state', header: t('fleet.state'), cell: ({ row }) => <AlertState state={row.original.state} /> },
      { id: 'opened', header: t('alerts.opened'), cell: ({ row }) => <Ago value={row.original.opened} /> },
      { id: 'last', header: t('alerts.last'), cell: ({ row }) => <Ago value={row.original.last} /> },
      { id: 'count', header: t('nav.events'), cell: ({ row }) => (row.original.count > 0 ? row.original.count.toLocaleString(i18n.language) : '–') },
      { id: 'actions', header: t('common.actions'), cell: ({ row }) => <ActionMenu label={t('common.actionsOf', { name: row.original.title })} actions={actions} items={[row.original]} /> },
    ];
  }, [t, i18n.language, actions, change]);
  const isFiltered = search.severity !== undefined || search.rule !== undefined || search.state !== undefined;
  return (
    <>
      <PageHeader title={t('nav.alerts')} />
      <PageTabs name="nav.alerts" tabs={alertPages} />
      <AlertFilters search={search} change={change} />
      <BulkBar label={t('alerts.bulk')} actions={actions} selected={selection.selected} active={active} idOf={idOf} nameOf={nameOf} clear={selection.clear} />
      <DataTable label={t('nav.alerts')} selection={{ ...selection, active, nameOf }} query={query} items={alerts} columns={columns} rowId={(each) => each.id} empty={<Empty title={t(isFiltered ? 'alerts.noneMatch' : 'alerts.none')} />} />
      <AlertDrawer id={search.alert} close={() => change({ alert: undefined })} />
      {dialogs}
    </>
  );
}
