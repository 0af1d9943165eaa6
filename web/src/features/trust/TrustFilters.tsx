import { Group, Select } from '@mantine/core';
import type { ParseKeys } from 'i18next';
import { useTranslation } from 'react-i18next';
import { spans, type TrustSearch } from '@/features/trust/search';

interface TrustFiltersProps<State extends string> {
  states: readonly (readonly [State, ParseKeys])[];
  owners: readonly string[];
  duties: readonly string[];
  search: TrustSearch & { state?: State | undefined };
  change: (part: TrustSearch & { state?: State | undefined }) => void;
}

/** By state, by whose it is, by duty, and by how soon it is due. */
export function TrustFilters<State extends string>({ states, owners, duties, search, change }: TrustFiltersProps<State>) {
  const { t } = useTranslation();
  const shared = { size: 'xs', clearable: true, placeholder: t('duties.any') } as const;
  return (
    <Group gap="sm" mb="sm" align="end" role="group" aria-label={t('duties.filters')}>
      <Select {...shared} label={t('fleet.state')} value={search.state ?? null} onChange={(value) => change({ state: (value ?? undefined) as State | undefined })} data={states.map(([value, label]) => ({ value, label: t(label) }))} />
      <Select {...shared} label={t('evidence.owner')} searchable value={search.owner ?? null} onChange={(value) => change({ owner: value ?? undefined })} data={withValue(owners, search.owner)} />
      <Select {...shared} label={t('duties.duty')} searchable value={search.duty ?? null} onChange={(value) => change({ duty: value ?? undefined })} data={withValue(duties, search.duty)} />
      <Select {...shared} label={t('duties.within')} value={search.within ?? null} onChange={(value) => change({ within: (value ?? undefined) as TrustSearch['within'] })} data={spans.map((each) => ({ value: each, label: t(`duties.span.${each}`) }))} />
    </Group>
  );
}

/** What is in the address is shown, also when nothing has it any more. */
const withValue = (values: readonly string[], value: string | undefined): string[] => (value && !values.includes(value) ? [value, ...values] : [...values]);
