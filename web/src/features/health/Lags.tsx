import { useInfiniteQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { destinationsQuery } from '@/api/queries';
import type { Destination } from '@/api/types';
import { Facts } from '@/ui/Facts';
import { type Column, DataTable } from '@/ui/DataTable';
import { Dot } from '@/ui/Dot';
import { Empty } from '@/ui/States';
import { standing, standingColor } from '@/ui/standing';
import { Ago } from '@/ui/Time';

/** How far destinations are behind: what waits for each in the outbox, and what it refused. */
export function Lags() {
  const { t, i18n } = useTranslation();
  const query = useInfiniteQuery({ ...destinationsQuery, refetchInterval: 15_000 });
  const items = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const columns = useMemo<Column<Destination>[]>(() => {
    const number = (value: number) => value.toLocaleString(i18n.language);
    return [
      { id: 'name', header: t('common.name'), cell: ({ row }) => row.original.name },
      {
        id: 'state',
        header: t('fleet.state'),
        cell: ({ row }) => {
          const now = standing(row.original);
          return <Dot color={standingColor[now]}>{t(`destinations.standing.${now}`)}</Dot>;
        },
      },
      { id: 'waiting', header: t('destinations.waiting'), cell: ({ row }) => number(row.original.state.backlog) },
      { id: 'refused', header: t('destinations.refused'), cell: ({ row }) => number(row.original.state.refused) },
      { id: 'last', header: t('destinations.last'), cell: ({ row }) => <Ago value={row.original.state.last_delivery} /> },
    ];
  }, [t, i18n.language]);
  return (
    <Facts title={t('nav.destinations')}>
      <DataTable label={t('nav.destinations')} query={query} items={items} columns={columns} rowId={(each) => each.id} empty={<Empty title={t('destinations.none')} />} />
    </Facts>
  );
}
