import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { api, ifMatch } from '@/api/client';
import { groupsQuery, policiesQuery } from '@/api/queries';
import type { Group } from '@/api/types';
import { FleetTabs } from '@/features/fleet/FleetTabs';
import { GroupDialog } from '@/features/fleet/GroupDialog';
import { SmartGroups } from '@/features/fleet/SmartGroups';
import { type KindOfGroup, useGroupActions } from '@/features/fleet/useGroupActions';
import { type Column, DataTable } from '@/ui/DataTable';
import { PageHeader } from '@/ui/PageHeader';
import { Empty } from '@/ui/States';

const none: Group[] = [];
const kind: KindOfGroup<Group> = {
  add: 'fleet.addGroup',
  deleteBody: 'common.cannotUndo',
  queryKey: groupsQuery.queryKey,
  refusal: ([group]) => (group && group.agents > 0 ? 'fleet.groupNotEmpty' : undefined),
  remove: (group) => api.DELETE('/groups/{id}', { params: { path: { id: group.id }, header: ifMatch(group.etag) } }),
};

export function GroupsPage() {
  const { t } = useTranslation();
  const query = useQuery(groupsQuery);
  const policies = useQuery(policiesQuery).data;
  const groups = query.data ?? none;
  const { edited, close, addButton, actionColumn, confirmation } = useGroupActions(kind);
  const columns = useMemo<Column<Group>[]>(
    () => [
      { id: 'name', header: t('common.name'), cell: ({ row }) => row.original.name },
      { id: 'parent', header: t('fleet.parent'), cell: ({ row }) => groups.find((each) => each.id === row.original.parent_id)?.name ?? '–' },
      { id: 'policy', header: t('fleet.policy'), cell: ({ row }) => policies?.find((each) => each.id === row.original.policy_id)?.name ?? t('policies.inherited') },
      { id: 'asset-value', header: t('fleet.assetValue'), cell: ({ row }) => row.original.asset_value ?? '–' },
      { id: 'agents', header: t('fleet.agents'), cell: ({ row }) => row.original.agents },
      actionColumn,
    ],
    [t, groups, policies, actionColumn],
  );
  return (
    <>
      <PageHeader title={t('nav.fleet')}>{addButton}</PageHeader>
      <FleetTabs />
      <DataTable label={t('fleet.groups')} query={query} items={groups} columns={columns} rowId={(group) => group.id} empty={<Empty title={t('fleet.noGroups')}>{t('fleet.noGroupsHint')}</Empty>} />
      <SmartGroups />
      {edited && <GroupDialog group={edited === 'new' ? undefined : edited} close={close} />}
      {confirmation}
    </>
  );
}
