import { Anchor, Code, Group as Row, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { api, ifMatch } from '@/api/client';
import { matchingHostsQuery } from '@/api/hosts';
import { smartGroupsQuery } from '@/api/queries';
import type { SmartGroup } from '@/api/types';
import { SmartGroupDialog } from '@/features/fleet/SmartGroupDialog';
import { type KindOfGroup, useGroupActions } from '@/features/fleet/useGroupActions';
import { type Column, DataTable } from '@/ui/DataTable';
import { Empty } from '@/ui/States';

const kind: KindOfGroup<SmartGroup> = {
  add: 'smart.add',
  deleteBody: 'smart.deleteBody',
  queryKey: smartGroupsQuery.queryKey,
  remove: (group) => api.DELETE('/smart-groups/{id}', { params: { path: { id: group.id }, header: ifMatch(group.etag) } }),
};

/** Groups of hosts by a filter: whoever matches it now belongs. */
export function SmartGroups() {
  const { t } = useTranslation();
  const query = useQuery(smartGroupsQuery);
  const { edited, close, addButton, actionColumn, confirmation } = useGroupActions(kind);
  const columns = useMemo<Column<SmartGroup>[]>(
    () => [
      { id: 'name', header: t('common.name'), cell: ({ row }) => <Members group={row.original} /> },
      { id: 'filter', header: t('smart.filter'), cell: ({ row }) => <Code>{row.original.filter}</Code> },
      { id: 'agents', header: t('fleet.agents'), cell: ({ row }) => <Count filter={row.original.filter} /> },
      actionColumn,
    ],
    [t, actionColumn],
  );
  return (
    <>
      <Row justify="space-between" mt="lg" mb="xs">
        <Title order={2} size="h5">
          {t('smart.many')}
        </Title>
        {addButton}
      </Row>
      <Text size="sm" c="dimmed" mb="xs">
        {t('smart.help')}
      </Text>
      <DataTable label={t('smart.many')} query={query} items={query.data ?? []} columns={columns} rowId={(group) => group.id} empty={<Empty title={t('smart.none')} />} />
      {edited && <SmartGroupDialog group={edited === 'new' ? undefined : edited} close={close} />}
      {confirmation}
    </>
  );
}

function Members({ group }: { group: SmartGroup }) {
  return (
    <Anchor inherit renderRoot={(props) => <Link {...props} to="/fleet" search={{ smart: group.id }} />}>
      {group.name}
    </Anchor>
  );
}

function Count({ filter }: { filter: string }) {
  const { i18n } = useTranslation();
  return useQuery(matchingHostsQuery(filter)).data?.agents.toLocaleString(i18n.language) ?? '–';
}
