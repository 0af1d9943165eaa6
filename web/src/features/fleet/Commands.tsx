import { Button, Modal, Text } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Command } from '@/api/types';
import { commandsQuery } from '@/features/fleet/queries';
import { CopyText } from '@/ui/CopyText';
import { type Column, DataTable } from '@/ui/DataTable';
import { Dot } from '@/ui/Dot';
import { Empty } from '@/ui/States';
import { stateColor } from '@/ui/theme';
import { Time } from '@/ui/Time';
import { useWord } from '@/ui/words';

const colors = { queued: stateColor.idle, sent: stateColor.warn, succeeded: stateColor.good, failed: stateColor.bad, expired: stateColor.bad };

export function Commands({ agentId }: { agentId: string }) {
  const { t } = useTranslation();
  const word = useWord();
  const query = useInfiniteQuery(commandsQuery(agentId));
  const commands = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const [shown, setShown] = useState<Command>();
  const columns = useMemo<Column<Command>[]>(
    () => [
      { id: 'name', header: t('fleet.command'), cell: ({ row }) => word('command', row.original.name) },
      { id: 'module', header: t('field.module'), cell: ({ row }) => (row.original.module ? word('module', row.original.module) : '–') },
      {
        id: 'state',
        header: t('fleet.state'),
        cell: ({ row }) => (
          <>
            <Dot color={colors[row.original.state]}>{t(`commandState.${row.original.state}`)}</Dot>
            {row.original.error && (
              <Text size="xs" c="dimmed">
                {row.original.error}
              </Text>
            )}
          </>
        ),
      },
      { id: 'created', header: t('fleet.created'), cell: ({ row }) => <Time value={row.original.created} /> },
      {
        id: 'output',
        header: t('fleet.output'),
        cell: ({ row }) =>
          row.original.output === null || row.original.output === undefined ? (
            '–'
          ) : (
            <Button size="compact-xs" variant="default" onClick={() => setShown(row.original)}>
              {t('common.show')}
            </Button>
          ),
      },
    ],
    [t, word],
  );
  return (
    <>
      <DataTable label={t('fleet.commands')} query={query} items={commands} columns={columns} rowId={(command) => command.id} empty={<Empty title={t('fleet.noCommands')} />} />
      <Modal opened={shown !== undefined} onClose={() => setShown(undefined)} size="xl" title={shown && word('command', shown.name)} closeButtonProps={{ 'aria-label': t('common.close') }}>
        <CopyText label={t('fleet.output')} value={JSON.stringify(shown?.output, null, 2) ?? ''} />
      </Modal>
    </>
  );
}
