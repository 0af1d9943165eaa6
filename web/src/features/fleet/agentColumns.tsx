import { Anchor, Group, Text, Tooltip } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { groupsQuery, policiesQuery } from '@/api/queries';
import type { Agent } from '@/api/types';
import { AgentState, ModuleBadge, PolicyState } from '@/features/fleet/badges';
import type { Action } from '@/lib/actions';
import { ActionMenu } from '@/ui/ActionMenu';
import type { Column } from '@/ui/DataTable';
import { Ago } from '@/ui/Time';

export function useAgentColumns(actions: Action<Agent>[]): Column<Agent>[] {
  const { t } = useTranslation();
  const groups = useQuery(groupsQuery).data;
  const policies = useQuery(policiesQuery).data;
  return useMemo<Column<Agent>[]>(
    () => [
      { id: 'hostname', header: t('fleet.host'), cell: ({ row }) => <HostName agent={row.original} /> },
      { id: 'state', header: t('fleet.state'), cell: ({ row }) => <AgentState state={row.original.state} /> },
      { id: 'modules', header: t('fleet.modules'), cell: ({ row }) => <Modules agent={row.original} /> },
      {
        id: 'policy',
        header: t('fleet.policy'),
        cell: ({ row }) => (
          <>
            <PolicyState agent={row.original} />
            <Text size="xs" c="dimmed">
              {policies?.find((policy) => policy.id === row.original.policy_id)?.name}
            </Text>
          </>
        ),
      },
      {
        id: 'group',
        header: t('fleet.group'),
        cell: ({ row }) => groups?.find((group) => group.id === row.original.group_id)?.name ?? '–',
      },
      { id: 'version', header: t('fleet.version'), cell: ({ row }) => row.original.agent_version ?? '–' },
      { id: 'seen', header: t('fleet.lastSeen'), cell: ({ row }) => <Ago value={row.original.last_seen} /> },
      {
        id: 'actions',
        header: t('common.actions'),
        cell: ({ row }) => (
          <ActionMenu label={t('common.actionsOf', { name: row.original.hostname })} actions={actions} items={[row.original]} />
        ),
      },
    ],
    [t, groups, policies, actions],
  );
}

function HostName({ agent }: { agent: Agent }) {
  const { t } = useTranslation();
  return (
    <Group gap={6} wrap="nowrap">
      <Anchor inherit renderRoot={(props) => <Link {...props} to="/fleet/$agentId" params={{ agentId: agent.id }} />}>
        {agent.hostname}
      </Anchor>
      {agent.warnings.length > 0 && (
        <Tooltip label={agent.warnings.join(' · ')} multiline maw={360}>
          <IconAlertTriangle size={15} role="img" aria-label={t('fleet.warnings', { count: agent.warnings.length })} />
        </Tooltip>
      )}
    </Group>
  );
}

/** Modules that matter: those that are on or not well. */
function Modules({ agent }: { agent: Agent }) {
  const shown = agent.modules.filter((module) => module.state !== 'off');
  if (shown.length === 0) return '–';
  return shown.map((module) => <ModuleBadge key={module.module} module={module} />);
}
