import { useInfiniteQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { useActorName } from '@/api/actors';
import type { BackupRun } from '@/api/types';
import { backupRunsQuery } from '@/features/backups/queries';
import { RunState } from '@/features/backups/RunState';
import { formatBytes } from '@/lib/bytes';
import { type Column, DataTable } from '@/ui/DataTable';
import { Empty } from '@/ui/States';
import { Time } from '@/ui/Time';

/** What was made and verified, by whom, and how it ended. */
export function Runs() {
  const { t, i18n } = useTranslation();
  const query = useInfiniteQuery(backupRunsQuery);
  const runs = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const nameOf = useActorName();
  const columns = useMemo<Column<BackupRun>[]>(
    () => [
      { id: 'begun', header: t('backups.begin'), cell: ({ row }) => <Time value={row.original.begun} /> },
      { id: 'task', header: t('backups.task'), cell: ({ row }) => t(`backups.tasks.${row.original.task}`) },
      { id: 'file', header: t('backups.file'), cell: ({ row }) => row.original.file || '–' },
      { id: 'state', header: t('fleet.state'), cell: ({ row }) => <RunState run={row.original} /> },
      { id: 'ended', header: t('backups.ended'), cell: ({ row }) => (row.original.ended ? <Time value={row.original.ended} /> : '–') },
      { id: 'bytes', header: t('backups.size'), cell: ({ row }) => (row.original.bytes > 0 ? formatBytes(row.original.bytes, i18n.language) : '–') },
      { id: 'actor', header: t('audit.actor'), cell: ({ row }) => nameOf(row.original.actor) },
    ],
    [t, i18n.language, nameOf],
  );
  return <DataTable label={t('backups.runs')} query={query} items={runs} columns={columns} rowId={(run) => run.id} empty={<Empty title={t('backups.noRuns')} />} />;
}
