import { Tooltip } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { usePreferences } from '@/lib/preferences';
import { formatAgo, formatTime } from '@/lib/time';
import { useClock } from '@/ui/useClock';

/** A moment in the chosen zone. */
export function Time({ value, milliseconds = false }: { value: string; milliseconds?: boolean }) {
  const { zone } = usePreferences();
  return <time dateTime={value}>{formatTime(value, zone, milliseconds)}</time>;
}

/** A moment as seen from now; the exact time on hover. */
export function Ago({ value }: { value: string | null }) {
  const { zone } = usePreferences();
  const { t, i18n } = useTranslation();
  const now = useClock();
  if (value === null) return <>{t('common.never')}</>;
  return (
    <Tooltip label={formatTime(value, zone)}>
      <time dateTime={value}>{formatAgo(value, now, i18n.language)}</time>
    </Tooltip>
  );
}
