import { Button } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { usersQuery } from '@/api/queries';
import { useCan } from '@/api/session';
import type { ResetLink, User } from '@/api/types';
import { CreateUserDialog } from '@/features/users/CreateUserDialog';
import { EditUserDialog } from '@/features/users/EditUserDialog';
import { ResetLinkDialog } from '@/features/users/ResetLinkDialog';
import { useUserActions } from '@/features/users/useUserActions';
import { UserTabs } from '@/features/users/UserTabs';
import { ActionMenu } from '@/ui/ActionMenu';
import { type Column, DataTable } from '@/ui/DataTable';
import { Dot } from '@/ui/Dot';
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
  const show = (link: ResetLink, name: string) => setMade({ link, name });
  const [actions, confirmation] = useUserActions(setEdited, show);
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
      {edited === 'new' && <CreateUserDialog close={() => setEdited(undefined)} show={show} />}
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
