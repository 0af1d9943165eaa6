import { Button } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useCan } from '@/api/session';
import type { AlertHeartbeat } from '@/api/types';
import { HeartbeatDialog } from '@/features/oncall/HeartbeatDialog';
import { heartbeatsQuery, lastSignQuery } from '@/features/oncall/queries';
import { useChannels } from '@/features/oncall/useChannels';
import { useHeartbeatActions } from '@/features/oncall/useHeartbeatActions';
import { formatDuration } from '@/lib/duration';
import { ActionMenu } from '@/ui/ActionMenu';
import { alertPages } from '@/ui/alertPages';
import { type Column, DataTable } from '@/ui/DataTable';
import { Dot } from '@/ui/Dot';
import { PageHeader } from '@/ui/PageHeader';
import { PageTabs } from '@/ui/PageTabs';
import { Empty } from '@/ui/States';
import { stateColor } from '@/ui/theme';
import { Ago } from '@/ui/Time';

/** Signs of life that are sent regularly, so that their absence is noticed where they should arrive. */
export function HeartbeatsPage() {
  const { t, i18n } = useTranslation();
  const query = useInfiniteQuery(heartbeatsQuery);
  const heartbeats = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const canWrite = useCan('alerts:write');
  const { nameOf } = useChannels();
  const [edited, setEdited] = useState<AlertHeartbeat | 'new'>();
  const [actions, confirmation] = useHeartbeatActions(setEdited);
  const columns = useMemo<Column<AlertHeartbeat>[]>(
    () => [
      { id: 'name', header: t('common.name'), cell: ({ row }) => row.original.name },
      { id: 'channel', header: t('heartbeats.channel'), cell: ({ row }) => nameOf(row.original.channel) },
      { id: 'interval', header: t('heartbeats.interval'), cell: ({ row }) => formatDuration(row.original.interval_s, i18n.language) },
      { id: 'last', header: t('heartbeats.last'), cell: ({ row }) => <LastSign id={row.original.id} /> },
      { id: 'state', header: t('fleet.state'), cell: ({ row }) => <Dot color={row.original.enabled ? stateColor.good : stateColor.idle}>{t(row.original.enabled ? 'common.on' : 'common.off')}</Dot> },
      { id: 'actions', header: t('common.actions'), cell: ({ row }) => <ActionMenu label={t('common.actionsOf', { name: row.original.name })} actions={actions} items={[row.original]} /> },
    ],
    [t, i18n.language, actions, nameOf],
  );
  return (
    <>
      <PageHeader title={t('heartbeats.title')}>
        <Button size="xs" leftSection={<IconPlus size={14} />} disabled={!canWrite} title={canWrite ? undefined : t('action.noRight')} onClick={() => setEdited('new')}>
          {t('heartbeats.add')}
        </Button>
      </PageHeader>
      <PageTabs name="nav.alerts" tabs={alertPages} />
      <DataTable label={t('heartbeats.title')} query={query} items={heartbeats} columns={columns} rowId={(each) => each.id} empty={<Empty title={t('heartbeats.none')}>{t('heartbeats.help')}</Empty>} />
      {edited && <HeartbeatDialog heartbeat={edited === 'new' ? undefined : edited} close={() => setEdited(undefined)} />}
      {confirmation}
    </>
  );
}

/** When the newest was made, and what became of it; it is read only by who may read notices. */
function LastSign({ id }: { id: string }) {
  const { t } = useTranslation();
  const canRead = useCan('notices:read');
  const { data } = useQuery({ ...lastSignQuery(id), enabled: canRead });
  if (!data) return <>–</>;
  return (
    <>
      <Ago value={data.sent ?? data.created} /> {data.state !== 'sent' && `(${t(`alerts.notice.${data.state}`)})`}
    </>
  );
}
