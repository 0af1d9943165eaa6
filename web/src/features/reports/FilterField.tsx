import { TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { matchingHostsQuery } from '@/api/hosts';
import { ProblemError } from '@/api/problem';
import { useCan } from '@/api/session';
import { understoodQuery } from '@/features/reports/queries';
import { filterFromInput } from '@/lib/filter';

interface FilterFieldProps {
  /** Of which things the filter is. */
  of: 'events' | 'hosts';
  value: string;
  change: (filter: string) => void;
}

/** A filter, which the manager is asked about while it is written: what is wrong with it, or how many hosts match. */
export function FilterField({ of, value, change }: FilterFieldProps) {
  const { t } = useTranslation();
  const [tried] = useDebouncedValue(value.trim(), 400);
  const [canSeeHosts, canSeeEvents] = [useCan('agents:read'), useCan('events:read')];
  const hosts = useQuery({ ...matchingHostsQuery(tried), enabled: of === 'hosts' && tried !== '' && canSeeHosts, retry: false });
  const events = useQuery({ ...understoodQuery(filterFromInput(tried)), enabled: of === 'events' && tried !== '' && canSeeEvents });
  const { error } = of === 'hosts' ? hosts : events;
  const found = of === 'hosts' && hosts.data && tried !== '' ? t('smart.matches', { count: hosts.data.agents }) : t(`reports.filterHelp.${of}`);
  return (
    <TextInput
      label={t('reports.filter')}
      description={found}
      maxLength={8192}
      spellCheck={false}
      autoComplete="off"
      value={value}
      onChange={(event) => change(event.currentTarget.value)}
      // Plain words become what they are looked for as, like in the search of events.
      onBlur={() => of === 'events' && change(filterFromInput(value))}
      {...(error && tried !== '' ? { error: error instanceof ProblemError ? error.message : String(error) } : {})}
    />
  );
}
