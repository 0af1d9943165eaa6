import { Button, Text } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, ifMatch } from '@/api/client';
import { rolesQuery } from '@/api/queries';
import { useCan } from '@/api/session';
import type { Role } from '@/api/types';
import { RoleDialog } from '@/features/users/RoleDialog';
import { UserTabs } from '@/features/users/UserTabs';
import type { Action } from '@/lib/actions';
import { ActionMenu } from '@/ui/ActionMenu';
import { useConfirm } from '@/ui/confirm';
import { type Column, DataTable } from '@/ui/DataTable';
import { PageHeader } from '@/ui/PageHeader';
import { Empty } from '@/ui/States';
import { useRoleName } from '@/ui/useRoleName';

const none: Role[] = [];

/** Roles that came with the product, and the tenant's own. */
export function RolesPage() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const roleName = useRoleName();
  const query = useQuery(rolesQuery);
  const roles = query.data ?? none;
  const canWrite = useCan('roles:write');
  const [edited, setEdited] = useState<Role | 'new'>();
  const [ask, confirmation] = useConfirm();
  const actions = useMemo<Action<Role>[]>(() => {
    const refusal = ([role]: Role[]) => (role?.built_in ? ('roles.isBuiltIn' as const) : undefined);
    const remove = (role: Role) =>
      ask({
        title: t('roles.deleteTitle', { name: role.name }),
        body: t('common.cannotUndo'),
        button: t('common.delete'),
        run: async () => {
          await api.DELETE('/roles/{name}', { params: { path: { name: role.name }, header: ifMatch(role.etag) } });
          await client.invalidateQueries({ queryKey: ['roles'] });
        },
      });
    return [
      { id: 'edit', label: 'common.edit', right: 'roles:write', single: true, refusal, run: ([role]) => setEdited(role) },
      { id: 'delete', label: 'common.delete', right: 'roles:write', single: true, dangerous: true, refusal, run: ([role]) => role && remove(role) },
    ];
  }, [ask, client, t]);
  const columns = useMemo<Column<Role>[]>(
    () => [
      { id: 'name', header: t('common.name'), cell: ({ row }) => roleName(row.original.name) },
      { id: 'description', header: t('roles.description'), cell: ({ row }) => row.original.description },
      { id: 'rights', header: t('roles.rights'), cell: ({ row }) => <Text size="xs" title={row.original.rights.join('\n')}>{t('roles.count', { count: row.original.rights.length })}</Text> },
      { id: 'kind', header: t('roles.kind'), cell: ({ row }) => t(row.original.built_in ? 'roles.builtIn' : 'roles.own') },
      { id: 'actions', header: t('common.actions'), cell: ({ row }) => <ActionMenu label={t('common.actionsOf', { name: row.original.name })} actions={actions} items={[row.original]} /> },
    ],
    [t, roleName, actions],
  );
  return (
    <>
      <PageHeader title={t('nav.users')}>
        <Button size="xs" leftSection={<IconPlus size={14} />} disabled={!canWrite} title={canWrite ? undefined : t('action.noRight')} onClick={() => setEdited('new')}>
          {t('roles.add')}
        </Button>
      </PageHeader>
      <UserTabs />
      <DataTable label={t('roles.title')} query={query} items={roles} columns={columns} rowId={(role) => role.name} empty={<Empty title={t('roles.none')} />} />
      {edited && <RoleDialog role={edited === 'new' ? undefined : edited} allRights={roles.find((each) => each.name === 'full-access')?.rights ?? []} close={() => setEdited(undefined)} />}
      {confirmation}
    </>
  );
}
