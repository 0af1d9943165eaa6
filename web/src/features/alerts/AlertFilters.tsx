import { Group, Select } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { severities } from '@/api/types';
import { RuleSelect } from '@/features/alerts/RuleSelect';
import { type AlertsSearch, alertStates } from '@/features/alerts/search';
import { SavedViews } from '@/ui/SavedViews';

interface AlertFiltersProps {
  search: AlertsSearch;
  change: (part: Partial<AlertsSearch>) => void;
}

export function AlertFilters({ search, change }: AlertFiltersProps) {
  const { t } = useTranslation();
  const states = ['active', ...alertStates] as const;
  return (
    <Group gap="sm" mb="sm" align="end">
      <Select
        label={t('fleet.state')}
        size="xs"
        allowDeselect={false}
        value={search.state ?? 'active'}
        onChange={(value) => change({ state: value === 'active' ? undefined : (value as AlertsSearch['state']), alert: undefined })}
        data={states.map((each) => ({ value: each, label: t(`alerts.states.${each}`) }))}
      />
      <Select
        label={t('alerts.least')}
        size="xs"
        clearable
        placeholder={t('alerts.everySeverity')}
        value={search.severity ?? null}
        onChange={(value) => change({ severity: (value ?? undefined) as AlertsSearch['severity'] })}
        data={severities.map((each) => ({ value: each, label: t(`severity.${each}`) }))}
      />
      <RuleSelect size="xs" value={search.rule ?? ''} choose={(rule) => change({ rule: rule || undefined })} />
      <SavedViews page="alerts" />
    </Group>
  );
}
