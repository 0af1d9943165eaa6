import { Button, Code, Text } from '@mantine/core';
import { IconRefresh } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf } from '@/api/client';
import { pagedQuery, withCursor } from '@/api/queries';
import { useCan } from '@/api/session';
import type { Key } from '@/api/types';
import { isShared, type Rotation, sorted } from '@/features/keys/levels';
import { PermitDialog } from '@/features/keys/PermitDialog';
import { useKeyActions } from '@/features/keys/useKeyActions';
import { ActionMenu } from '@/ui/ActionMenu';
import { type Column, DataTable } from '@/ui/DataTable';
import { Dot } from '@/ui/Dot';
import { PageHeader } from '@/ui/PageHeader';
import { Empty } from '@/ui/States';
import { stateColor } from '@/ui/theme';
import { Ago } from '@/ui/Time';
import { useWord } from '@/ui/words';

const keysQuery = pagedQuery(['keys'], (cursor) => bodyOf(api.GET('/keys', { params: { query: withCursor(cursor, 1000) } })));

/** What data is sealed with: whose, for what, how old; without the keys. */
export function KeysPage() {
  const { t } = useTranslation();
  const query = useInfiniteQuery(keysQuery);
  const keys = useMemo(() => sorted(query.data?.pages.flatMap((page) => page.items) ?? []), [query.data]);
  const canWrite = useCan('keys:write');
  const [permit, setPermit] = useState<Rotation>();
  const [actions, confirmation] = useKeyActions(setPermit);
  const word = useWord();
  const columns = useMemo<Column<Key>[]>(
    () => [
      { id: 'owner', header: t('keys.owner'), cell: ({ row }) => (row.original.owner === 'control' ? t('keys.control') : row.original.owner_name) },
      { id: 'level', header: t('keys.level'), cell: ({ row }) => word('keyLevel', row.original.level) },
      { id: 'epoch', header: t('keys.epoch'), cell: ({ row }) => row.original.epoch },
      { id: 'age', header: t('keys.made'), cell: ({ row }) => (row.original.created ? <Ago value={row.original.created} /> : t('common.unknown')) },
      { id: 'state', header: t('fleet.state'), cell: ({ row }) => <Dot color={row.original.current ? stateColor.good : stateColor.idle}>{t(row.original.current ? 'keys.seals' : 'keys.opens')}</Dot> },
      { id: 'root', header: t('keys.wrapped'), cell: ({ row }) => <Wrapping keyOf={row.original} /> },
      { id: 'actions', header: t('common.actions'), cell: ({ row }) => <ActionMenu label={t('common.actionsOf', { name: `${row.original.owner_name} ${row.original.level} ${row.original.epoch}` })} actions={actions} items={[row.original]} /> },
    ],
    [t, actions, word],
  );
  return (
    <>
      <PageHeader title={t('nav.keys')}>
        {keys.some((key) => isShared(key)) && (
          <Button size="xs" variant="default" leftSection={<IconRefresh size={14} />} disabled={!canWrite} title={canWrite ? undefined : t('action.noRight')} onClick={() => setPermit({ level: 'root' })}>
            {t('keys.rotateRoot')}
          </Button>
        )}
      </PageHeader>
      <Text size="sm" c="dimmed" mb="sm" maw={760}>
        {t('keys.help')}
      </Text>
      <DataTable label={t('nav.keys')} query={query} items={keys} columns={columns} rowId={(key) => `${key.owner}/${key.level}/${key.epoch}`} empty={<Empty title={t('keys.none')} />} />
      {permit && <PermitDialog rotation={permit} close={() => setPermit(undefined)} />}
      {confirmation}
    </>
  );
}

function Wrapping({ keyOf }: { keyOf: Key }) {
  if (!keyOf.provider) return '–';
  return (
    <Text size="xs" maw={280} truncate title={keyOf.root_key ?? undefined}>
      {keyOf.provider} {keyOf.root_key && <Code>{keyOf.root_key}</Code>}
    </Text>
  );
}
