import { Button, Select, Text } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { ReportDelivery } from '@/api/types';
import { reportPages } from '@/features/reports/pages';
import { deliveriesQuery, reportsQuery } from '@/features/reports/queries';
import { formats, saveDelivery } from '@/features/reports/saveDelivery';
import { type Column, DataTable } from '@/ui/DataTable';
import { Dot } from '@/ui/Dot';
import { Hash } from '@/ui/Hash';
import { PageHeader } from '@/ui/PageHeader';
import { PageTabs } from '@/ui/PageTabs';
import { Empty } from '@/ui/States';
import { stateColor } from '@/ui/theme';
import { Time } from '@/ui/Time';

const route = getRouteApi('/app/reports/deliveries');

/** What was made for the one who is logged in, the newest first, as files; and what could not be made, with the reason. */
export function DeliveriesPage() {
  const { t, i18n } = useTranslation();
  const { report } = route.useSearch();
  const navigate = route.useNavigate();
  const query = useInfiniteQuery(deliveriesQuery(report));
  const items = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const reports = useInfiniteQuery(reportsQuery).data?.pages.flatMap((page) => page.items) ?? [];
  // A report that is no more is still told by what it has left.
  const choices = new Map([...items.map((each) => [each.report_id, each.report_name] as const), ...reports.map((each) => [each.id, each.name] as const)]);
  const columns = useMemo<Column<ReportDelivery>[]>(
    () => [
      { id: 'report', header: t('reports.report'), cell: ({ row }) => <Name of={row.original} /> },
      { id: 'made', header: t('deliveries.made'), cell: ({ row }) => <Time value={row.original.made} /> },
      { id: 'range', header: t('reports.of'), cell: ({ row }) => <Period of={row.original} /> },
      { id: 'state', header: t('fleet.state'), cell: ({ row }) => <State of={row.original} /> },
      { id: 'rows', header: t('deliveries.rows'), cell: ({ row }) => (row.original.state === 'made' ? row.original.rows.toLocaleString(i18n.language) : '–') },
      { id: 'sha256', header: 'SHA-256', cell: ({ row }) => (row.original.sha256 ? <Hash value={row.original.sha256} of={row.original.report_name} /> : '–') },
      { id: 'files', header: t('deliveries.files'), cell: ({ row }) => (row.original.state === 'made' ? <Files of={row.original} /> : '–') },
    ],
    [t, i18n.language],
  );
  return (
    <>
      <PageHeader title={t('nav.reports')} />
      <PageTabs name="nav.reports" tabs={reportPages} />
      <Select size="xs" mb="sm" w="min(100%, 280px)" clearable searchable aria-label={t('deliveries.ofReport')} placeholder={t('deliveries.ofReport')} value={report ?? null} onChange={(value) => void navigate({ search: value ? { report: value } : {} })} data={[...choices].map(([value, label]) => ({ value, label }))} />
      <DataTable label={t('deliveries.title')} query={query} items={items} columns={columns} rowId={(each) => each.id} empty={<Empty title={t(report ? 'deliveries.noneOf' : 'deliveries.none')}>{t('deliveries.help')}</Empty>} />
    </>
  );
}

function Name({ of: { report_name, kind, filter } }: { of: ReportDelivery }) {
  const { t } = useTranslation();
  return (
    <>
      <Text size="sm">{report_name}</Text>
      <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
        {[t(`reports.kind.${kind}`), filter].filter(Boolean).join(' · ')}
      </Text>
    </>
  );
}

function Period({ of: { from, to } }: { of: ReportDelivery }) {
  return (
    <>
      <Time value={from} /> –<br />
      <Time value={to} />
    </>
  );
}

function State({ of: { state, reason } }: { of: ReportDelivery }) {
  const { t } = useTranslation();
  return (
    <>
      <Dot color={state === 'made' ? stateColor.good : stateColor.bad}>{t(`deliveries.state.${state}`)}</Dot>
      {reason && (
        <Text size="xs" c="dimmed" maw={320} style={{ overflowWrap: 'anywhere' }}>
          {reason}
        </Text>
      )}
    </>
  );
}

function Files({ of }: { of: ReportDelivery }) {
  const { t } = useTranslation();
  return (
    <Button.Group>
      {formats.map((format) => (
        <Button key={format} size="compact-xs" variant="default" aria-label={t('deliveries.fileOf', { format: format.toUpperCase(), name: of.report_name })} onClick={() => void saveDelivery(of, format)}>
          {format.toUpperCase()}
        </Button>
      ))}
    </Button.Group>
  );
}
