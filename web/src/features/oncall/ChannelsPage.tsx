import { Button } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useCan } from '@/api/session';
import type { NoticeChannel } from '@/api/types';
import { ChannelDialog } from '@/features/oncall/ChannelDialog';
import { channelsQuery } from '@/features/oncall/queries';
import { useChannelActions } from '@/features/oncall/useChannelActions';
import { ActionMenu } from '@/ui/ActionMenu';
import { alertPages } from '@/ui/alertPages';
import { type Column, DataTable } from '@/ui/DataTable';
import { Dot } from '@/ui/Dot';
import { PageHeader } from '@/ui/PageHeader';
import { PageTabs } from '@/ui/PageTabs';
import { Empty } from '@/ui/States';
import { stateColor } from '@/ui/theme';

/** Through what people are told. */
export function ChannelsPage() {
  const { t } = useTranslation();
  const query = useInfiniteQuery(channelsQuery);
  const channels = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const canWrite = useCan('notices:write');
  const [edited, setEdited] = useState<NoticeChannel | 'new'>();
  const [actions, confirmation] = useChannelActions(setEdited);
  const columns = useMemo<Column<NoticeChannel>[]>(
    () => [
      { id: 'name', header: t('common.name'), cell: ({ row }) => row.original.name },
      { id: 'kind', header: t('channels.kind'), cell: ({ row }) => row.original.kind },
      { id: 'where', header: t('channels.where'), cell: ({ row }) => whereTo(row.original) },
      { id: 'language', header: t('channels.language'), cell: ({ row }) => t(`channels.languages.${row.original.language}`) },
      { id: 'state', header: t('fleet.state'), cell: ({ row }) => <Dot color={row.original.enabled ? stateColor.good : stateColor.idle}>{t(row.original.enabled ? 'common.on' : 'common.off')}</Dot> },
      { id: 'actions', header: t('common.actions'), cell: ({ row }) => <ActionMenu label={t('common.actionsOf', { name: row.original.name })} actions={actions} items={[row.original]} /> },
    ],
    [t, actions],
  );
  return (
    <>
      <PageHeader title={t('channels.title')}>
        <Button size="xs" leftSection={<IconPlus size={14} />} disabled={!canWrite} title={canWrite ? undefined : t('action.noRight')} onClick={() => setEdited('new')}>
          {t('channels.add')}
        </Button>
      </PageHeader>
      <PageTabs name="nav.alerts" tabs={alertPages} />
      <DataTable label={t('channels.title')} query={query} items={channels} columns={columns} rowId={(each) => each.id} empty={<Empty title={t('channels.none')}>{t('channels.noneHint')}</Empty>} />
      {edited && <ChannelDialog channel={edited === 'new' ? undefined : edited} close={() => setEdited(undefined)} />}
      {confirmation}
    </>
  );
}

/** The server or the address that its settings name. */
function whereTo({ settings }: NoticeChannel): string {
  const place = settings.host ?? settings.url;
  return typeof place === 'string' ? place : '–';
}
