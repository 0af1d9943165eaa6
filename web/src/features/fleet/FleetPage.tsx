import { Button } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { useCallback, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { Agent } from '@/api/types';
import { useAgentActions } from '@/features/fleet/agentActions';
import { useAgentColumns } from '@/features/fleet/agentColumns';
import { FleetFilters } from '@/features/fleet/FleetFilters';
import { FleetTabs } from '@/features/fleet/FleetTabs';
import { agentsPage, agentsQuery } from '@/features/fleet/queries';
import { SummaryTiles } from '@/features/fleet/SummaryTiles';
import { readMatches } from '@/lib/bulk';
import { BulkBar } from '@/ui/BulkBar';
import { DataTable } from '@/ui/DataTable';
import { PageHeader } from '@/ui/PageHeader';
import { Empty } from '@/ui/States';
import { useRowKeys } from '@/ui/useRowKeys';
import { useSelection } from '@/ui/useSelection';

const route = getRouteApi('/app/fleet');
const idOf = (agent: Agent) => agent.id;
const nameOf = (agent: Agent) => agent.hostname;

export function FleetPage() {
  const { t } = useTranslation();
  const search = route.useSearch();
  const query = useInfiniteQuery(agentsQuery(search));
  const agents = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const { actions, dialogs } = useAgentActions();
  const columns = useAgentColumns(actions);
  const navigate = useNavigate();
  const selection = useSelection(agents, idOf);
  const active = agents[useRowKeys(agents.length, {
    show: (index) => document.querySelectorAll('[data-row]')[index]?.scrollIntoView({ block: 'nearest' }),
    open: (index) => agents[index] && void navigate({ to: '/fleet/$agentId', params: { agentId: agents[index].id } }),
    toggle: (index) => agents[index] && selection.toggle(agents[index]),
  })];
  const readAll = useCallback((tell: (count: number) => void) => readMatches(agentsPage(search, 1000), tell), [search]);
  const isFiltered = search.state || search.group || search.smart || search.filter || search.host || search.protection;
  return (
    <>
      <PageHeader title={t('nav.fleet')}>
        <Button size="xs" leftSection={<IconPlus size={14} />} renderRoot={(props) => <Link {...props} to="/fleet/enrolment" />}>
          {t('fleet.addAgent')}
        </Button>
      </PageHeader>
      <FleetTabs />
      <SummaryTiles />
      <FleetFilters />
      <BulkBar label={t('fleet.bulk')} actions={actions} selected={selection.selected} active={active} idOf={idOf} nameOf={nameOf} clear={selection.clear} readAll={readAll} />
      <DataTable
        label={t('fleet.agents')}
        selection={{ ...selection, active, nameOf }}
        query={query}
        items={agents}
        columns={columns}
        rowId={(agent) => agent.id}
        empty={<Empty title={isFiltered ? t('fleet.noneMatch') : t('fleet.none')}>{!isFiltered && t('fleet.noneHint')}</Empty>}
      />
      {dialogs}
    </>
  );
}
