import { Tooltip } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Incident } from '@/api/types';
import { formatDuration } from '@/lib/duration';
import { usePreferences } from '@/lib/preferences';
import { formatTime } from '@/lib/time';
import { Dot } from '@/ui/Dot';
import { stateColor } from '@/ui/theme';
import { useClock } from '@/ui/useClock';

const colors = { running: stateColor.idle, 'due-soon': stateColor.warn, late: stateColor.bad, notified: stateColor.good, 'notified-late': stateColor.warn };

/** How the 72 hours of GDPR Art. 33(1) stand; when they end on hover. */
export function BreachClock({ breach }: { breach: NonNullable<Incident['breach']> }) {
  const { t, i18n } = useTranslation();
  const { zone } = usePreferences();
  const now = useClock();
  const left = (new Date(breach.due).getTime() - now.getTime()) / 1000;
  return (
    <Tooltip label={t('breach.dueAt', { time: formatTime(breach.due, zone) })}>
      <span>
        <Dot color={colors[breach.clock]}>{t(`breach.clock.${breach.clock}`, { time: formatDuration(Math.abs(left), i18n.language) })}</Dot>
      </span>
    </Tooltip>
  );
}
