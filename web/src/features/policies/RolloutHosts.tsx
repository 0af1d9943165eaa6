import { Anchor } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { Rollout, RolloutHost } from '@/api/types';
import { rolloutHostsQuery } from '@/features/policies/queries';
import { type Column, DataTable } from '@/ui/DataTable';
import { Dot } from '@/ui/Dot';
import { Empty } from '@/ui/States';
import { stateColor } from '@/ui/theme';

const colors = { waiting: stateColor.warn, healthy: stateColor.good, unhealthy: stateColor.bad, absent: stateColor.idle };

/** The hosts that a roll-out has reached, those that are not well first. */
export function RolloutHosts({ rollout }: { rollout: Rollout }) {
  const { t } = useTranslation();
  const query = useInfiniteQuery(rolloutHostsQuery(rollout.id));
  const hosts = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const columns = useMemo<Column<RolloutHost>[]>(
    () => [
      {
        id: 'host',
        header: t('fleet.host'),
        cell: ({ row }) => (
          <Anchor inherit renderRoot={(props) => <Link {...props} to="/fleet/$agentId" params={{ agentId: row.original.agent_id }} />}>
            {row.original.hostname}
          </Anchor>
        ),
      },
      { id: 'ring', header: t('rollouts.ring'), cell: ({ row }) => rollout.rings[row.original.ring]?.name },
      {
        id: 'verdict',
        header: t('fleet.state'),
        cell: ({ row: { original } }) => (
          <Dot color={colors[original.verdict]}>
            {t(`rollouts.counts.${original.verdict}`)}
            {original.problem && `: ${t(`rollouts.problems.${original.problem}`)}`}
          </Dot>
        ),
      },
    ],
    [t, rollout.rings],
  );
  return <DataTable label={t('rollouts.hosts')} query={query} items={hosts} columns={columns} rowId={(host) => host.agent_id} empty={<Empty title={t('rollouts.noHosts')} />} />;
}
