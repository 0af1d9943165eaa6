import { Anchor, Button, Code, Group as Row, Text, Title } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { api, ifMatch } from '@/api/client';
import { matchingHostsQuery } from '@/api/hosts';
import { smartGroupsQuery } from '@/api/queries';
import { useCan } from '@/api/session';
import type { SmartGroup } from '@/api/types';
import { SmartGroupDialog } from '@/features/fleet/SmartGroupDialog';
import type { Action } from '@/lib/actions';
import { ActionMenu } from '@/ui/ActionMenu';
import { useConfirm } from '@/ui/confirm';
import { type Column, DataTable } from '@/ui/DataTable';
import { Empty } from '@/ui/States';

/** Groups of hosts by a filter: whoever matches it now belongs. */
export function SmartGroups() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const query = useQuery(smartGroupsQuery);
  const canWrite = useCan('agents:write');
  const [ask, confirmation] = useConfirm();
  const [edited, setEdited] = useState<SmartGroup | 'new'>();
  const actions = useMemo<Action<SmartGroup>[]>(
    () => [
      { id: 'edit', label: 'common.edit', right: 'agents:write', single: true, run: ([group]) => setEdited(group) },
      {
        id: 'remove',
        label: 'common.delete',
        right: 'agents:write',
        single: true,
        dangerous: true,
        run: ([group]) =>
          group &&
          ask({
            title: t('fleet.deleteGroup', { name: group.name }),
            body: t('smart.deleteBody'),
            button: t('common.delete'),
            run: async () => {
              await api.DELETE('/smart-groups/{id}', { params: { path: { id: group.id }, header: ifMatch(group.etag) } });
              await client.invalidateQueries({ queryKey: smartGroupsQuery.queryKey });
            },
          }),
      },
    ],
    [ask, client, t],
  );
  const columns = useMemo<Column<SmartGroup>[]>(
    () => [
      { id: 'name', header: t('common.name'), cell: ({ row }) => <Members group={row.original} /> },
      { id: 'filter', header: t('smart.filter'), cell: ({ row }) => <Code>{row.original.filter}</Code> },
      { id: 'agents', header: t('fleet.agents'), cell: ({ row }) => <Count filter={row.original.filter} /> },
      { id: 'actions', header: t('common.actions'), cell: ({ row }) => <ActionMenu label={t('common.actionsOf', { name: row.original.name })} actions={actions} items={[row.original]} /> },
    ],
    [t, actions],
  );
  return (
    <>
      <Row justify="space-between" mt="lg" mb="xs">
        <Title order={2} size="h5">
          {t('smart.many')}
        </Title>
        <Button size="xs" leftSection={<IconPlus size={14} />} disabled={!canWrite} title={canWrite ? undefined : t('action.noRight')} onClick={() => setEdited('new')}>
          {t('smart.add')}
        </Button>
      </Row>
      <Text size="sm" c="dimmed" mb="xs">
        {t('smart.help')}
      </Text>
      <DataTable label={t('smart.many')} query={query} items={query.data ?? []} columns={columns} rowId={(group) => group.id} empty={<Empty title={t('smart.none')} />} />
      {edited && <SmartGroupDialog group={edited === 'new' ? undefined : edited} close={() => setEdited(undefined)} />}
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
