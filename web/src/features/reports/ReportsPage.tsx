import { Button, Text } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useActorName } from '@/api/actors';
import { useCan } from '@/api/session';
import type { Report } from '@/api/types';
import { reportPages } from '@/features/reports/pages';
import { reportsQuery } from '@/features/reports/queries';
import { ReportDialog } from '@/features/reports/ReportDialog';
import { useReportActions } from '@/features/reports/useReportActions';
import { useRangeWords, useScheduleWords } from '@/features/reports/useScheduleWords';
import { ActionMenu } from '@/ui/ActionMenu';
import { BulkBar } from '@/ui/BulkBar';
import { type Column, DataTable } from '@/ui/DataTable';
import { Dot } from '@/ui/Dot';
import { PageHeader } from '@/ui/PageHeader';
import { PageTabs } from '@/ui/PageTabs';
import { Empty } from '@/ui/States';
import { stateColor } from '@/ui/theme';
import { Ago, Time } from '@/ui/Time';
import { useListKeys } from '@/ui/useListKeys';

const idOf = (report: Report) => report.id;
const nameOf = (report: Report) => report.name;

/** What is made regularly or on demand, of what, and for whom. */
export function ReportsPage() {
  const { t } = useTranslation();
  const query = useInfiniteQuery(reportsQuery);
  const reports = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const canWrite = useCan('reports:write');
  const [edited, setEdited] = useState<Report | 'new'>();
  const { actions, running, confirmation } = useReportActions(setEdited);
  const list = useListKeys(reports, idOf, nameOf);
  const columns = useMemo<Column<Report>[]>(
    () => [
      { id: 'name', header: t('reports.report'), cell: ({ row }) => <Name of={row.original} /> },
      { id: 'schedule', header: t('reports.when'), cell: ({ row }) => <When of={row.original} /> },
      { id: 'next', header: t('reports.next'), cell: ({ row }) => (row.original.next && row.original.enabled ? <Time value={row.original.next} /> : '–') },
      { id: 'last', header: t('reports.last'), cell: ({ row }) => <Ago value={row.original.last} /> },
      { id: 'recipients', header: t('reports.recipients'), cell: ({ row }) => row.original.recipients.length },
      { id: 'state', header: t('fleet.state'), cell: ({ row }) => <Dot color={row.original.enabled ? stateColor.good : stateColor.idle}>{t(row.original.enabled ? 'common.on' : 'common.off')}</Dot> },
      { id: 'actions', header: t('common.actions'), cell: ({ row }) => <ActionMenu label={t('common.actionsOf', { name: row.original.name })} actions={actions} items={[row.original]} /> },
    ],
    [t, actions],
  );
  return (
    <>
      <PageHeader title={t('nav.reports')}>
        <Button size="xs" leftSection={<IconPlus size={14} />} disabled={!canWrite} title={canWrite ? undefined : t('action.noRight')} onClick={() => setEdited('new')}>
          {t('reports.add')}
        </Button>
      </PageHeader>
      <PageTabs name="nav.reports" tabs={reportPages} />
      <BulkBar label={t('reports.bulk')} actions={actions} selected={list.selected} active={list.active} idOf={idOf} nameOf={nameOf} clear={list.clear} />
      <DataTable label={t('reports.title')} selection={list} query={query} items={reports} columns={columns} rowId={idOf} empty={<Empty title={t('reports.none')}>{t('reports.help')}</Empty>} />
      {edited && <ReportDialog report={edited === 'new' ? undefined : edited} close={() => setEdited(undefined)} />}
      {running}
      {confirmation}
    </>
  );
}

function Name({ of: { name, kind, filter, owner } }: { of: Report }) {
  const { t } = useTranslation();
  const actorName = useActorName();
  return (
    <>
      <Text size="sm">{name}</Text>
      <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
        {[t(`reports.kind.${kind}`), filter, actorName(owner)].filter(Boolean).join(' · ')}
      </Text>
    </>
  );
}

function When({ of: { schedule, range } }: { of: Report }) {
  const scheduleWords = useScheduleWords();
  const rangeWords = useRangeWords();
  return (
    <>
      <Text size="sm">{scheduleWords(schedule)}</Text>
      <Text size="xs" c="dimmed">
        {rangeWords(range)}
      </Text>
    </>
  );
}
