import { Anchor } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { Incident } from '@/api/types';
import { BreachClock } from '@/features/incidents/BreachClock';
import { incidentTabsOfPage } from '@/features/incidents/pageTabs';
import { IncidentStateMark } from '@/features/incidents/IncidentStateMark';
import { incidentsQuery } from '@/features/incidents/queries';
import { QueueFilters } from '@/features/incidents/QueueFilters';
import { useUserName } from '@/api/actors';
import { type Column, DataTable } from '@/ui/DataTable';
import { PageHeader } from '@/ui/PageHeader';
import { PageTabs } from '@/ui/PageTabs';
import { Severity } from '@/ui/Severity';
import { Empty } from '@/ui/States';
import { Ago } from '@/ui/Time';

const route = getRouteApi('/app/incidents');

/** The queue of the SOC: open incidents by severity, the oldest first, then the closed ones. */
export function IncidentsPage() {
  const { t } = useTranslation();
  const search = route.useSearch();
  const isFiltered = search.state !== undefined || search.severity !== undefined;
  const query = useInfiniteQuery({ ...incidentsQuery(search), refetchInterval: 10_000 });
  const incidents = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const nameOf = useUserName();
  const columns = useMemo<Column<Incident>[]>(
    () => [
      { id: 'number', header: '#', cell: ({ row }) => row.original.number },
      { id: 'severity', header: t('field.severity'), cell: ({ row }) => <Severity value={row.original.severity} /> },
      {
        id: 'title',
        header: t('incidents.what'),
        cell: ({ row }) => (
          <Anchor inherit renderRoot={(props) => <Link {...props} to="/incidents/$incidentId" params={{ incidentId: row.original.id }} />}>
            {row.original.title}
          </Anchor>
        ),
      },
      { id: 'state', header: t('fleet.state'), cell: ({ row }) => <IncidentStateMark state={row.original.state} /> },
      { id: 'assignee', header: t('incidents.assignee'), cell: ({ row }) => nameOf(row.original.assignee) || '–' },
      { id: 'breach', header: t('incidents.breach'), cell: ({ row }) => (row.original.breach ? <BreachClock breach={row.original.breach} /> : '–') },
      { id: 'declared', header: t('incidents.declared'), cell: ({ row }) => <Ago value={row.original.declared} /> },
    ],
    [t, nameOf],
  );
  return (
    <>
      <PageHeader title={t('nav.incidents')} />
      <PageTabs name="nav.incidents" tabs={incidentTabsOfPage} />
      <QueueFilters />
      <DataTable label={t('nav.incidents')} query={query} items={incidents} columns={columns} rowId={(each) => each.id} empty={<Empty title={t(isFiltered ? 'incidents.noneMatch' : 'incidents.none')}>{!isFiltered && t('incidents.noneHint')}</Empty>} />
    </>
  );
}
