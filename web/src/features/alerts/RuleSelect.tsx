import { Select } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { rulesQuery } from '@/features/alerts/queries';

interface RuleSelectProps {
  value: string;
  choose: (rule: string) => void;
  size?: 'xs' | 'sm';
}

/** One rule, or every one. */
export function RuleSelect({ value, choose, size = 'sm' }: RuleSelectProps) {
  const { t } = useTranslation();
  const rules = useInfiniteQuery(rulesQuery).data?.pages.flatMap((page) => page.items) ?? [];
  const known = rules.map(({ id, name }) => ({ value: id, label: name }));
  const all = known.some((each) => each.value === value) || value === '' ? known : [...known, { value, label: value }];
  return <Select label={t('alerts.rule')} size={size} searchable clearable placeholder={t('alerts.everyRule')} value={value || null} onChange={(next) => choose(next ?? '')} data={all} />;
}
