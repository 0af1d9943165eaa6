import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { api, bodyOf } from '@/api/client';
import { Fact, Facts } from '@/ui/Facts';
import { Dot } from '@/ui/Dot';
import { Gate } from '@/ui/States';
import { stateColor } from '@/ui/theme';

const hostsQuery = { queryKey: ['agents', 'summary'], queryFn: () => bodyOf(api.GET('/agents/summary')), refetchInterval: 30_000 };

/** How many hosts are heard from: where events come from that nobody else sees are missing. */
export function Hosts() {
  const { t, i18n } = useTranslation();
  const query = useQuery(hostsQuery);
  const { data } = query;
  const count = (value: number | undefined) => (value ?? 0).toLocaleString(i18n.language);
  const bad = (value: number | undefined) => <Dot color={value ? stateColor.bad : stateColor.good}>{count(value)}</Dot>;
  return (
    <Facts title={t('health.hosts')}>
      <Gate query={query}>
        <Fact name={t('health.online')}>{t('health.ofAll', { some: count(data?.online), all: count(data?.agents) })}</Fact>
        <Fact name={t('health.silent')}>{bad(data?.offline)}</Fact>
        <Fact name={t('health.unprotected')}>{bad(data?.unprotected)}</Fact>
      </Gate>
    </Facts>
  );
}
