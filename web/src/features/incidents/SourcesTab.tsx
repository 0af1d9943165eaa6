import { Anchor, Code, Text } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { type IncidentLink, severities } from '@/api/types';
import { linksQuery, type OfIncident } from '@/features/incidents/queries';
import { type Column, DataTable } from '@/ui/DataTable';
import { Severity } from '@/ui/Severity';
import { Empty } from '@/ui/States';
import { Time } from '@/ui/Time';

const textOf = (value: unknown) => (typeof value === 'string' ? value : '');

/** Events and alerts that it was opened from, as they were then: they stay when the events themselves are gone. */
export function SourcesTab({ incident }: OfIncident) {
  const { t } = useTranslation();
  const query = useInfiniteQuery(linksQuery(incident.id));
  const links = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const columns = useMemo<Column<IncidentLink>[]>(
    () => [
      { id: 'kind', header: t('incidents.source'), cell: ({ row }) => t(`incidents.sourceKind.${row.original.kind}`) },
      { id: 'time', header: t('field.time'), cell: ({ row }) => (textOf(row.original.snapshot.time) ? <Time value={textOf(row.original.snapshot.time)} /> : '–') },
      {
        id: 'severity',
        header: t('field.severity'),
        cell: ({ row }) => {
          const severity = severities.find((each) => each === row.original.snapshot.severity);
          return severity ? <Severity value={severity} /> : '–';
        },
      },
      { id: 'host', header: t('field.host'), cell: ({ row }) => textOf(row.original.snapshot.host) || '–' },
      { id: 'what', header: t('incidents.what'), cell: ({ row }) => <Source link={row.original} /> },
    ],
    [t],
  );
  return <DataTable label={t('incidents.tab.sources')} query={query} items={links} columns={columns} rowId={(link) => link.kind + link.id} empty={<Empty title={t('incidents.noSources')}>{t('incidents.noSourcesHint')}</Empty>} />;
}

function Source({ link }: { link: IncidentLink }) {
  const name = textOf(link.snapshot.type) || link.id;
  if (link.kind !== 'event') return <Code>{name}</Code>;
  return (
    <>
      <Anchor inherit renderRoot={(props) => <Link {...props} to="/events" search={{ event: link.id }} />}>
        {name}
      </Anchor>
      <Text size="xs" c="dimmed">
        {textOf(link.snapshot.rule)}
      </Text>
    </>
  );
}
