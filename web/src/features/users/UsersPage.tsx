import { Button } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, bodyOf, ifMatch } from '@/api/client';
import { sessionQuery, usersQuery } from '@/api/queries';
import { useCan } from '@/api/session';
import type { ResetLink, User } from '@/api/types';
import { CreateUserDialog } from '@/features/users/CreateUserDialog';
import { EditUserDialog } from '@/features/users/EditUserDialog';
import { ResetLinkDialog } from '@/features/users/ResetLinkDialog';
import { UserTabs } from '@/features/users/UserTabs';
import type { Action } from '@/lib/actions';
import { ActionMenu } from '@/ui/ActionMenu';
import { useConfirm } from '@/ui/confirm';
import { type Column, DataTable } from '@/ui/DataTable';
import { Dot } from '@/ui/Dot';
import { notifyDone, notifyFailure } from '@/ui/notify';
import { PageHeader } from '@/ui/PageHeader';
import { Empty } from '@/ui/States';
import { stateColor } from '@/ui/theme';
import { Ago } from '@/ui/Time';
import { useRoleName } from '@/ui/useRoleName';

const none: User[] = [];

export function UsersPage() {
  const { t } = useTranslation();
  const query = useQuery(usersQuery);
  const canWrite = useCan('users:write');
  const [edited, setEdited] = useState<User | 'new'>();
  const [made, setMade] = useState<{ link: ResetLink; name: string }>();
  const [actions, confirmation] = useUserActions(setEdited, (link, name) => setMade({ link, name }));
  const rolesOf = useRolesText();
  const columns = useMemo<Column<User>[]>(
    () => [
      { id: 'username', header: t('users.username'), cell: ({ row }) => row.original.username },
      { id: 'display', header: t('users.displayName'), cell: ({ row }) => row.original.display_name || '–' },
      { id: 'email', header: t('users.email'), cell: ({ row }) => row.original.email ?? '–' },
      { id: 'roles', header: t('users.roles'), cell: ({ row }) => rolesOf(row.original) || '–' },
      {
        id: 'state',
        header: t('fleet.state'),
        cell: ({ row }) => (
          <Dot color={row.original.disabled ? stateColor.idle : stateColor.good}>{row.original.disabled ? t('users.disabled') : t('users.active')}</Dot>
        ),
      },
      { id: 'login', header: t('users.lastLogin'), cell: ({ row }) => <Ago value={row.original.last_login} /> },
      { id: 'actions', header: t('common.actions'), cell: ({ row }) => <ActionMenu label={t('common.actionsOf', { name: row.original.username })} actions={actions} items={[row.original]} /> },
    ],
    [t, actions, rolesOf],
  );
  return (
    <>
      <PageHeader title={t('nav.users')}>
        <Button size="xs" leftSection={<IconPlus size={14} />} disabled={!canWrite} title={canWrite ? undefined : t('action.noRight')} onClick={() => setEdited('new')}>
          {t('users.add')}
        </Button>
      </PageHeader>
      <UserTabs />
      <DataTable label={t('nav.users')} query={query} items={query.data ?? none} columns={columns} rowId={(user) => user.id} empty={<Empty title={t('users.none')} />} />
      {edited === 'new' && <CreateUserDialog close={() => setEdited(undefined)} />}
      {edited && edited !== 'new' && <EditUserDialog user={edited} close={() => setEdited(undefined)} />}
      {made && <ResetLinkDialog {...made} close={() => setMade(undefined)} />}
      {confirmation}
    </>
  );
}

/** Roles for everything by name, and how many there are for a part of the fleet. */
function useRolesText() {
  const { t } = useTranslation();
  const roleName = useRoleName();
  return (user: User) =>
    [...user.roles.map(roleName), ...user.scoped_roles.map((each) => t('users.scopedRole', { role: roleName(each.role) }))].join(', ');
}

function useUserActions(edit: (user: User | undefined) => void, show: (link: ResetLink, name: string) => void) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const me = useQuery(sessionQuery).data?.user.id;
  const [ask, confirmation] = useConfirm();
  const actions = useMemo<Action<User>[]>(() => {
    const notMe = ([user]: User[]) => (user?.id === me ? ('users.notYourself' as const) : undefined);
    const reload = () => client.invalidateQueries({ queryKey: ['users'] });
    const setDisabled = async (user: User, disabled: boolean) => {
      try {
        await bodyOf(api.PATCH('/users/{id}', { params: { path: { id: user.id }, header: ifMatch(user.etag) }, body: { disabled } }));
        notifyDone(t('common.saved'));
      } catch (error) {
        notifyFailure(error);
      }
      await reload();
    };
    const makeLink = async (user: User) => {
      try {
        show(await bodyOf(api.POST('/users/{id}/password-reset', { params: { path: { id: user.id } } })), user.username);
      } catch (error) {
        notifyFailure(error);
      }
    };
    return [
      { id: 'edit', label: 'common.edit', right: 'users:write', single: true, run: ([user]) => edit(user) },
      { id: 'enable', label: 'users.enable', right: 'users:write', single: true, refusal: ([user]) => (user?.disabled ? undefined : 'users.isActive'), run: ([user]) => user && void setDisabled(user, false) },
      { id: 'disable', label: 'users.disable', right: 'users:write', single: true, refusal: ([user]) => (user?.disabled ? 'users.isDisabled' : notMe(user ? [user] : [])), run: ([user]) => user && void setDisabled(user, true) },
      { id: 'link', label: 'users.makeLink', right: 'users:write', single: true, refusal: notMe, run: ([user]) => user && void makeLink(user) },
      {
        id: 'compromised',
        label: 'users.compromised',
        right: 'users:write',
        single: true,
        dangerous: true,
        refusal: notMe,
        run: ([user]) =>
          user &&
          ask({
            title: t('users.compromisedTitle', { name: user.username }),
            body: t('users.compromisedHelp'),
            button: t('users.compromised'),
            run: async () => {
              const link = await bodyOf(api.POST('/users/{id}/compromised', { params: { path: { id: user.id } } }));
              await reload();
              show(link, user.username);
            },
          }),
      },
      {
        id: 'delete',
        label: 'common.delete',
        right: 'users:write',
        single: true,
        dangerous: true,
        refusal: notMe,
        run: ([user]) =>
          user &&
          ask({
            title: t('users.deleteTitle', { name: user.username }),
            body: t('common.cannotUndo'),
            button: t('common.delete'),
            run: async () => {
              await api.DELETE('/users/{id}', { params: { path: { id: user.id }, header: ifMatch(user.etag) } });
              await reload();
            },
          }),
      },
    ];
  }, [ask, client, edit, me, show, t]);
  return [actions, confirmation] as const;
}
