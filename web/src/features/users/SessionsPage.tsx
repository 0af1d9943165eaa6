import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf } from '@/api/client';
import { pagedQuery, withCursor } from '@/api/queries';
import type { UserSession } from '@/api/types';
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

const sessionsQuery = pagedQuery(['user-sessions'], (cursor) => bodyOf(api.GET('/user-sessions', { params: { query: withCursor(cursor, 100) } })));

/** Sessions of all users, those of the last thirty days too. */
export function SessionsPage() {
  const { t } = useTranslation();
  const query = useInfiniteQuery(sessionsQuery);
  const sessions = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const [actions, confirmation] = useSessionActions();
  const columns = useMemo<Column<UserSession>[]>(
    () => [
      { id: 'user', header: t('users.username'), cell: ({ row }) => row.original.username ?? row.original.user_id },
      { id: 'method', header: t('sessions.method'), cell: ({ row }) => row.original.method ?? '–' },
      { id: 'kind', header: t('sessions.kind'), cell: ({ row }) => t(`sessions.kinds.${row.original.kind}`) },
      { id: 'address', header: t('sessions.address'), cell: ({ row }) => row.original.address ?? '–' },
      { id: 'created', header: t('sessions.created'), cell: ({ row }) => <Time value={row.original.created} /> },
      { id: 'used', header: t('sessions.used'), cell: ({ row }) => <Ago value={row.original.last_used} /> },
      { id: 'state', header: t('fleet.state'), cell: ({ row }) => <SessionState session={row.original} /> },
      {
        id: 'actions',
        header: t('common.actions'),
        cell: ({ row }) => <ActionMenu label={t('common.actionsOf', { name: row.original.username ?? row.original.id })} actions={actions} items={[row.original]} />,
      },
    ],
    [t, actions],
  );
  return (
    <>
      <PageHeader title={t('sessions.title')} />
      <UserTabs />
      <DataTable label={t('sessions.title')} query={query} items={sessions} columns={columns} rowId={(each) => each.id} empty={<Empty title={t('sessions.none')} />} />
      {confirmation}
    </>
  );
}

function SessionState({ session }: { session: UserSession }) {
  const { t } = useTranslation();
  if (session.ended === null) return <Dot color={stateColor.good}>{t('sessions.inForce')}</Dot>;
  return <Dot color={stateColor.idle}>{t('sessions.ended', { reason: session.reason ?? '–' })}</Dot>;
}

function useSessionActions() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [ask, confirmation] = useConfirm();
  const actions = useMemo<Action<UserSession>[]>(
    () => [
      {
        id: 'end',
        label: 'sessions.end',
        right: 'users:write',
        single: true,
        dangerous: true,
        refusal: ([session]) => (session?.ended === null ? undefined : 'sessions.isOver'),
        run: ([session]) =>
          session &&
          ask({
            title: t('sessions.endTitle', { name: session.username ?? session.user_id }),
            body: t('common.cannotUndo'),
            button: t('sessions.end'),
            run: async () => {
              await api.DELETE('/user-sessions/{id}', { params: { path: { id: session.id } } });
              await client.invalidateQueries({ queryKey: ['user-sessions'] });
            },
          }),
      },
    ],
    [ask, client, t],
  );
  return [actions, confirmation] as const;
}
