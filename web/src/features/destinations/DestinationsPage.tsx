import { Button } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { destinationsQuery } from '@/api/queries';
import { useCan } from '@/api/session';
import type { Destination } from '@/api/types';
import { DeadLettersDialog } from '@/features/destinations/DeadLettersDialog';
import { DestinationDialog } from '@/features/destinations/DestinationDialog';
import { standing, standingColor } from '@/ui/standing';
import { useDestinationActions } from '@/features/destinations/useDestinationActions';
import { ActionMenu } from '@/ui/ActionMenu';
import { type Column, DataTable } from '@/ui/DataTable';
import { Dot } from '@/ui/Dot';
import { PageHeader } from '@/ui/PageHeader';
import { Empty } from '@/ui/States';
import { Ago } from '@/ui/Time';

/** Where events are sent to, and how far each has been served. */
export function DestinationsPage() {
  const { t, i18n } = useTranslation();
  const query = useInfiniteQuery({ ...destinationsQuery, refetchInterval: 5_000 });
  const destinations = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const canWrite = useCan('destinations:write');
  const [edited, setEdited] = useState<Destination | 'new'>();
  const [refusing, setRefusing] = useState<Destination>();
  const [actions, confirmation] = useDestinationActions(setEdited, setRefusing);
  const columns = useMemo<Column<Destination>[]>(() => {
    const number = (value: number) => value.toLocaleString(i18n.language);
    return [
      { id: 'name', header: t('common.name'), cell: ({ row }) => row.original.name },
      { id: 'kind', header: t('destinations.kind'), cell: ({ row }) => `${row.original.kind}, ${row.original.format}` },
      { id: 'state', header: t('fleet.state'), cell: ({ row }) => <Standing destination={row.original} /> },
      { id: 'delivered', header: t('destinations.delivered'), cell: ({ row }) => number(row.original.state.delivered) },
      { id: 'waiting', header: t('destinations.waiting'), cell: ({ row }) => number(row.original.state.backlog) },
      { id: 'refused', header: t('destinations.refused'), cell: ({ row }) => number(row.original.state.refused) },
      { id: 'last', header: t('destinations.last'), cell: ({ row }) => <Ago value={row.original.state.last_delivery} /> },
      { id: 'actions', header: t('common.actions'), cell: ({ row }) => <ActionMenu label={t('common.actionsOf', { name: row.original.name })} actions={actions} items={[row.original]} /> },
    ];
  }, [t, i18n.language, actions]);
  return (
    <>
      <PageHeader title={t('nav.destinations')}>
        <Button size="xs" leftSection={<IconPlus size={14} />} disabled={!canWrite} title={canWrite ? undefined : t('action.noRight')} onClick={() => setEdited('new')}>
          {t('destinations.add')}
        </Button>
      </PageHeader>
      <DataTable label={t('nav.destinations')} query={query} items={destinations} columns={columns} rowId={(each) => each.id} empty={<Empty title={t('destinations.none')} />} />
      {edited && <DestinationDialog destination={edited === 'new' ? undefined : edited} close={() => setEdited(undefined)} />}
      {refusing && <DeadLettersDialog destination={refusing} close={() => setRefusing(undefined)} />}
      {confirmation}
    </>
  );
}

function Standing({ destination }: { destination: Destination }) {
  const { t } = useTranslation();
  const now = standing(destination);
  return (
    <Dot color={standingColor[now]}>
      {t(`destinations.standing.${now}`)}
      {now === 'failing' && `: ${destination.state.error}`}
    </Dot>
  );
}
