// What the page of backups asks, and how often: a run is followed until it ends.
import { infiniteQueryOptions, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { api, bodyOf } from '@/api/client';
import { pagedQuery, withCursor } from '@/api/queries';
import type { BackupRun } from '@/api/types';

const followMs = 1_000;
const restMs = 30_000;

export const isRunning = (run: BackupRun) => run.state === 'running';

export const backupsQuery = pagedQuery(['backups'], (cursor) => bodyOf(api.GET('/backups', { params: { query: withCursor(cursor, 100) } })));
export const backupRunsQuery = infiniteQueryOptions({
  ...pagedQuery(['backup-runs'], (cursor) => bodyOf(api.GET('/backup-runs', { params: { query: withCursor(cursor, 50) } }))),
  refetchInterval: ({ state }) => (state.data?.pages.some((page) => page.items.some(isRunning)) ? followMs : restMs),
});

/** When another run is over, the list of files is another: also when it was over before anyone saw it running. */
export function useReloadAtEnd(runs: readonly BackupRun[] | undefined): void {
  const client = useQueryClient();
  const last = runs?.find((run) => !isRunning(run))?.id ?? '';
  const known = useRef<string>(undefined);
  useEffect(() => {
    if (!runs) return;
    if (known.current !== undefined && known.current !== last) void client.invalidateQueries({ queryKey: ['backups'] });
    known.current = last;
  }, [client, last, runs]);
}
