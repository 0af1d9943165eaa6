import { Button, Group, Modal, Stack, Text } from '@mantine/core';
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf } from '@/api/client';
import { deadLettersQuery } from '@/api/queries';
import { useCan } from '@/api/session';
import type { DeadLetter, Destination } from '@/api/types';
import { type Column, DataTable } from '@/ui/DataTable';
import { notifyDone, notifyFailure } from '@/ui/notify';
import { Empty } from '@/ui/States';
import { Ago } from '@/ui/Time';

/** What a receiver refused, and why: to be sent again when it can take them, or forgotten. */
export function DeadLettersDialog({ destination: { id, name }, close }: { destination: Destination; close: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const canWrite = useCan('destinations:write');
  const query = useInfiniteQuery({ ...deadLettersQuery(id), refetchInterval: 3_000 });
  const letters = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const columns = useMemo<Column<DeadLetter>[]>(
    () => [
      { id: 'time', header: t('destinations.refusedAt'), cell: ({ row }) => <Ago value={row.original.noted} /> },
      { id: 'event', header: t('destinations.event'), cell: ({ row }) => row.original.event_id },
      { id: 'reason', header: t('destinations.reason'), cell: ({ row }) => (row.original.retry ? t('destinations.isRetried') : row.original.reason) },
    ],
    [t],
  );
  const act = async (done: string, run: () => Promise<unknown>) => {
    try {
      await run();
      notifyDone(done);
    } catch (error) {
      notifyFailure(error);
    }
    await client.invalidateQueries({ queryKey: ['destinations'] });
  };
  const params = { path: { id } };
  const retry = () => act(t('destinations.retried'), () => bodyOf(api.POST('/destinations/{id}/dead-letters/retry', { params, body: {} })));
  const forget = () => act(t('destinations.forgotten'), () => api.DELETE('/destinations/{id}/dead-letters', { params }));
  const off = !canWrite || letters.length === 0;
  const why = canWrite ? undefined : t('action.noRight');
  return (
    <Modal opened onClose={close} size="xl" title={t('destinations.lettersTitle', { name })} closeButtonProps={{ 'aria-label': t('common.close') }}>
      <Stack>
        <Text size="sm">{t('destinations.lettersHelp')}</Text>
        <DataTable label={t('destinations.lettersTitle', { name })} query={query} items={letters} columns={columns} rowId={(each) => each.event_id} empty={<Empty title={t('destinations.noLetters')} />} />
        <Group justify="flex-end">
          <Button variant="default" disabled={off} title={why} onClick={() => void forget()}>
            {t('destinations.forget')}
          </Button>
          <Button disabled={off} title={why} onClick={() => void retry()}>
            {t('destinations.retry')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
