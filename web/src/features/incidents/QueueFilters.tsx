import { Group, Select } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { severities } from '@/api/types';
import { incidentStates, type QueueSearch } from '@/features/incidents/search';
import { SavedViews } from '@/ui/SavedViews';

const route = getRouteApi('/app/incidents');

/** What the queue is narrowed by; all of it is in the address. */
export function QueueFilters() {
  const { t } = useTranslation();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const change = (part: Partial<QueueSearch>) => void navigate({ search: (before) => ({ ...before, ...part }), replace: true });
  return (
    <Group gap="sm" mb="sm" align="end">
      <Select
        label={t('fleet.state')}
        size="xs"
        clearable
        placeholder={t('incidents.everyState')}
        value={search.state ?? null}
        onChange={(value) => change({ state: (value ?? undefined) as QueueSearch['state'] })}
        data={[{ value: 'active', label: t('incidents.active') }, ...incidentStates.map((each) => ({ value: each, label: t(`incidentState.${each}`) }))]}
      />
      <Select
        label={t('alerts.least')}
        size="xs"
        clearable
        placeholder={t('alerts.everySeverity')}
        value={search.severity ?? null}
        onChange={(value) => change({ severity: (value ?? undefined) as QueueSearch['severity'] })}
        data={severities.map((each) => ({ value: each, label: t(`severity.${each}`) }))}
      />
      <SavedViews page="incidents" />
    </Group>
  );
}
