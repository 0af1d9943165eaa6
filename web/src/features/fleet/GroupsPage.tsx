import { Button } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, ifMatch } from '@/api/client';
import { groupsQuery, policiesQuery } from '@/api/queries';
import { useCan } from '@/api/session';
import type { Group } from '@/api/types';
import { FleetTabs } from '@/features/fleet/FleetTabs';
import { GroupDialog } from '@/features/fleet/GroupDialog';
import { SmartGroups } from '@/features/fleet/SmartGroups';
import type { Action } from '@/lib/actions';
import { ActionMenu } from '@/ui/ActionMenu';
import { useConfirm } from '@/ui/confirm';
import { type Column, DataTable } from '@/ui/DataTable';
import { PageHeader } from '@/ui/PageHeader';
import { Empty } from '@/ui/States';

const none: Group[] = [];

export function GroupsPage() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const query = useQuery(groupsQuery);
  const policies = useQuery(policiesQuery).data;
  const groups = query.data ?? none;
  const canWrite = useCan('agents:write');
  const [ask, confirmation] = useConfirm();
  const [edited, setEdited] = useState<Group | 'new'>();
  const actions = useMemo<Action<Group>[]>(
    () => [
      { id: 'edit', label: 'common.edit', right: 'agents:write', single: true, run: ([group]) => setEdited(group) },
      {
        id: 'remove',
        label: 'common.delete',
        right: 'agents:write',
        single: true,
        dangerous: true,
        refusal: ([group]) => (group && group.agents > 0 ? 'fleet.groupNotEmpty' : undefined),
        run: ([group]) =>
          group &&
          ask({
            title: t('fleet.deleteGroup', { name: group.name }),
            body: t('common.cannotUndo'),
            button: t('common.delete'),
            run: async () => {
              await api.DELETE('/groups/{id}', { params: { path: { id: group.id }, header: ifMatch(group.etag) } });
              await client.invalidateQueries({ queryKey: ['groups'] });
            },
          }),
      },
    ],
    [ask, client, t],
  );
  const columns = useMemo<Column<Group>[]>(
    () => [
      { id: 'name', header: t('common.name'), cell: ({ row }) => row.original.name },
      { id: 'parent', header: t('fleet.parent'), cell: ({ row }) => groups.find((each) => each.id === row.original.parent_id)?.name ?? '–' },
      { id: 'policy', header: t('fleet.policy'), cell: ({ row }) => policies?.find((each) => each.id === row.original.policy_id)?.name ?? t('policies.inherited') },
      { id: 'asset-value', header: t('fleet.assetValue'), cell: ({ row }) => row.original.asset_value ?? '–' },
      { id: 'agents', header: t('fleet.agents'), cell: ({ row }) => row.original.agents },
      { id: 'actions', header: t('common.actions'), cell: ({ row }) => <ActionMenu label={t('common.actionsOf', { name: row.original.name })} actions={actions} items={[row.original]} /> },
    ],
    [t, groups, policies, actions],
  );
  return (
    <>
      <PageHeader title={t('nav.fleet')}>
        <Button size="xs" leftSection={<IconPlus size={14} />} disabled={!canWrite} title={canWrite ? undefined : t('action.noRight')} onClick={() => setEdited('new')}>
          {t('fleet.addGroup')}
        </Button>
      </PageHeader>
      <FleetTabs />
      <DataTable label={t('fleet.groups')} query={query} items={groups} columns={columns} rowId={(group) => group.id} empty={<Empty title={t('fleet.noGroups')}>{t('fleet.noGroupsHint')}</Empty>} />
      <SmartGroups />
      {edited && <GroupDialog group={edited === 'new' ? undefined : edited} close={() => setEdited(undefined)} />}
      {confirmation}
    </>
  );
}
