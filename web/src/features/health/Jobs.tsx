import { Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { SystemJob } from '@/api/types';
import { healthColor, healthQuery, jobNames, worstFirst } from '@/features/health/queries';
import { type Column, DataTable } from '@/ui/DataTable';
import { Dot } from '@/ui/Dot';
import { Facts } from '@/ui/Facts';
import { Empty } from '@/ui/States';
import { Ago, Time } from '@/ui/Time';

/** What the manager does by itself: when each job ran, what it failed of, and what to do then. */
export function Jobs() {
  const { t } = useTranslation();
  const query = useQuery(healthQuery);
  const jobs = useMemo(() => worstFirst(query.data?.jobs ?? []), [query.data]);
  const columns = useMemo<Column<SystemJob>[]>(
    () => [
      { id: 'name', header: t('health.job'), cell: ({ row }) => <Name of={row.original.name} /> },
      { id: 'state', header: t('fleet.state'), cell: ({ row }) => <Dot color={healthColor[row.original.state]}>{t(`health.states.${row.original.state}`)}</Dot> },
      { id: 'run', header: t('health.lastRun'), cell: ({ row }) => <Ago value={row.original.last_run} /> },
      { id: 'success', header: t('health.lastSuccess'), cell: ({ row }) => <Ago value={row.original.last_success} /> },
      { id: 'due', header: t('health.nextDue'), cell: ({ row }) => <Time value={row.original.next_due} /> },
      { id: 'todo', header: t('health.todo'), cell: ({ row }) => <Todo job={row.original} /> },
    ],
    [t],
  );
  if (query.data && jobs.length === 0) return null;
  return (
    <Facts title={t('health.background')}>
      <DataTable label={t('health.background')} query={query} items={jobs} columns={columns} rowId={(job) => job.name} empty={<Empty title={t('health.noJobs')} />} />
    </Facts>
  );
}

/** In words where there are some: a newer manager may have other jobs. */
function Name({ of }: { of: string }) {
  const { t } = useTranslation();
  const known = jobNames.find((each) => each === of);
  return known ? t(`health.jobs.${known}`) : of;
}

function Todo({ job }: { job: SystemJob }) {
  const { t } = useTranslation();
  if (job.state === 'ok') return '–';
  return (
    <>
      {job.last_error && (
        <Text size="xs" style={{ overflowWrap: 'anywhere' }}>
          {job.last_error}
        </Text>
      )}
      <Text size="xs" c="dimmed">
        {t(`health.jobTodo.${job.state}`)}
      </Text>
    </>
  );
}
