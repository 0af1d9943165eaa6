import { Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { systemQuery } from '@/api/queries';
import { useCan } from '@/api/session';
import { Backups } from '@/features/health/Backups';
import { Certificates } from '@/features/health/Certificates';
import { Fact, Facts } from '@/ui/Facts';
import { healthQuery } from '@/features/health/queries';
import { Hosts } from '@/features/health/Hosts';
import { Jobs } from '@/features/health/Jobs';
import { Lags } from '@/features/health/Lags';
import { Stores } from '@/features/health/Stores';
import { Verdict } from '@/features/health/Verdict';
import { PageHeader } from '@/ui/PageHeader';
import { Empty, Gate } from '@/ui/States';
import { Time } from '@/ui/Time';

/** How the service itself is: a part for each thing that the person may know of. */
export function HealthPage() {
  const { t } = useTranslation();
  if (useCan('system:read')) return <Health />;
  return (
    <Empty title={t('state.noPermission')} isPage>
      {t('state.askAdministrator')}
    </Empty>
  );
}

/** Shown when the first answers are there: what is long would move what is below it. */
function Health() {
  const { t } = useTranslation();
  const [hosts, destinations, backups] = [useCan('agents:read'), useCan('destinations:read'), useCan('backups:read')];
  const [health, system] = [useQuery(healthQuery), useQuery(systemQuery)];
  return (
    <>
      <PageHeader title={t('nav.health')} />
      <Text size="sm" c="dimmed" mb="sm" maw={760}>
        {t('health.help')}
      </Text>
      <Gate query={health}>
        <Gate query={system}>
          <Verdict />
          <Manager />
          <Jobs />
          <Certificates />
          {hosts && <Hosts />}
          {destinations && <Lags />}
          {backups && <Backups />}
        </Gate>
      </Gate>
    </>
  );
}

function Manager() {
  const { t } = useTranslation();
  const query = useQuery({ ...systemQuery, refetchInterval: 30_000 });
  return (
    <Facts title={t('health.manager')}>
      <Gate query={query}>
        <Fact name={t('health.version')}>{query.data?.version}</Fact>
        <Fact name={t('health.store')}>{query.data?.store === 'postgresql' ? 'PostgreSQL' : 'SQLite'}</Fact>
        <Fact name={t('health.time')}>{query.data && <Time value={query.data.time} />}</Fact>
        <Stores />
      </Gate>
    </Facts>
  );
}
