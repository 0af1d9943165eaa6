import { TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { groupsQuery, smartGroupsQuery } from '@/api/queries';
import { agentStates, type FleetSearch, protections } from '@/features/fleet/search';
import { FilterBar } from '@/ui/FilterBar';
import { SavedViews } from '@/ui/SavedViews';

const route = getRouteApi('/app/fleet');
const named = (list: readonly { id: string; name: string }[]) => list.map(({ id, name }) => ({ value: id, label: name }));

/** What the list of hosts is narrowed by; all of it is in the address. */
export function FleetFilters() {
  const { t } = useTranslation();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const groups = useQuery(groupsQuery).data ?? [];
  const smart = useQuery(smartGroupsQuery).data ?? [];
  const change = (part: Partial<FleetSearch>) => void navigate({ search: (before) => ({ ...before, ...part }), replace: true });
  return (
    <FilterBar
      label={t('fleet.searchHost')}
      text={search.host ?? ''}
      onText={(host) => change({ host })}
      choices={[
        { label: t('fleet.state'), value: search.state, onChange: (value) => change({ state: agentStates.find((each) => each === value) }), data: agentStates.map((value) => ({ value, label: t(`agentState.${value}`) })) },
        { label: t('fleet.group'), value: search.group, onChange: (group) => change({ group }), data: named(groups) },
        { label: t('smart.one'), value: search.smart, onChange: (id) => change({ smart: id }), data: named(smart) },
        { label: t('fleet.protection'), value: search.protection, onChange: (value) => change({ protection: protections.find((each) => each === value) }), data: protections.map((value) => ({ value, label: t(`fleet.protections.${value}`) })) },
      ]}
    >
      <HostFilter key={search.filter} filter={search.filter ?? ''} keep={(filter) => change({ filter: filter || undefined })} />
      <SavedViews page="fleet" />
    </FilterBar>
  );
}

/** A filter over hosts; it counts once it is left or Enter is pressed. */
function HostFilter({ filter, keep }: { filter: string; keep: (text: string) => void }) {
  const { t } = useTranslation();
  const [text, setText] = useState(filter);
  const leave = () => {
    if (text.trim() !== filter) keep(text.trim());
  };
  return (
    <TextInput
      size="xs"
      w="min(100%, 320px)"
      aria-label={t('smart.filter')}
      placeholder={t('smart.example')}
      value={text}
      maxLength={8192}
      spellCheck={false}
      autoComplete="off"
      onChange={(event) => setText(event.currentTarget.value)}
      onBlur={leave}
      onKeyDown={(event) => event.key === 'Enter' && leave()}
    />
  );
}
