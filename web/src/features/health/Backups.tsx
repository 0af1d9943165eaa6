import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { api, bodyOf } from '@/api/client';
import type { BackupRun } from '@/api/types';
import { isOverdue, lastRuns } from '@/features/health/ages';
import { Fact, Facts } from '@/ui/Facts';
import { Dot } from '@/ui/Dot';
import { Gate } from '@/ui/States';
import { stateColor } from '@/ui/theme';
import { Ago } from '@/ui/Time';
import { useClock } from '@/ui/useClock';

const runsQuery = {
  queryKey: ['backup-runs', 'last'],
  queryFn: async () => (await bodyOf(api.GET('/backup-runs', { params: { query: { limit: 100 } } }))).items,
  refetchInterval: 30_000,
};

/** How old the last backup is that was made whole, and the last that could be read. */
export function Backups() {
  const { t } = useTranslation();
  const query = useQuery(runsQuery);
  const runs = query.data ?? [];
  return (
    <Facts title={t('nav.backups')}>
      <Gate query={query}>
        <Last name={t('health.made')} runs={runs} task="create" />
        <Last name={t('health.verified')} runs={runs} task="verify" />
      </Gate>
    </Facts>
  );
}

function Last({ name, runs, task }: { name: string; runs: readonly BackupRun[]; task: BackupRun['task'] }) {
  const { t } = useTranslation();
  const now = useClock();
  const { good, failed } = lastRuns(runs, task);
  const isWorse = failed?.ended && (!good?.ended || failed.ended > good.ended);
  return (
    <Fact name={name}>
      <Dot color={isOverdue(good, Number(now)) ? stateColor.warn : stateColor.good}>
        <Ago value={good?.ended ?? null} />
      </Dot>
      {isWorse && (
        <Dot color={stateColor.bad}>
          {t('health.failed')} <Ago value={failed.ended} /> {failed.error}
        </Dot>
      )}
    </Fact>
  );
}
