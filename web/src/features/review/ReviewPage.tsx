import { Alert, Anchor, Button } from '@mantine/core';
import { IconAlertTriangle, IconSettings } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useCan } from '@/api/session';
import type { ReviewDay } from '@/api/types';
import { DayState } from '@/features/review/DayState';
import { reviewsQuery } from '@/features/review/queries';
import { SettingsDialog } from '@/features/review/SettingsDialog';
import { type Column, DataTable } from '@/ui/DataTable';
import { PageHeader } from '@/ui/PageHeader';
import { Empty } from '@/ui/States';
import { Time } from '@/ui/Time';

/** Every calendar day: how many systems stand out, and whether somebody looked. A missed day stays one. */
export function ReviewPage() {
  const { t, i18n } = useTranslation();
  const query = useInfiniteQuery({ ...reviewsQuery, refetchInterval: 30_000 });
  const days = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const missed = days.filter((day) => day.state === 'missed');
  const canSettle = useCan('review-settings:write');
  const [isSettling, setSettling] = useState(false);
  const columns = useMemo<Column<ReviewDay>[]>(() => {
    const number = (value: number) => value.toLocaleString(i18n.language);
    return [
      {
        id: 'day',
        header: t('tenants.day'),
        cell: ({ row }) => (
          <Anchor inherit renderRoot={(props) => <Link {...props} to="/review/$day" params={{ day: row.original.day }} />}>
            {row.original.day}
          </Anchor>
        ),
      },
      { id: 'state', header: t('fleet.state'), cell: ({ row }) => <DayState day={row.original} /> },
      { id: 'gap', header: t('triage.gap'), cell: ({ row }) => number(row.original.gap) },
      { id: 'look', header: t('triage.look'), cell: ({ row }) => number(row.original.look) },
      { id: 'quiet', header: t('triage.quiet'), cell: ({ row }) => number(row.original.quiet) },
      { id: 'covered', header: t('review.covered'), cell: ({ row }) => t('review.ofSystems', { covered: number(row.original.covered), systems: number(row.original.systems) }) },
      { id: 'events', header: t('nav.events'), cell: ({ row }) => number(row.original.events) },
      { id: 'deadline', header: t('review.deadline'), cell: ({ row }) => <Time value={row.original.deadline} /> },
    ];
  }, [t, i18n.language]);
  return (
    <>
      <PageHeader title={t('nav.review')}>
        <Button size="xs" variant="default" leftSection={<IconSettings size={14} />} disabled={!canSettle} title={canSettle ? undefined : t('action.noRight')} onClick={() => setSettling(true)}>
          {t('review.settings')}
        </Button>
      </PageHeader>
      {missed.length > 0 && (
        <Alert mb="sm" color="red" variant="outline" icon={<IconAlertTriangle />} title={t('review.missedDays', { count: missed.length })}>
          {missed.map((day) => day.day).join(', ')}
        </Alert>
      )}
      <DataTable label={t('nav.review')} query={query} items={days} columns={columns} rowId={(day) => day.day} empty={<Empty title={t('review.none')}>{t('review.noneHint')}</Empty>} />
      {isSettling && <SettingsDialog close={() => setSettling(false)} />}
    </>
  );
}
