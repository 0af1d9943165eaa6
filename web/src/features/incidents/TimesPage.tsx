import { Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { type IncidentTimes, severities } from '@/api/types';
import { incidentTabsOfPage } from '@/features/incidents/pageTabs';
import { timesQuery } from '@/features/incidents/queries';
import { formatDuration } from '@/lib/duration';
import { type Column, DataTable } from '@/ui/DataTable';
import { PageHeader } from '@/ui/PageHeader';
import { PageTabs } from '@/ui/PageTabs';
import { Severity } from '@/ui/Severity';
import { Empty } from '@/ui/States';

const measures = ['notify', 'acknowledge', 'contain', 'close'] as const;

/** How long telling, acknowledging, containing and closing took, by severity. */
export function TimesPage() {
  const { t, i18n } = useTranslation();
  const query = useQuery(timesQuery);
  const items = useMemo(() => (query.data?.items ?? []).toSorted((a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity)), [query.data]);
  const columns = useMemo<Column<IncidentTimes>[]>(
    () => [
      { id: 'severity', header: t('field.severity'), cell: ({ row }) => <Severity value={row.original.severity} /> },
      { id: 'incidents', header: t('nav.incidents'), cell: ({ row }) => t('incidents.ofThemOpen', { all: row.original.incidents, open: row.original.open }) },
      ...measures.map<Column<IncidentTimes>>((measure) => ({
        id: measure,
        header: t(`incidents.measure.${measure}`),
        cell: ({ row }) => {
          const times = row.original.seconds[measure];
          if (!times) return '–';
          return t('incidents.median', { median: formatDuration(times.median, i18n.language), most: formatDuration(times.most, i18n.language) });
        },
      })),
    ],
    [t, i18n.language],
  );
  return (
    <>
      <PageHeader title={t('nav.incidents')} />
      <PageTabs name="nav.incidents" tabs={incidentTabsOfPage} />
      <Text size="sm" c="dimmed" mb="xs">
        {t('incidents.timesHelp')}
      </Text>
      <DataTable label={t('incidents.times')} query={query} items={items} columns={columns} rowId={(each) => each.severity} empty={<Empty title={t('incidents.none')} />} />
    </>
  );
}
