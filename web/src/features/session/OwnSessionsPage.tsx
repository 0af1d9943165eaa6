import { Button } from '@mantine/core';
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf } from '@/api/client';
import { pagedQuery, withCursor } from '@/api/queries';
import type { OwnSession } from '@/api/types';
import { type Column, DataTable } from '@/ui/DataTable';
import { notifyDone, notifyFailure } from '@/ui/notify';
import { PageHeader } from '@/ui/PageHeader';
import { Empty } from '@/ui/States';
import { Ago, Time } from '@/ui/Time';

const ownSessionsQuery = pagedQuery(['sessions'], (cursor) => bodyOf(api.GET('/sessions', { params: { query: withCursor(cursor, 100) } })));

/** One's own sessions in force, to end those that one does not know. */
export function OwnSessionsPage() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const query = useInfiniteQuery(ownSessionsQuery);
  const sessions = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const columns = useMemo<Column<OwnSession>[]>(() => {
    const end = async (id: string) => {
      try {
        await api.DELETE('/sessions/{id}', { params: { path: { id } } });
        notifyDone(t('sessions.done'));
      } catch (error) {
        notifyFailure(error);
      }
      await client.invalidateQueries({ queryKey: ['sessions'] });
    };
    return [
      { id: 'method', header: t('sessions.method'), cell: ({ row }) => row.original.method ?? '–' },
      { id: 'kind', header: t('sessions.kind'), cell: ({ row }) => t(`sessions.kinds.${row.original.kind}`) },
      { id: 'address', header: t('sessions.address'), cell: ({ row }) => row.original.address ?? '–' },
      { id: 'created', header: t('sessions.created'), cell: ({ row }) => <Time value={row.original.created} /> },
      { id: 'used', header: t('sessions.used'), cell: ({ row }) => <Ago value={row.original.last_used} /> },
      {
        id: 'end',
        header: t('common.actions'),
        cell: ({ row }) =>
          row.original.current ? (
            t('sessions.current')
          ) : (
            <Button size="compact-xs" variant="default" onClick={() => void end(row.original.id)}>
              {t('sessions.end')}
            </Button>
          ),
      },
    ];
  }, [t, client]);
  return (
    <>
      <PageHeader title={t('sessions.own')} />
      <DataTable label={t('sessions.own')} query={query} items={sessions} columns={columns} rowId={(each) => each.id} empty={<Empty title={t('sessions.none')} />} />
    </>
  );
}
