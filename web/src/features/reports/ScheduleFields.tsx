import { Group, Select, Text, TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { isTimely, type ReportForm, rhythms, scheduleOf } from '@/features/reports/reportForm';
import { nextAfter, periodOf, ranges, weekdays } from '@/features/reports/schedule';
import { useRangeWords, useScheduleWords, weekdayName } from '@/features/reports/useScheduleWords';
import { formatWall, isZone } from '@/lib/wall';
import { useClock } from '@/ui/useClock';

interface ScheduleFieldsProps {
  form: ReportForm;
  change: (part: Partial<ReportForm>) => void;
}

const zones = ['UTC', ...Intl.supportedValuesOf('timeZone').filter((each) => each !== 'UTC')];
const days = [...Array.from({ length: 28 }, (_, index) => String(index + 1)), 'last'];

/** When a report is made and of which time, and in plain words what comes of it. */
export function ScheduleFields({ form, change }: ScheduleFieldsProps) {
  const { t, i18n } = useTranslation();
  const rangeWords = useRangeWords();
  const { range, every, weekday, day, at, zone } = form;
  return (
    <>
      <Select label={t('reports.of')} allowDeselect={false} value={range} onChange={(value) => change({ range: value ?? range })} data={[...new Set([...ranges, range])].map((value) => ({ value, label: rangeWords(value) }))} />
      <Group grow align="start">
        <Select label={t('reports.rhythm')} allowDeselect={false} value={every} onChange={(value) => change({ every: rhythms.find((each) => each === value) ?? every })} data={rhythms.map((value) => ({ value, label: t(`reports.every.${value}`) }))} />
        {every === 'week' && <Select label={t('reports.weekday')} allowDeselect={false} value={weekday} onChange={(value) => change({ weekday: weekdays.find((each) => each === value) ?? weekday })} data={weekdays.map((value) => ({ value, label: weekdayName(value, i18n.language) }))} />}
        {every === 'month' && <Select label={t('reports.day')} allowDeselect={false} value={String(day)} onChange={(value) => change({ day: value === 'last' ? 'last' : Number(value) })} data={days.map((value) => ({ value, label: value === 'last' ? t('reports.lastDay') : value }))} />}
        {every !== 'never' && <TextInput type="time" label={t('reports.at')} required value={at} onChange={(event) => change({ at: event.currentTarget.value.slice(0, 5) })} />}
      </Group>
      {every !== 'never' && (
        <Select label={t('reports.zone')} searchable limit={100} allowDeselect={false} value={zone} onChange={(value) => change({ zone: value ?? zone })} nothingFoundMessage={t('reports.noZone')} data={[...new Set([zone, ...zones])]} {...(isZone(zone) ? {} : { error: t('reports.noZone') })} />
      )}
      <Preview form={form} />
    </>
  );
}

function Preview({ form }: { form: ReportForm }) {
  const { t } = useTranslation();
  const scheduleWords = useScheduleWords();
  const rangeWords = useRangeWords();
  const now = useClock().getTime();
  const schedule = scheduleOf(form);
  const next = schedule && isTimely(form) ? nextAfter(schedule, now) : undefined;
  const { zone } = form;
  const shown = (time: number) => formatWall(time, zone);
  const period = next === undefined ? undefined : periodOf(form.range, next, zone);
  return (
    <Text size="sm" role="status" mih="3em">
      {scheduleWords(schedule)}
      {': '}
      {rangeWords(form.range)}
      <br />
      {next !== undefined && period && t('reports.preview', { next: shown(next), from: shown(period.from), to: shown(period.to) })}
    </Text>
  );
}
