import { Button, Text, Title } from '@mantine/core';
import { IconDatabaseExport } from '@tabler/icons-react';
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf } from '@/api/client';
import { useCan } from '@/api/session';
import type { Backup } from '@/api/types';
import { backupRunsQuery, backupsQuery, isRunning, useReloadAtEnd } from '@/features/backups/queries';
import { Runs } from '@/features/backups/Runs';
import { RunState } from '@/features/backups/RunState';
import type { Action } from '@/lib/actions';
import { formatBytes } from '@/lib/bytes';
import { ActionMenu } from '@/ui/ActionMenu';
import { type Column, DataTable } from '@/ui/DataTable';
import { notifyDone, notifyFailure } from '@/ui/notify';
import { PageHeader } from '@/ui/PageHeader';
import { Problem } from '@/ui/Problem';
import { Empty } from '@/ui/States';
import { Ago } from '@/ui/Time';

/** Copies of the whole manager: which there are, whether they can be read, and what is being made. */
export function BackupsPage() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const canWrite = useCan('backups:write');
  const runs = useInfiniteQuery(backupRunsQuery);
  const running = runs.data?.pages.some((page) => page.items.some(isRunning)) ?? false;
  useReloadAtEnd(runs.data?.pages[0]?.items);
  const create = useMutation({
    mutationFn: () => bodyOf(api.POST('/backups')),
    onSettled: () => client.invalidateQueries({ queryKey: ['backup-runs'] }),
  });
  const cannot = canWrite ? (running ? t('backups.busy') : undefined) : t('action.noRight');
  return (
    <>
      <PageHeader title={t('nav.backups')}>
        <Button size="xs" leftSection={<IconDatabaseExport size={14} />} disabled={cannot !== undefined} title={cannot} loading={create.isPending} onClick={() => create.mutate()}>
          {t('backups.make')}
        </Button>
      </PageHeader>
      <Text size="sm" c="dimmed" mb="sm" maw={760}>
        {t('backups.help')}
      </Text>
      {create.isError && <Problem error={create.error} />}
      <Files running={running} />
      <Title order={2} size="h5" mt="lg" mb="xs">
        {t('backups.runs')}
      </Title>
      <Runs />
    </>
  );
}

function Files({ running }: { running: boolean }) {
  const { t, i18n } = useTranslation();
  const client = useQueryClient();
  const query = useInfiniteQuery(backupsQuery);
  const backups = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const actions = useMemo<Action<Backup>[]>(() => {
    const verify = async ({ name }: Backup) => {
      try {
        await bodyOf(api.POST('/backups/{name}/verification', { params: { path: { name } } }));
        notifyDone(t('backups.begun'));
      } catch (error) {
        notifyFailure(error);
      }
      await client.invalidateQueries({ queryKey: ['backup-runs'] });
    };
    return [{ id: 'verify', label: 'backups.verify', right: 'backups:write', single: true, refusal: () => (running ? 'backups.busy' : undefined), run: ([each]) => each && void verify(each) }];
  }, [client, running, t]);
  const columns = useMemo<Column<Backup>[]>(
    () => [
      { id: 'name', header: t('common.name'), cell: ({ row }) => row.original.name },
      { id: 'bytes', header: t('backups.size'), cell: ({ row }) => formatBytes(row.original.bytes, i18n.language) },
      { id: 'made', header: t('backups.made'), cell: ({ row }) => (row.original.made ? <Ago value={row.original.made.ended} /> : t('common.unknown')) },
      { id: 'verified', header: t('backups.verified'), cell: ({ row }) => (row.original.verified ? <RunState run={row.original.verified} when /> : t('common.never')) },
      { id: 'actions', header: t('common.actions'), cell: ({ row }) => <ActionMenu label={t('common.actionsOf', { name: row.original.name })} actions={actions} items={[row.original]} /> },
    ],
    [t, i18n.language, actions],
  );
  return <DataTable label={t('nav.backups')} query={query} items={backups} columns={columns} rowId={(each) => each.name} empty={<Empty title={t('backups.none')}>{t('backups.noneHint')}</Empty>} />;
}
