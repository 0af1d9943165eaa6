import { Button, Group, Select, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { IconPlus } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { useCallback, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { groupsQuery } from '@/api/queries';
import type { Agent } from '@/api/types';
import { useAgentActions } from '@/features/fleet/agentActions';
import { useAgentColumns } from '@/features/fleet/agentColumns';
import { FleetTabs } from '@/features/fleet/FleetTabs';
import { agentsPage, agentsQuery } from '@/features/fleet/queries';
import { agentStates, protections } from '@/features/fleet/search';
import { SummaryTiles } from '@/features/fleet/SummaryTiles';
import { readMatches } from '@/lib/bulk';
import { BulkBar } from '@/ui/BulkBar';
import { DataTable } from '@/ui/DataTable';
import { PageHeader } from '@/ui/PageHeader';
import { Empty } from '@/ui/States';
import { useRowKeys } from '@/ui/useRowKeys';
import { useSelection } from '@/ui/useSelection';
import { useShortcuts } from '@/ui/useShortcuts';

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
  const isFiltered = search.state || search.group || search.host || search.protection;
  return (
    <>
      <PageHeader title={t('nav.fleet')}>
        <Button size="xs" leftSection={<IconPlus size={14} />} renderRoot={(props) => <Link {...props} to="/fleet/enrolment" />}>
          {t('fleet.addAgent')}
        </Button>
      </PageHeader>
      <FleetTabs />
      <SummaryTiles />
      <Filters />
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

function Filters() {
  const { t } = useTranslation();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const groups = useQuery(groupsQuery);
  const input = useRef<HTMLInputElement>(null);
  const [host, setHost] = useState(search.host ?? '');
  const change = (part: Partial<typeof search>) => void navigate({ search: (before) => ({ ...before, ...part }), replace: true });
  const setSearch = useDebouncedCallback((text: string) => change({ host: text || undefined }), 250);
  useShortcuts({ '/': () => input.current?.focus() });
  return (
    <Group gap="xs" mb="xs">
      <TextInput
        ref={input}
        size="xs"
        aria-label={t('fleet.searchHost')}
        placeholder={t('fleet.searchHost')}
        value={host}
        onChange={(event) => {
          setHost(event.currentTarget.value);
          setSearch(event.currentTarget.value);
        }}
      />
      <Select
        size="xs"
        clearable
        aria-label={t('fleet.state')}
        placeholder={t('fleet.state')}
        value={search.state ?? null}
        onChange={(state) => change({ state: agentStates.find((each) => each === state) })}
        data={agentStates.map((state) => ({ value: state, label: t(`agentState.${state}`) }))}
      />
      <Select
        size="xs"
        clearable
        aria-label={t('fleet.group')}
        placeholder={t('fleet.group')}
        value={search.group ?? null}
        onChange={(group) => change({ group: group ?? undefined })}
        data={(groups.data ?? []).map((group) => ({ value: group.id, label: group.name }))}
      />
      <Select
        size="xs"
        clearable
        aria-label={t('fleet.protection')}
        placeholder={t('fleet.protection')}
        value={search.protection ?? null}
        onChange={(protection) => change({ protection: protections.find((each) => each === protection) })}
        data={protections.map((protection) => ({ value: protection, label: t(`fleet.protections.${protection}`) }))}
      />
    </Group>
  );
}
