import { Button } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '@/api/client';
import { useActorName } from '@/api/actors';
import { apiKeysQuery } from '@/api/queries';
import { useCan } from '@/api/session';
import type { ApiKey } from '@/api/types';
import { CreateApiKeyDialog } from '@/features/users/CreateApiKeyDialog';
import { UserTabs } from '@/features/users/UserTabs';
import type { Action } from '@/lib/actions';
import { ActionMenu } from '@/ui/ActionMenu';
import { useConfirm } from '@/ui/confirm';
import { type Column, DataTable } from '@/ui/DataTable';
import { Dot } from '@/ui/Dot';
import { PageHeader } from '@/ui/PageHeader';
import { Empty } from '@/ui/States';
import { stateColor } from '@/ui/theme';
import { Ago, Time } from '@/ui/Time';
import { useClock } from '@/ui/useClock';

export function keyState(key: ApiKey, now: Date): 'revoked' | 'expired' | 'valid' {
  if (key.revoked) return 'revoked';
  return new Date(key.expires) <= now ? 'expired' : 'valid';
}

export function ApiKeysPage() {
  const { t } = useTranslation();
  const query = useInfiniteQuery(apiKeysQuery);
  const keys = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const canWrite = useCan('api-keys:write');
  const nameOf = useActorName();
  const [actions, confirmation] = useKeyActions();
  const [isAdding, setAdding] = useState(false);
  const columns = useMemo<Column<ApiKey>[]>(
    () => [
      { id: 'name', header: t('common.name'), cell: ({ row }) => row.original.name },
      { id: 'hint', header: t('apiKeys.key'), cell: ({ row }) => `${row.original.hint}…` },
      { id: 'owner', header: t('apiKeys.owner'), cell: ({ row }) => nameOf(`user:${row.original.user_id}`) },
      { id: 'rights', header: t('apiKeys.rights'), cell: ({ row }) => row.original.rights.join(', ') },
      { id: 'networks', header: t('apiKeys.networks'), cell: ({ row }) => row.original.networks.join(', ') || t('apiKeys.anywhere') },
      { id: 'state', header: t('fleet.state'), cell: ({ row }) => <KeyState apiKey={row.original} /> },
      { id: 'expires', header: t('fleet.expires'), cell: ({ row }) => <Time value={row.original.expires} /> },
      { id: 'used', header: t('apiKeys.lastUsed'), cell: ({ row }) => <Ago value={row.original.last_used} /> },
      { id: 'actions', header: t('common.actions'), cell: ({ row }) => <ActionMenu label={t('common.actionsOf', { name: row.original.name })} actions={actions} items={[row.original]} /> },
    ],
    [t, actions, nameOf],
  );
  return (
    <>
      <PageHeader title={t('nav.users')}>
        <Button size="xs" leftSection={<IconPlus size={14} />} disabled={!canWrite} title={canWrite ? undefined : t('action.noRight')} onClick={() => setAdding(true)}>
          {t('apiKeys.add')}
        </Button>
      </PageHeader>
      <UserTabs />
      <DataTable label={t('apiKeys.title')} query={query} items={keys} columns={columns} rowId={(key) => key.id} empty={<Empty title={t('apiKeys.none')} />} />
      {isAdding && <CreateApiKeyDialog close={() => setAdding(false)} />}
      {confirmation}
    </>
  );
}

function useKeyActions() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [ask, confirmation] = useConfirm();
  const actions = useMemo<Action<ApiKey>[]>(
    () => [
      {
        id: 'revoke',
        label: 'fleet.revoke',
        right: 'api-keys:write',
        single: true,
        dangerous: true,
        refusal: ([key]) => (key && keyState(key, new Date()) !== 'valid' ? 'fleet.notValid' : undefined),
        run: ([key]) =>
          key &&
          ask({
            title: t('apiKeys.revokeTitle', { name: key.name }),
            body: t('common.cannotUndo'),
            button: t('fleet.revoke'),
            run: async () => {
              await api.DELETE('/api-keys/{id}', { params: { path: { id: key.id } } });
              await client.invalidateQueries({ queryKey: ['api-keys'] });
            },
          }),
      },
    ],
    [ask, client, t],
  );
  return [actions, confirmation] as const;
}

const colors = { valid: stateColor.good, expired: stateColor.idle, revoked: stateColor.bad };

function KeyState({ apiKey }: { apiKey: ApiKey }) {
  const { t } = useTranslation();
  const state = keyState(apiKey, useClock());
  return <Dot color={colors[state]}>{t(`tokenState.${state}`)}</Dot>;
}
