import { useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import type { Report, ReportSchedule } from '@/api/types';
import { lengthOf, type ranges, type Weekday, weekdays } from '@/features/reports/schedule';
import { formatDuration } from '@/lib/duration';

/** A Monday. */
const monday = Date.UTC(2026, 10, 30);

export function weekdayName(weekday: Weekday, locale: string): string {
  return new Intl.DateTimeFormat(locale, { weekday: 'long', timeZone: 'UTC' }).format(monday + weekdays.indexOf(weekday) * 86_400_000);
}

/** "Every Monday at 08:00 (Asia/Tokyo)", "On demand". */
export function useScheduleWords(): (schedule: ReportSchedule | null) => string {
  const { t, i18n } = useTranslation();
  return useCallback(
    (schedule) => {
      if (!schedule) return t('reports.onDemand');
      const { every, at, zone, weekday = 'mon', day = 1 } = schedule;
      if (every === 'day') return t('reports.eachDay', { at, zone });
      if (every === 'week') return t('reports.eachWeek', { at, zone, weekday: weekdayName(weekday, i18n.language) });
      return day === 'last' ? t('reports.eachMonthEnd', { at, zone }) : t('reports.eachMonth', { at, zone, day });
    },
    [t, i18n.language],
  );
}

/** "The week before", "The 7 days before". */
export function useRangeWords(): (range: Report['range']) => string {
  const { t, i18n } = useTranslation();
  return useCallback(
    (range) => {
      const length = lengthOf(range);
      if (length !== undefined) return t('reports.before', { length: formatDuration(length, i18n.language) });
      return t(`reports.range.${range as Extract<(typeof ranges)[number], `previous-${string}`>}`, { defaultValue: range });
    },
    [t, i18n.language],
  );
}
